//! `max x, y`: elementwise larger one; NaN if either is. Ties share the derivative equally.

use super::examples::{NOT_NUMBERS, binary, refusals};
use super::elementwise::smooth;
use super::{CompareOp, Kernel, Select};
use crate::builder::Builder;
use crate::function::Value;
use crate::op::{Example, TypeError};
use crate::scalar::{Compare, ScalarOp};

/// `max(x, y)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Max;

// d max(x, y) = dx where x > y, dy where y > x, (dx + dy) / 2 where x = y.
smooth!(
    Max, "max", Kernel::Op(ScalarOp::Max),
    examples: {
        let mut examples = binary("max", -2.0, 2.0);
        let ties = Example::one("(%x: f64[3], %y: f64[3])", "%z = max %x, %y : f64[3]");
        examples.push(ties.special(
            &[&[1.0, 2.0, -1.0], &[1.0, 1.0, 4.0]],
            &[&[3.0, 5.0, 7.0], &[4.0, 6.0, 8.0]],
            &[&[3.5, 5.0, 8.0]],
        ));
        examples
    },
    refused: refusals("max", 2, NOT_NUMBERS),
    |b, args, _, k| share(b, args, 1 - k, Compare::Lt));

/// 1 where operand `k` is before the other one, 1/2 where they are equal, else 0.
pub(super) fn share(
    b: &mut Builder,
    args: &[Value],
    k: usize,
    how: Compare,
) -> Result<Option<Value>, TypeError> {
    let &[x, y] = args else { return Ok(None) };
    let (mine, other) = if k == 0 { (x, y) } else { (y, x) };
    let ty = b.ty(x).clone();
    let before = b.op(CompareOp { how }, &[mine, other])?;
    let tie = b.op(CompareOp { how: Compare::Eq }, &[mine, other])?;
    let (one, half, zero) = (b.fill(1.0, &ty)?, b.fill(0.5, &ty)?, b.fill(0.0, &ty)?);
    let rest = b.op(Select, &[tie, half, zero])?;
    b.op(Select, &[before, one, rest]).map(Some)
}
