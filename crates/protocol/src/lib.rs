//! Events in, instructions out: the JSON vocabulary and the sealed continuation.
