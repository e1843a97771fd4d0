//! Loads compiled scripts and decides calls: what a host embeds.
