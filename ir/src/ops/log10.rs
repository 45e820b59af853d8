//! `log10 x`: the logarithm to base 10, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Kernel};
use crate::elementary::Elementary;

/// The logarithm to base 10.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log10;

// d(log₁₀ x) = dx / (x log 10).
smooth!(
    Log10, "log10", Kernel::Elementary(Elementary::Log10),
    examples: unary("log10 OP", 0.1, 3.0),
    refused: refusals("log10", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let factor = b.fill(std::f64::consts::LOG10_E, &b.ty(x).clone())?;
        b.op(Div, &[factor, x]).map(Some)
    },
);
