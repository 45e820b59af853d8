//! Shared helpers of the tests.

pub mod engines;
pub mod programs;
pub mod random_ssa;
