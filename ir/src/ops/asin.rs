//! `asin x`: the arc sine, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Div, Fma, Kernel, Neg, Sqrt};
use crate::builder::Builder;
use crate::elementary::Elementary;
use crate::function::Value;
use crate::op::TypeError;

/// The arc sine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asin;

// d(asin x) = dx / √(1 - x²); rounded once, the difference does not cancel.
smooth!(
    Asin, "asin", Kernel::Elementary(Elementary::Asin),
    examples: unary("asin OP", -0.9, 0.9),
    refused: refusals("asin", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| slope(b, x)).transpose()
    },
);

/// `1 / √(1 - x²)`
pub(super) fn slope(b: &mut Builder, x: Value) -> Result<Value, TypeError> {
    let one = b.fill(1.0, &b.ty(x).clone())?;
    let minus = b.op(Neg, &[x])?;
    let rest = b.op(Fma, &[minus, x, one])?;
    let root = b.op(Sqrt, &[rest])?;
    b.op(Div, &[one, root])
}
