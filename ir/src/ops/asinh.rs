//! `asinh x`: the inverse hyperbolic sine, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Hypot, Kernel};
use crate::elementary::Elementary;

/// The inverse hyperbolic sine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asinh;

// d(asinh x) = dx / √(1 + x²), without overflow.
smooth!(
    Asinh, "asinh", Kernel::Elementary(Elementary::Asinh),
    examples: unary("asinh OP", -3.0, 3.0),
    refused: refusals("asinh", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let one = b.fill(1.0, &b.ty(x).clone())?;
        let root = b.op(Hypot, &[one, x])?;
        b.op(Div, &[one, root]).map(Some)
    },
);
