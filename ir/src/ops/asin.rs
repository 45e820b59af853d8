//! `asin x`: the arc sine, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Add, Div, Kernel, Mul, Sqrt, Sub};
use crate::builder::Builder;
use crate::elementary::Elementary;
use crate::function::Value;
use crate::op::TypeError;

/// The arc sine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asin;

// d(asin x) = dx / √((1 - x)(1 + x)); 1 - x² would cancel.
smooth!(
    Asin, "asin", Kernel::Elementary(Elementary::Asin),
    examples: unary("asin OP", -0.9, 0.9),
    refused: refusals("asin", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| slope(b, x)).transpose()
    },
);

/// `1 / √((1 - x)(1 + x))`
pub(super) fn slope(b: &mut Builder, x: Value) -> Result<Value, TypeError> {
    let one = b.fill(1.0, &b.ty(x).clone())?;
    let (below, above) = (b.op(Sub, &[one, x])?, b.op(Add, &[one, x])?);
    let product = b.op(Mul, &[below, above])?;
    let root = b.op(Sqrt, &[product])?;
    b.op(Div, &[one, root])
}
