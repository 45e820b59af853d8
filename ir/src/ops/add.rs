//! `add x, y`: elementwise sum.

use super::examples::{NOT_NUMBERS, binary, discrete, refusals};
use super::Kernel;
use super::elementwise::{elementwise, first, take};
use crate::derive::{Linearize, Step, Transpose};
use crate::op::RuleError;
use crate::scalar::ScalarOp;

/// `x + y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Add;

elementwise! {
    Add, "add", Kernel::Op(ScalarOp::Add),
    examples: {
        let mut examples = binary("add", -2.0, 2.0);
        examples.extend(discrete("add", &["u32", "u32"], "u32"));
        examples
    },
    refused: refusals("add", 2, NOT_NUMBERS),
    
    linear: |_, linear| linear.iter().all(|l| *l),
    linearize: linearize,
    transpose: transpose
}

// d(x + y) = dx + dy.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let tangents: Vec<_> = step.args.iter().map(|&v| cx.tangent(v)).collect();
    let sum = tangents.into_iter().try_fold(None, |sum, t| cx.sum(sum, t))?;
    cx.set_tangent(result, sum);
    Ok(())
}

// z = x + y: x̄ += z̄, ȳ += z̄.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    step.args.iter().try_for_each(|&arg| cx.add(arg, ct))
}
