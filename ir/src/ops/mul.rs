//! `mul x, y`: elementwise product.

use super::examples::{NOT_NUMBERS, binary, discrete, refusals};
use super::Kernel;
use super::elementwise::{elementwise, linearize_by_partials, take};
use crate::derive::{Linearize, Step, Transpose};
use crate::op::RuleError;
use crate::scalar::ScalarOp;

/// `x * y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mul;

elementwise! {
    Mul, "mul", Kernel::Op(ScalarOp::Mul),
    examples: {
        let mut examples = binary("mul", -2.0, 2.0);
        examples.extend(discrete("mul", &["i64", "i64"], "i64"));
        examples
    },
    refused: refusals("mul", 2, NOT_NUMBERS),
    
    linear: |_, linear| linear.iter().filter(|l| **l).count() == 1,
    linearize: linearize,
    transpose: transpose
}

// d(x * y) = y dx + x dy.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    linearize_by_partials(cx, step, |_, args, _, k| Ok(args.get(1 - k).copied()))
}

// z = k * y with k fixed: ȳ += k z̄.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[x, y] = step.args else { return Ok(()) };
    let (fixed, linear) = if cx.is_linear(x) { (y, x) } else { (x, y) };
    let fixed = cx.fixed(step, fixed)?;
    cx.add_scaled(linear, fixed, ct)
}
