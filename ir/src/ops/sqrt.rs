//! `sqrt x`: elementwise square root, correctly rounded.

use super::elementwise::smooth;
use super::{Div, Kernel};
use crate::scalar::ScalarOp;

/// `√x`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sqrt;

// d(√x) = dx / (2 √x).
smooth!(Sqrt, "sqrt", Kernel::Op(ScalarOp::Sqrt), |b, _, y, _| {
    let half = b.fill(0.5, &b.ty(y).clone())?;
    b.op(Div, &[half, y]).map(Some)
});
