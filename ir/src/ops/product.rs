//! The derivative of a product over axes, right where factors are zero.

use super::Reduce;
use super::elementwise::first;
use crate::derive::{Linearize, Step};
use crate::op::RuleError;

/// The tangent of `reduce {kind = prod}`.
pub(super) fn linearize(
    _op: &Reduce,
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
) -> Result<(), RuleError> {
    first(step.args)?;
    Err(cx.refuse(
        step,
        "the derivative of a product over an axis is not available yet",
    ))
}
