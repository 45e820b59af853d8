//! `logsumexp`, `softmax` and `log_softmax`, written so that no exponential overflows.
//!
//! With a shift `m` that is the largest element, log Σ exp x = m + log Σ exp (x - m), whatever `m` is: so
//! `m` is a constant to every derivative, and exact ones of all orders follow from the rules of `exp`, `log`
//! and sums. Where nothing is left of a sum, because it is empty or every element is -∞, the result is a
//! constant: `logsumexp` is -∞ and `softmax` 0.

use super::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{
    Abs, Add, Broadcast, CompareOp, Div, Exp, Log, Order, Reduce, ReduceKind, Select, Stop, Sub,
};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Scalar, Value};

/// Exponentials that do not overflow.
struct Shifted {
    /// `x - m`
    differences: Value,
    /// `exp(x - m)`
    exps: Value,
    /// Their sum, with 1 in the place of 0.
    sum: Value,
    /// `m`
    shift: Value,
    /// Where the sum is 0.
    empty: Value,
}

impl<'a> Elab<'a> {
    /// A float of the type of `value`.
    fn float_like(&mut self, x: f64, value: Value, at: Span) -> R<Value> {
        let ty = self.ty(value);
        let scalar = match ty.dtype {
            DType::F32 => Scalar::F32(x as f32),
            _ => Scalar::F64(x),
        };
        self.filled(scalar, ty, at)
    }

    /// `value`, which lacks the axes `axes`, repeated along them to the shape of `like`.
    fn spread_along(&mut self, value: Value, axes: &[usize], like: Value, at: Span) -> R<Value> {
        let ty = self.ty(like).with_dtype(self.ty(value).dtype);
        let axes = (0..ty.rank()).filter(|axis| !axes.contains(axis)).collect();
        self.emit_as(Broadcast { axes }, &[value], ty, at)
    }

    fn shifted(&mut self, name: &str, x: Value, axes: &[usize], at: Span) -> R<Shifted> {
        if !self.ty(x).dtype.is_float() {
            let types = [self.show(&Val::Ir(x))];
            let diagnostic = errors::types::operands(name, &types, at);
            return Err(
                self.fail(diagnostic.help(format!("convert the argument: `{name}(f64(…))`")))
            );
        }
        let reduce = |kind| Reduce {
            kind,
            axes: axes.to_vec(),
            order: Order::Any,
        };
        let largest = self.emit(reduce(ReduceKind::Max), &[x], at)?;
        let largest = self.emit(Stop, &[largest], at)?;
        let zero = self.float_like(0.0, largest, at)?;
        let infinity = self.float_like(f64::INFINITY, largest, at)?;
        let magnitude = self.emit(Abs, &[largest], at)?;
        let finite = self.emit(CompareOp { how: Compare::Lt }, &[magnitude, infinity], at)?;
        let shift = self.emit(Select, &[finite, largest, zero], at)?;
        let wide = self.spread_along(shift, axes, x, at)?;
        let differences = self.emit(Sub, &[x, wide], at)?;
        let exps = self.emit(Exp, &[differences], at)?;
        let sum = self.emit(reduce(ReduceKind::Sum), &[exps], at)?;
        let empty = self.emit(CompareOp { how: Compare::Eq }, &[sum, zero], at)?;
        let one = self.float_like(1.0, sum, at)?;
        let sum = self.emit(Select, &[empty, one, sum], at)?;
        Ok(Shifted {
            differences,
            exps,
            sum,
            shift,
            empty,
        })
    }

    /// The one array and the axes of `softmax`; the last axis if none is named.
    fn softmax_arguments(
        &mut self,
        name: &str,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<(Value, Vec<usize>)> {
        let [arg, axis] = self.given(name, args, at)?;
        let arg = must(arg)?;
        let x = self.ir_as(&arg.val, Some(DType::F64), arg.span)?;
        let rank = self.ty(x).rank();
        if rank == 0 {
            let types = [self.show(&arg.val)];
            let diagnostic = errors::types::operands(name, &types, arg.span);
            return Err(self.fail(
                diagnostic.help("it takes an array, along whose last axis the results add up to 1"),
            ));
        }
        let axes = match axis {
            Some(_) => self.axes(axis.as_ref(), rank)?,
            None => vec![rank - 1],
        };
        Ok((x, axes))
    }
}

/// log Σ exp x
pub(super) fn logsumexp(elab: &mut Elab<'_>, x: Value, axes: Vec<usize>, at: Span) -> R<Value> {
    let parts = elab.shifted("logsumexp", x, &axes, at)?;
    let log = elab.emit(Log, &[parts.sum], at)?;
    let whole = elab.emit(Add, &[log, parts.shift], at)?;
    let nothing = elab.float_like(f64::NEG_INFINITY, whole, at)?;
    elab.emit(Select, &[parts.empty, nothing, whole], at)
}

/// exp x / Σ exp x
pub(super) fn softmax<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (x, axes) = elab.softmax_arguments("softmax", args, at)?;
    let parts = elab.shifted("softmax", x, &axes, at)?;
    let sum = elab.spread_along(parts.sum, &axes, x, at)?;
    Ok(Val::Ir(elab.emit(Div, &[parts.exps, sum], at)?))
}

/// x - log Σ exp x
pub(super) fn log_softmax<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (x, axes) = elab.softmax_arguments("log_softmax", args, at)?;
    let parts = elab.shifted("log_softmax", x, &axes, at)?;
    let log = elab.emit(Log, &[parts.sum], at)?;
    let log = elab.spread_along(log, &axes, x, at)?;
    Ok(Val::Ir(elab.emit(Sub, &[parts.differences, log], at)?))
}
