//! The benchmark suite: what is computed on which inputs, and what has to come out.
//!
//! The programs are in `examples/suite`; the numbers that they must give are those of JAX in float64,
//! written by `jax/suite.py`.

mod cases;
pub mod generated;
mod inputs;
mod known;

pub use cases::{CASES, Case, SMALL};
pub use inputs::{Input, Stream};
pub use known::{Known, TOLERANCE, known};

/// What a function gave: its value, and the numbers of its derivative in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The value; of a function that gives an array, the sum of the squares of its elements.
    pub value: f64,
    /// The derivative; empty if it was not asked for.
    pub derivative: Vec<f64>,
}
