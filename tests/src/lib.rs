//! Shared helpers of the tests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::excessive_precision,
    reason = "tests"
)]

pub mod engines;
pub mod programs;
pub mod random_ssa;
