//! `select c, x, y`: elementwise `c ? x : y`.

use super::examples::{discrete, refusals};
use super::Kernel;
use super::elementwise::{elementwise, first, take};
use crate::derive::{Linearize, Step, Transpose};
use crate::op::{Example, RuleError};
use crate::scalar::ScalarOp;

/// `c ? x : y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Select;

elementwise! {
    Select, "select", Kernel::Op(ScalarOp::Select),
    examples: vec![
        Example::one("(%c: bool[4], %x: f64[4], %y: f64[4])", "%z = select %c, %x, %y : f64[4]"),
        Example::one("(%c: bool, %x: f32, %y: f32)", "%z = select %c, %x, %y : f32"),
        Example::one("(%c: bool, %x: f64)", "%z = select %c, %x, %x : f64"),
        Example::one("(%c: bool, %x: i64, %y: i64)", "%z = select %c, %x, %y : i64"),
        Example::one("(%c: bool, %x: bool, %y: bool)", "%z = select %c, %x, %y : bool"),
    ],
    refused: {
        let mut refused = refusals("select", 3, &["f64", "f32", "i64"]);
        refused.extend(discrete("select", &["bool[2]", "f64[3]", "f64[3]"], "f64[3]"));
        refused.extend(discrete("select", &["bool", "f64", "f32"], "f64"));
        refused
    },
    
    linear: |_, linear| matches!(linear, [false, true, true]),
    linearize: linearize,
    transpose: transpose
}

// d(c ? x : y) = c ? dx : dy.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[c, x, y] = step.args else { return Ok(()) };
    let c = cx.residual(c)?;
    let (dx, dy) = (cx.tangent_or_zero(x)?, cx.tangent_or_zero(y)?);
    let tangent = cx.lin.op(Select, &[c, dx, dy])?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

// z = c ? x : y: x̄ += c ? z̄ : 0, ȳ += c ? 0 : z̄.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[c, x, y] = step.args else { return Ok(()) };
    let c = cx.fixed(step, c)?;
    let zero = cx.b.fill(0.0, &cx.b.ty(ct).clone())?;
    if cx.is_linear(x) {
        let ct = cx.b.op(Select, &[c, ct, zero])?;
        cx.add(x, ct)?;
    }
    if cx.is_linear(y) {
        let ct = cx.b.op(Select, &[c, zero, ct])?;
        cx.add(y, ct)?;
    }
    Ok(())
}
