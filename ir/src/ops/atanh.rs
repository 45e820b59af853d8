//! `atanh x`: the inverse hyperbolic tangent, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Fma, Kernel, Neg};
use crate::elementary::Elementary;

/// The inverse hyperbolic tangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atanh;

// d(atanh x) = dx / (1 - x²); rounded once, the difference does not cancel.
smooth!(
    Atanh, "atanh", Kernel::Elementary(Elementary::Atanh),
    examples: unary("atanh OP", -0.9, 0.9),
    refused: refusals("atanh", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let one = b.fill(1.0, &b.ty(x).clone())?;
        let minus = b.op(Neg, &[x])?;
        let rest = b.op(Fma, &[minus, x, one])?;
        b.op(Div, &[one, rest]).map(Some)
    },
);
