//! Zones, dates and schedules: what time it is for whom.
