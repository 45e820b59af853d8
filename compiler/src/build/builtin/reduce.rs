//! Reductions: of arrays along axes, and of generators.

use super::Builtin;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{self, ExprKind};
use dfn_ir::ops::{Convert, Div, Order, Reduce, ReduceKind};
use dfn_ir::{DType, Size, Value};

impl<'a> Elab<'a> {
    /// `sum(x)`, `sum(x, axis = 0)`, `sum(x, axis = (0, 1))`
    pub(super) fn reduce_call(
        &mut self,
        builtin: &Builtin,
        kind: ReduceKind,
        mut args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        let axis = self.take_named(&mut args, "axis");
        let [arg] = self.take::<1>(builtin.name, args, at)?;
        let value = self.ir(&arg.val, arg.span)?;
        let axes = self.axes(axis.as_ref(), self.ty(value).rank())?;
        Ok(Val::Ir(self.reduced_along(kind, value, axes, at)?))
    }

    /// The axes that an argument names; all without one.
    pub(super) fn axes(&mut self, arg: Option<&ArgVal<'a>>, rank: usize) -> R<Vec<usize>> {
        let Some(arg) = arg else {
            return Ok((0..rank).collect());
        };
        let vals = match &arg.val {
            Val::Tuple(parts) => parts.clone(),
            other => vec![other.clone()],
        };
        let mut axes = Vec::new();
        for val in vals {
            let number = match &val {
                Val::Number(number) => number.as_i64(),
                _ => None,
            };
            let Some(number) = number else {
                let found = self.show(&val);
                return Err(self.fail(errors::types::mismatch(
                    "a constant axis",
                    &found,
                    arg.span,
                    None,
                )));
            };
            let counted = if number < 0 {
                number + rank as i64
            } else {
                number
            };
            match usize::try_from(counted).ok().filter(|axis| *axis < rank) {
                Some(axis) => axes.push(axis),
                None => return Err(self.fail(errors::types::no_axis(number, rank, arg.span))),
            }
        }
        axes.sort_unstable();
        axes.dedup();
        Ok(axes)
    }

    /// A reduction; `max` and `min` of nothing are a fault.
    pub(super) fn reduced_along(
        &mut self,
        kind: ReduceKind,
        value: Value,
        axes: Vec<usize>,
        at: Span,
    ) -> R<Value> {
        let ty = self.ty(value);
        let logical = matches!(kind, ReduceKind::Any | ReduceKind::All);
        if logical != (ty.dtype == DType::Bool) {
            let name = match kind {
                ReduceKind::Any => "any",
                ReduceKind::All => "all",
                ReduceKind::Max => "max",
                ReduceKind::Min => "min",
                ReduceKind::Prod => "prod",
                ReduceKind::Sum => "sum",
            };
            let types = [self.show(&Val::Ir(value))];
            let diagnostic = errors::types::operands(name, &types, at);
            return Err(self.fail(
                diagnostic.help("truth values are counted by converting them: `sum(i64(x))`"),
            ));
        }
        if axes.is_empty() {
            return Ok(value);
        }
        self.emit(
            Reduce {
                kind,
                axes,
                order: Order::Any,
            },
            &[value],
            at,
        )
    }

    /// `sum(for j in 0..m: x[j])`
    pub(super) fn reduce_generator(
        &mut self,
        kind: ReduceKind,
        args: &'a [ast::Arg],
        at: Span,
    ) -> R<Val<'a>> {
        let [ast::Arg { value, .. }] = args else {
            return Err(self.fail(errors::functions::arity(
                "the reduction of a generator",
                "1 argument",
                args.len(),
                at,
                None,
            )));
        };
        let ExprKind::Generator(inner) = &value.kind else {
            return Err(Reported);
        };
        let result = self.generator(inner, at, &mut |elab, array, axes| {
            elab.reduced_along(kind, array, (0..axes).collect(), at)
        })?;
        Ok(Val::Ir(result))
    }

    /// The product of the sizes of some axes.
    fn elements_along(&mut self, value: Value, axes: &[usize], at: Span) -> R<Size> {
        let ty = self.ty(value);
        let sizes = axes.iter().filter_map(|&axis| ty.shape.get(axis));
        let product = sizes
            .into_iter()
            .try_fold(Size::constant(1), |product, size| product.checked_mul(size));
        self.size_result(product, at)
    }
}

/// `mean(x)`, `mean(x, axis = 0)`
pub(super) fn mean<'a>(elab: &mut Elab<'a>, mut args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let axis = elab.take_named(&mut args, "axis");
    let [arg] = elab.take::<1>("mean", args, at)?;
    let value = elab.ir_as(&arg.val, Some(DType::F64), arg.span)?;
    let ty = elab.ty(value);
    if !ty.dtype.is_float() {
        let types = [elab.show(&arg.val)];
        let diagnostic = errors::types::operands("mean", &types, at);
        return Err(elab.fail(diagnostic.help("convert the argument: `mean(f64(…))`")));
    }
    let axes = elab.axes(axis.as_ref(), ty.rank())?;
    let count = elab.elements_along(value, &axes, at)?;
    let sum = elab.reduced_along(ReduceKind::Sum, value, axes, at)?;
    let count = elab.size_value(&count, at)?;
    let count = elab.emit(Convert { to: ty.dtype }, &[count], at)?;
    let shape = elab.ty(sum).shape.to_vec();
    let count = elab.broadcast_to(count, &shape, at)?;
    Ok(Val::Ir(elab.emit(Div, &[sum, count], at)?))
}
