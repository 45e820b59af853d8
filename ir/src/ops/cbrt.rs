//! `cbrt x`: the cube root, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Kernel};
use crate::elementary::Elementary;

/// The cube root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cbrt;

// d(∛x) = dx / (3 ∛x²); divided twice, since the square would overflow in the next derivative.
smooth!(
    Cbrt, "cbrt", Kernel::Elementary(Elementary::Cbrt),
    examples: unary("cbrt OP", 0.2, 3.0),
    refused: refusals("cbrt", 1, NOT_FLOATS),
    |b, _, y, _| {
        let third = b.fill(1.0 / 3.0, &b.ty(y).clone())?;
        let part = b.op(Div, &[third, y])?;
        b.op(Div, &[part, y]).map(Some)
    },
);
