//! Shared helpers of the tests.

pub mod engines;
pub mod random_ssa;
