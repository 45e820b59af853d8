//! `fma x, y, z`: elementwise `x * y + z`, rounded once.

use super::examples::{NOT_FLOATS, refusals};
use super::elementwise::{elementwise, first, take};
use super::Kernel;
use crate::derive::{Linearize, Step, Transpose};
use crate::op::{Example, RuleError};
use crate::scalar::ScalarOp;

/// `x * y + z`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fma;

elementwise! {
    Fma, "fma", Kernel::Op(ScalarOp::Fma),
    examples: {
        let on = |sizes: &str, ty: &str| {
            let params = format!("{sizes}(%x: {ty}, %y: {ty}, %z: {ty})");
            Example::one(&params, &format!("%w = fma %x, %y, %z : {ty}"))
        };
        vec![
            on("", "f64[2, 3]"),
            on("[%n]", "f64[%n]").sizes(&[4]),
            on("", "f32"),
            Example::one("(%x: f64)", "%w = fma %x, %x, %x : f64"),
        ]
    },
    refused: refusals("fma", 3, NOT_FLOATS),
    
    linear: |_, linear| matches!(linear, [true, false, true] | [false, true, true]),
    linearize: linearize,
    transpose: transpose
}

// d(x * y + z) = y dx + x dy + dz.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[x, y, z] = step.args else { return Ok(()) };
    let mut sum = cx.tangent(z);
    for (coefficient, active) in [(x, y), (y, x)] {
        let Some(tangent) = cx.tangent(active) else { continue };
        sum = Some(cx.scale_onto(coefficient, tangent, sum)?);
    }
    cx.set_tangent(result, sum);
    Ok(())
}

// w = k y + z with k fixed: ȳ += k w̄, z̄ += w̄.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[x, y, z] = step.args else { return Ok(()) };
    let (fixed, linear) = if cx.is_linear(x) { (y, x) } else { (x, y) };
    let fixed = cx.fixed(step, fixed)?;
    cx.add_scaled(linear, fixed, ct)?;
    cx.add(z, ct)
}
