//! Unused definitions.
use crate::env::Env;
pub(crate) fn check(_env: &mut Env<'_>) {}
