//! The diagnostics of elaboration, one file for each family of codes.

pub(super) mod batches;
pub(super) mod functions;
pub(super) mod names;
pub(super) mod rules;
pub(super) mod sizes;
pub(super) mod types;
