//! Telephone numbers, patterns, prefix sets and tables, and their normalisation.
