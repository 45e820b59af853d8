//! Shared helpers of the tests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::excessive_precision,
    reason = "tests"
)]

pub mod counted;
pub mod derivatives;
pub mod engines;
pub mod lowered;
pub mod numpy;
pub mod programs;
pub mod random_dfn;
pub mod random_ir;
pub mod random_ssa;
pub mod sparsity;
