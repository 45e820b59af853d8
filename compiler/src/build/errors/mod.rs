//! The diagnostics of elaboration, one file for each family of codes.

pub(super) mod batches;
mod foreign;
pub(super) mod functions;
pub(super) mod names;
pub(super) mod numbers;
pub(super) mod rules;
pub(super) mod sizes;
pub(super) mod types;
