//! `atan x`: the arc tangent, elementwise.

use super::elementwise::{finite, smooth};
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Fma, Kernel};
use crate::elementary::Elementary;

/// The arc tangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atan;

// d(atan x) = dx / (1 + x²).
smooth!(
    Atan, "atan", Kernel::Elementary(Elementary::Atan),
    examples: unary("atan OP", -3.0, 3.0),
    refused: refusals("atan", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let one = b.fill(1.0, &b.ty(x).clone())?;
        let x = finite(b, x)?;
        let square = b.op(Fma, &[x, x, one])?;
        b.op(Div, &[one, square]).map(Some)
    },
);
