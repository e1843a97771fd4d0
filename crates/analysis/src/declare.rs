//! First passes over all files.
use crate::env::Env;
pub(crate) fn declare(_env: &mut Env<'_>) {}
pub(crate) fn define(_env: &mut Env<'_>) {}
