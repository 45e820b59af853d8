//! `log2 x`: the logarithm to base 2, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Kernel};
use crate::elementary::Elementary;

/// The logarithm to base 2.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log2;

// d(log₂ x) = dx / (x log 2).
smooth!(
    Log2, "log2", Kernel::Elementary(Elementary::Log2),
    examples: unary("log2 OP", 0.1, 3.0),
    refused: refusals("log2", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let factor = b.fill(std::f64::consts::LOG2_E, &b.ty(x).clone())?;
        b.op(Div, &[factor, x]).map(Some)
    },
);
