//! What structural primitives share: macros that write the parts of the trait without content.

/// A primitive without attributes.
macro_rules! no_attributes {
    ($name:ident) => {
        fn attributes(&self) -> $crate::op::Attributes {
            Vec::new()
        }
        fn read(_: &mut $crate::op::Reader<'_>) -> Result<Self, String> {
            Ok($name)
        }
    };
}

/// Effect and cost.
macro_rules! traits {
    ($effect:ident, $cost:ident) => {
        fn effect(&self) -> $crate::op::Effect {
            $crate::op::Effect::$effect
        }
        fn cost(&self) -> $crate::op::Cost {
            $crate::op::Cost::$cost
        }
    };
}

/// A primitive without derivative: nothing that it takes is ever active.
macro_rules! no_tangent {
    () => {
        fn is_linear(&self, _: &[bool]) -> bool {
            false
        }
        fn linearize(
            &self,
            cx: &mut $crate::derive::Linearize<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            $crate::ops::elementwise::linearize_constant(cx, step)
        }
        fn transpose(
            &self,
            cx: &mut $crate::derive::Transpose<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            $crate::ops::elementwise::never_linear(cx, step)
        }
    };
}

/// A primitive that is linear in its first operand, the others fixed: its tangent is itself.
macro_rules! linear_in_first {
    () => {
        fn is_linear(&self, linear: &[bool]) -> bool {
            linear.iter().enumerate().all(|(k, l)| *l == (k == 0))
        }
        fn linearize(
            &self,
            cx: &mut $crate::derive::Linearize<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            $crate::ops::structural::linearize_first(cx, step)
        }
    };
}

use crate::derive::{Linearize, Step};
use crate::op::RuleError;
use crate::ops::elementwise::first;

/// The same operation on the tangent of the first operand, with the other operands as residuals.
pub(super) fn linearize_first(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let Some(tangent) = cx.tangent(first(step.args)?) else {
        return Ok(());
    };
    let mut args = vec![tangent];
    for &arg in step.args.iter().skip(1) {
        args.push(cx.residual(arg)?);
    }
    let ty = cx.lin_type(&cx.primal.ty(result).clone())?;
    let tangent = cx.lin.op_as(step.source.op.clone(), &args, ty)?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

pub(super) use {linear_in_first, no_attributes, no_tangent, traits};
