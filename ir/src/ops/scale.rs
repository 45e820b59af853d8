//! `scale x, y`: elementwise product in which an exact zero wins: `x = 0 or y = 0 ? 0 : x * y`.
//!
//! Derivatives are multiplied with it where the other factor may be infinite or NaN and the zero comes
//! from a mask. It is bilinear, and its derivative and its transpose are itself, so that zeros win at
//! every order.

use super::Kernel;
use super::elementwise::{elementwise, first, take};
use super::examples::{NOT_FLOATS, binary, refusals};
use crate::derive::{Linearize, Step, Transpose};
use crate::op::{Example, RuleError};

/// The product in which zero wins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scale;

elementwise! {
    Scale, "scale", Kernel::Scale,
    examples: {
        let mut examples = binary("scale", -2.0, 2.0);
        let masked = Example::one("(%x: f64[3], %y: f64[3])", "%z = scale %x, %y : f64[3]");
        examples.push(masked.special(
            &[&[f64::INFINITY, 0.0, f64::NAN], &[0.0, f64::NEG_INFINITY, 0.0]],
            &[&[3.0, 0.0, 1.0], &[0.0, 5.0, 0.0]],
            &[&[0.0, 0.0, 0.0]],
        ));
        examples
    },
    refused: refusals("scale", 2, NOT_FLOATS),
    linear: |_, linear| linear.iter().filter(|l| **l).count() == 1,
    linearize: linearize,
    transpose: transpose
}

// d scale(x, y) = scale(y, dx) + scale(x, dy).
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[x, y] = step.args else { return Ok(()) };
    let mut sum = None;
    for (other, active) in [(y, x), (x, y)] {
        let Some(tangent) = cx.tangent(active) else {
            continue;
        };
        let other = cx.residual(other)?;
        let term = cx.lin.op(Scale, &[other, tangent])?;
        sum = cx.sum(sum, Some(term))?;
    }
    cx.set_tangent(result, sum);
    Ok(())
}

// z = scale(k, y) with k fixed: ȳ += scale(k, z̄).
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else {
        return Ok(());
    };
    let &[x, y] = step.args else { return Ok(()) };
    let (fixed, linear) = if cx.is_linear(x) { (y, x) } else { (x, y) };
    let fixed = cx.fixed(step, fixed)?;
    let ct = cx.b.op(Scale, &[fixed, ct])?;
    cx.add(linear, ct)
}
