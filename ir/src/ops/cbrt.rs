//! `cbrt x`: the cube root, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Kernel, Mul};
use crate::elementary::Elementary;

/// The cube root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cbrt;

// d(∛x) = dx / (3 ∛x²).
smooth!(
    Cbrt, "cbrt", Kernel::Elementary(Elementary::Cbrt),
    examples: unary("cbrt OP", 0.2, 3.0),
    refused: refusals("cbrt", 1, NOT_FLOATS),
    |b, _, y, _| {
        let third = b.fill(1.0 / 3.0, &b.ty(y).clone())?;
        let square = b.op(Mul, &[y, y])?;
        b.op(Div, &[third, square]).map(Some)
    },
);
