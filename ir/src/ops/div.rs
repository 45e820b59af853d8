//! `div x, y`: elementwise quotient.

use super::examples::{NOT_NUMBERS, binary, discrete, refusals};
use super::elementwise::{elementwise, first, linearize_by_partials, take};
use super::{Kernel, Neg};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::op::{RuleError, TypeError};
use crate::scalar::ScalarOp;

/// `x / y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Div;

elementwise! {
    Div, "div", Kernel::Op(ScalarOp::Div),
    examples: {
        let mut examples = binary("div", 0.5, 2.0);
        examples.extend(discrete("div", &["u64", "u64"], "u64"));
        examples
    },
    refused: refusals("div", 2, NOT_NUMBERS),
    
    linear: |_, linear| matches!(linear, [true, false]),
    linearize: linearize,
    transpose: transpose
}

// d(x / y) = (1 / y) dx - (z / y) dy with z = x / y.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    linearize_by_partials(cx, step, partial)
}

fn partial(
    b: &mut Builder,
    args: &[Value],
    result: Value,
    k: usize,
) -> Result<Option<Value>, TypeError> {
    let &[_, y] = args else { return Ok(None) };
    if k == 0 {
        let one = b.fill(1.0, &b.ty(y).clone())?;
        return b.op(Div, &[one, y]).map(Some);
    }
    let quotient = b.op(Div, &[result, y])?;
    b.op(Neg, &[quotient]).map(Some)
}

// z = x / k with k fixed: x̄ += z̄ / k.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[_, y] = step.args else { return Ok(()) };
    let y = cx.fixed(step, y)?;
    let ct = cx.b.op(Div, &[ct, y])?;
    cx.add(first(step.args)?, ct)
}
