//! What elementwise primitives share: the type rule, the shape of their derivatives, and the macros that
//! write the rest of the trait for each family.

use super::{Kernel, Max, Min, Neg};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::op::{Cost, RuleError, Site, TypeError};
use crate::scalar::{DType, ScalarOp};
use crate::ty::Type;

/// All operands have one shape, which is the result's.
pub(super) fn infer(site: &Site<'_>, kernel: Kernel) -> Result<Vec<Type>, TypeError> {
    site.plain(kernel.arity())?;
    let select = kernel == Kernel::Op(ScalarOp::Select);
    let last = site.array(kernel.arity() - 1)?;
    for k in 0..kernel.arity() {
        let ty = site.array(k)?;
        let dtype = if select && k == 0 {
            DType::Bool
        } else {
            last.dtype
        };
        if ty.shape != last.shape {
            return Err(TypeError::new(format!("operand {k} differs in shape")));
        }
        if ty.dtype != dtype {
            return Err(TypeError::new(format!(
                "operand {k} must be {dtype}, not {}",
                ty.dtype
            )));
        }
    }
    let result = kernel.result(last.dtype);
    let dtype =
        result.ok_or_else(|| TypeError::new(format!("is not defined on {}", last.dtype)))?;
    Ok(vec![last.with_dtype(dtype)])
}

/// The first operand or result.
pub(super) fn first(values: &[Value]) -> Result<Value, RuleError> {
    values
        .first()
        .copied()
        .ok_or_else(|| TypeError::new("an operand is missing").into())
}

/// Emits the primal and the tangent `Σ partial(k) · t_k` over the operands with a tangent. A partial of
/// `None` is zero.
pub(super) fn linearize_by_partials(
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
    mut partial: impl FnMut(&mut Builder, &[Value], Value, usize) -> Result<Option<Value>, TypeError>,
) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let mut sum = None;
    for (k, &arg) in step.args.iter().enumerate() {
        let Some(tangent) = cx.tangent(arg) else {
            continue;
        };
        let Some(coefficient) = partial(&mut cx.primal, step.args, result, k)? else {
            continue;
        };
        sum = Some(cx.scale_onto(coefficient, tangent, sum)?);
    }
    cx.set_tangent(result, sum);
    Ok(())
}

/// The primal alone: a locally constant operation has tangent zero.
pub(super) fn linearize_constant(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    cx.copy(step);
    Ok(())
}

