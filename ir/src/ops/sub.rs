//! `sub x, y`: elementwise difference.

use super::examples::{NOT_NUMBERS, binary, discrete, refusals};
use super::elementwise::{elementwise, first, take};
use super::{Kernel, Neg};
use crate::derive::{Linearize, Step, Transpose};
use crate::op::RuleError;
use crate::scalar::ScalarOp;

/// `x - y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sub;

elementwise! {
    Sub, "sub", Kernel::Op(ScalarOp::Sub),
    examples: {
        let mut examples = binary("sub", -2.0, 2.0);
        examples.extend(discrete("sub", &["i32[2]", "i32[2]"], "i32[2]"));
        examples
    },
    refused: refusals("sub", 2, NOT_NUMBERS),
    
    linear: |_, linear| linear.iter().all(|l| *l),
    linearize: linearize,
    transpose: transpose
}

// d(x - y) = dx - dy.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[x, y] = step.args else { return Ok(()) };
    let tangent = match (cx.tangent(x), cx.tangent(y)) {
        (Some(dx), Some(dy)) => Some(cx.lin.op(Sub, &[dx, dy])?),
        (None, Some(dy)) => Some(cx.lin.op(Neg, &[dy])?),
        (dx, None) => dx,
    };
    cx.set_tangent(result, tangent);
    Ok(())
}

// z = x - y: x̄ += z̄, ȳ += -z̄.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[x, y] = step.args else { return Ok(()) };
    cx.add(x, ct)?;
    if cx.is_linear(y) {
        let ct = cx.b.op(Neg, &[ct])?;
        cx.add(y, ct)?;
    }
    Ok(())
}
