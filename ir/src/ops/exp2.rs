//! `exp2 x`: 2 to the power x, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Kernel, Mul};
use crate::elementary::Elementary;

/// 2 to the power x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exp2;

// d(2ˣ) = 2ˣ log 2 dx.
smooth!(
    Exp2, "exp2", Kernel::Elementary(Elementary::Exp2),
    examples: unary("exp2 OP", -2.0, 2.0),
    refused: refusals("exp2", 1, NOT_FLOATS),
    |b, _, y, _| {
        let factor = b.fill(std::f64::consts::LN_2, &b.ty(y).clone())?;
        b.op(Mul, &[factor, y]).map(Some)
    },
);
