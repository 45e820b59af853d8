//! `acosh x`: the inverse hyperbolic cosine, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Add, Div, Kernel, Sqrt, Sub};
use crate::elementary::Elementary;

/// The inverse hyperbolic cosine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acosh;

// d(acosh x) = dx / (√(x - 1) √(x + 1)), without overflow.
smooth!(
    Acosh, "acosh", Kernel::Elementary(Elementary::Acosh),
    examples: unary("acosh OP", 1.2, 4.0),
    refused: refusals("acosh", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let one = b.fill(1.0, &b.ty(x).clone())?;
        let (below, above) = (b.op(Sub, &[x, one])?, b.op(Add, &[x, one])?);
        let (below, above) = (b.op(Sqrt, &[below])?, b.op(Sqrt, &[above])?);
        let part = b.op(Div, &[one, below])?;
        b.op(Div, &[part, above]).map(Some)
    },
);