/// Emits the primal, and the same operation on the tangents.
pub(super) fn linearize_linear(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let mut tangents = Vec::new();
    for &arg in step.args {
        tangents.push(cx.tangent_or_zero(arg)?);
    }
    let ty = cx.lin_type(&cx.primal.ty(result).clone())?;
    let tangent = cx.lin.op_as(step.source.op.clone(), &tangents, ty)?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

/// The transposition of an operation that is never linear.
pub(super) fn never_linear(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    Err(cx.refuse(step, "it is not linear in its operands"))
}

/// The cotangent of the only result of `step`.
pub(super) fn take(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<Option<Value>, RuleError> {
    let result = first(&step.source.results)?;
    cx.take(result)
}

/// The largest number of a type.
pub(super) fn largest(b: &mut Builder, ty: &Type) -> Result<Value, TypeError> {
    let largest = match ty.dtype {
        DType::F32 => f64::from(f32::MAX),
        _ => f64::MAX,
    };
    b.fill(largest, ty)
}

/// `x`, or the largest number with its sign where it is infinite.
///
/// Slopes that vanish at ∞ are written with it: 0 · ∞ does not occur in them, nor in their derivatives,
/// since this one is constant there.
pub(super) fn finite(b: &mut Builder, x: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let most = largest(b, &ty)?;
    let least = b.op(Neg, &[most])?;
    let above = b.op(Max, &[x, least])?;
    b.op(Min, &[above, most])
}

/// Implements the primitive for a unit struct whose derivative is given by partials.
///
/// `smooth!(Name, "name", kernel, examples: …, refused: …, |builder, args, result, k| partial)`.
macro_rules! smooth {
    (
        $name:ident, $text:literal, $kernel:expr,
        examples: $examples:expr, refused: $refused:expr,
        $partial:expr $(,)?
    ) => {
        $crate::ops::elementwise::elementwise! {
            $name, $text, $kernel,
            examples: $examples, refused: $refused,
            linear: |_, _| false,
            linearize: |cx, step| $crate::ops::elementwise::linearize_by_partials(cx, step, $partial),
            transpose: $crate::ops::elementwise::never_linear
        }
    };
}

/// Implements the primitive for a unit struct that is locally constant.
macro_rules! locally_constant {
    (
        $name:ident, $text:literal, $kernel:expr,
        examples: $examples:expr, refused: $refused:expr $(,)?
    ) => {
        $crate::ops::elementwise::elementwise! {
            $name, $text, $kernel,
            examples: $examples, refused: $refused,
            linear: |_, _| false,
            linearize: $crate::ops::elementwise::linearize_constant,
            transpose: $crate::ops::elementwise::never_linear
        }
    };
}

/// What it costs to compute an element anew.
pub(super) fn cost(kernel: Kernel) -> Cost {
    match kernel {
        Kernel::Op(ScalarOp::Sqrt | ScalarOp::Div | ScalarOp::Rem)
        | Kernel::Remainder
        | Kernel::Elementary(_) => Cost::Work,
        Kernel::PowI(2 | 3) => Cost::Arithmetic,
        Kernel::PowI(_) => Cost::Work,
        Kernel::Op(_) | Kernel::Scale | Kernel::Sign | Kernel::Same => Cost::Arithmetic,
    }
}

/// Implements the primitive for a unit struct without attributes, given its three derivative rules.
macro_rules! elementwise {
    (
        $name:ident, $text:literal, $kernel:expr,
        examples: $examples:expr, refused: $refused:expr,
        linear: $linear:expr, linearize: $linearize:expr, transpose: $transpose:expr
    ) => {
        impl $crate::ops::kernel::Elementwise for $name {
            fn kernel(&self) -> $crate::ops::Kernel {
                $kernel
            }
        }

        impl $crate::op::Primitive for $name {
            const NAME: &'static str = $text;

            fn attributes(&self) -> $crate::op::Attributes {
                Vec::new()
            }
            fn read(_: &mut $crate::op::Reader<'_>) -> Result<Self, String> {
                Ok($name)
            }
            fn examples() -> Vec<$crate::op::Example> {
                $examples
            }
            fn refused() -> Vec<$crate::op::Example> {
                $refused
            }
            $crate::ops::elementwise::elementwise_rules!($linear, $linearize, $transpose);
        }
    };
}

/// The methods of `Primitive` that all elementwise operations share, and the three that are given.
macro_rules! elementwise_rules {
    ($linear:expr, $linearize:expr, $transpose:expr) => {
        fn infer(
            &self,
            site: &$crate::op::Site<'_>,
        ) -> Result<Vec<$crate::ty::Type>, $crate::op::TypeError> {
            let kernel = $crate::ops::kernel::Elementwise::kernel(self);
            $crate::ops::elementwise::infer(site, kernel)
        }
        fn is_linear(&self, linear: &[bool]) -> bool {
            let rule: fn(&Self, &[bool]) -> bool = $linear;
            rule(self, linear)
        }
        fn linearize(
            &self,
            cx: &mut $crate::derive::Linearize<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            $linearize(cx, step)
        }
        fn transpose(
            &self,
            cx: &mut $crate::derive::Transpose<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            $transpose(cx, step)
        }
        fn eval<'m, A: $crate::interp::Arithmetic>(
            &self,
            cx: &mut $crate::interp::Eval<'_, 'm, A>,
            at: $crate::interp::At<'m>,
        ) -> $crate::interp::Evaluated<A> {
            let kernel = $crate::ops::kernel::Elementwise::kernel(self);
            $crate::interp::elementwise(cx, at, kernel)
        }
        fn effect(&self) -> $crate::op::Effect {
            $crate::op::Effect::Pure
        }
        fn cost(&self) -> $crate::op::Cost {
            $crate::ops::elementwise::cost($crate::ops::kernel::Elementwise::kernel(self))
        }
    };
}

pub(super) use {elementwise, elementwise_rules, locally_constant, smooth};
