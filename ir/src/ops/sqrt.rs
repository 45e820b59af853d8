//! `sqrt x`: elementwise square root, correctly rounded.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Div, Kernel};
use crate::scalar::ScalarOp;

/// `√x`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sqrt;

// d(√x) = dx / (2 √x).
smooth!(
    Sqrt, "sqrt", Kernel::Op(ScalarOp::Sqrt),
    examples: unary("sqrt OP", 0.1, 4.0),
    refused: refusals("sqrt", 1, NOT_FLOATS),
    |b, _, y, _| {
    let half = b.fill(0.5, &b.ty(y).clone())?;
    b.op(Div, &[half, y]).map(Some)
});
