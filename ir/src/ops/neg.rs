//! `neg x`: `-x`, elementwise.

use super::examples::{NOT_NUMBERS, discrete, refusals, unary};
use super::Kernel;
use super::elementwise::{elementwise, first, linearize_linear, take};
use crate::derive::{Step, Transpose};
use crate::op::RuleError;
use crate::scalar::ScalarOp;

/// `-x`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Neg;

elementwise! {
    Neg, "neg", Kernel::Op(ScalarOp::Neg),
    examples: {
        let mut examples = unary("neg OP", -2.0, 2.0);
        examples.extend(discrete("neg", &["i32"], "i32"));
        examples
    },
    refused: refusals("neg", 1, NOT_NUMBERS),
    
    linear: |_, _| true,
    linearize: linearize_linear,
    transpose: transpose
}

// y = -x: x̄ += -ȳ.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let ct = cx.b.op(Neg, &[ct])?;
    cx.add(first(step.args)?, ct)
}
