//! `atanh x`: the inverse hyperbolic tangent, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Add, Div, Kernel, Mul, Sub};
use crate::elementary::Elementary;

/// The inverse hyperbolic tangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atanh;

// d(atanh x) = dx / ((1 - x)(1 + x)).
smooth!(
    Atanh, "atanh", Kernel::Elementary(Elementary::Atanh),
    examples: unary("atanh OP", -0.9, 0.9),
    refused: refusals("atanh", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let one = b.fill(1.0, &b.ty(x).clone())?;
        let (below, above) = (b.op(Sub, &[one, x])?, b.op(Add, &[one, x])?);
        let product = b.op(Mul, &[below, above])?;
        b.op(Div, &[one, product]).map(Some)
    },
);
