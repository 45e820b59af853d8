//! Reductions: of arrays along axes, and of generators.

use super::arguments::must;
use super::{AlongAxes, Builtin, Nested};
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported, ir_span};
use crate::build::errors;
use crate::build::expr::depends;
use crate::build::number::Class;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{self, ExprKind};
use dfn_ir::ops::{CompareOp, Convert, Div, Order, Reduce, ReduceKind, Reshape};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Size, Type, Value};

impl<'a> Elab<'a> {
    /// `sum(x)`, `sum(x, axis = 0)`, `sum(x, axis = (0, 1))`
    pub(super) fn reduce_call(
        &mut self,
        builtin: &Builtin,
        kind: ReduceKind,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        let (arg, axis, keep) = self.reduction_of(builtin.name, args, at)?;
        let value = self.ir(&arg.val, arg.span)?;
        let shape = self.ty(value).shape;
        let axes = self.axes(axis.as_ref(), shape.len())?;
        let result = self.reduced_along(kind, value, axes.clone(), at)?;
        Ok(Val::Ir(self.axes_kept(result, &shape, &axes, keep, at)?))
    }

    /// What is reduced, along which axes, and whether they stay, of size 1.
    fn reduction_of(
        &mut self,
        name: &str,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<(ArgVal<'a>, Option<ArgVal<'a>>, bool)> {
        let params = &["x", "axis?", "keepdims?"];
        let mut slots = self.slots(name, params, args, at)?.into_iter();
        let mut next = || slots.next().flatten();
        let (arg, axis, keep) = (must(next())?, next(), next());
        Ok((arg, axis, self.flag(keep.as_ref())?))
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
                Val::Number(number) => {
                    self.decide(number, Class::Int, arg.span)?;
                    number.as_i64()
                }
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

    /// `mean(x)`, `mean(x, axis = 0)`
    pub(super) fn reduce_call_along(
        &mut self,
        name: &str,
        rule: AlongAxes,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        let (arg, axis, keep) = self.reduction_of(name, args, at)?;
        let value = self.ir_as(&arg.val, Some(DType::F64), arg.span)?;
        let shape = self.ty(value).shape;
        let axes = self.axes(axis.as_ref(), shape.len())?;
        let result = rule(self, value, axes.clone(), at)?;
        Ok(Val::Ir(self.axes_kept(result, &shape, &axes, keep, at)?))
    }

    /// `mean(for j in 0..m: x[j])`
    pub(super) fn reduce_generator_along(
        &mut self,
        name: &str,
        rule: AlongAxes,
        nested: Nested,
        args: &'a [ast::Arg],
        at: Span,
    ) -> R<Val<'a>> {
        let [ast::Arg { value, .. }] = args else {
            return Err(self.fail(errors::functions::arity(
                name,
                "one generator",
                args.len(),
                at,
                None,
            )));
        };
        let ExprKind::Generator(inner) = &value.kind else {
            return Err(Reported);
        };
        let depends = depends(&inner.clauses);
        if depends && nested == Nested::Refused {
            return Err(self.fail(errors::functions::dependent_ranges(name, at)));
        }
        if depends && nested == Nested::Mean {
            return self.mean_of_nested(inner, at).map(Val::Ir);
        }
        let result = self.generator(inner, at, &mut |elab, array, axes| {
            rule(elab, array, (0..axes).collect(), at)
        })?;
        Ok(Val::Ir(result))
    }

    /// The mean over ranges that depend on one another: their sum over their number.
    fn mean_of_nested(&mut self, inner: &'a ast::Comprehension, at: Span) -> R<Value> {
        let add = &mut |elab: &mut Self, array: Value, axes: usize| {
            elab.reduced_along(ReduceKind::Sum, array, (0..axes).collect(), at)
        };
        let sum = self.generator(inner, at, add)?;
        self.float_only("mean", sum, at)?;
        let count = self.generator_of(&inner.clauses, at, add, &mut |elab| {
            Ok(Val::Ir(elab.integer(1, at)?))
        })?;
        self.divided(sum, count, at)
    }

    /// Makes sure that there is an element.
    pub(super) fn not_empty(&mut self, count: &Size, at: Span) -> R<()> {
        let one = Size::constant(1);
        let rest = self.size_result(count.checked_sub(&one), at)?;
        if self.cx.facts.proves_natural(&rest) {
            return Ok(());
        }
        if count.is(0) && self.always_runs() {
            return Err(self.fail(errors::sizes::empty(at)));
        }
        let (zero, count) = (self.integer(0, at)?, self.size_value(count, at)?);
        let holds = self.emit(CompareOp { how: Compare::Lt }, &[zero, count], at)?;
        self.check(holds, "there is no element: the array is empty", at)
    }

    /// Refuses what is not a float.
    fn float_only(&mut self, name: &str, value: Value, at: Span) -> R<()> {
        if self.ty(value).dtype.is_float() {
            return Ok(());
        }
        let types = [self.show(&Val::Ir(value))];
        let diagnostic = errors::types::operands(name, &types, at);
        Err(self.fail(diagnostic.help(format!("convert the argument: `{name}(f64(…))`"))))
    }

    /// `sum / count`, the count as a float.
    fn divided(&mut self, sum: Value, count: Value, at: Span) -> R<Value> {
        let ty = self.ty(sum);
        let count = self.emit(Convert { to: ty.dtype }, &[count], at)?;
        let count = self.broadcast_to(count, &ty.shape, at)?;
        self.emit(Div, &[sum, count], at)
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

/// The sum over the number of elements.
pub(super) fn mean(elab: &mut Elab<'_>, x: Value, axes: Vec<usize>, at: Span) -> R<Value> {
    elab.float_only("mean", x, at)?;
    let count = elab.elements_along(x, &axes, at)?;
    let sum = elab.reduced_along(ReduceKind::Sum, x, axes, at)?;
    let count = elab.size_value(&count, at)?;
    elab.divided(sum, count, at)
}

/// The position of the largest element: the first one of several.
pub(super) fn argmax(elab: &mut Elab<'_>, x: Value, axes: Vec<usize>, at: Span) -> R<Value> {
    arg_extremum(elab, ReduceKind::Max, x, &axes, at)
}

/// The position of the smallest element: the first one of several.
pub(super) fn argmin(elab: &mut Elab<'_>, x: Value, axes: Vec<usize>, at: Span) -> R<Value> {
    arg_extremum(elab, ReduceKind::Min, x, &axes, at)
}

fn arg_extremum(
    elab: &mut Elab<'_>,
    kind: ReduceKind,
    x: Value,
    axes: &[usize],
    at: Span,
) -> R<Value> {
    let ty = elab.ty(x);
    let name = if kind == ReduceKind::Max {
        "argmax"
    } else {
        "argmin"
    };
    if ty.dtype == DType::Bool || axes.is_empty() {
        let types = [elab.show(&Val::Ir(x))];
        return Err(elab.fail(errors::types::operands(name, &types, at)));
    }
    let flat = axes.len() > 1;
    if flat && axes.last() != Some(&(axes.len() - 1)) {
        let title = format!("`{name}` along several axes that are not the first ones");
        let help = "a position along several axes counts their elements row by row: bring the axes to the front with `transpose`";
        return Err(elab.fail(errors::functions::form(title, at, help)));
    }
    let count = elab.elements_along(x, axes, at)?;
    elab.not_empty(&count, at)?;
    // Several leading axes are one, counted row by row.
    let (x, axis) = match flat {
        true => {
            let rest = ty.shape.iter().skip(axes.len()).cloned();
            let shape = std::iter::once(count).chain(rest);
            let flat = Type::array(ty.dtype, shape);
            (elab.emit_as(Reshape, &[x], flat, at)?, 0)
        }
        false => (x, axes.first().copied().unwrap_or(0)),
    };
    let outer = elab.cx.b.at(ir_span(at));
    let place = dfn_ir::ops::arg_extremum(&mut elab.cx.b, kind, x, axis);
    elab.cx.b.at(outer);
    elab.checked(place, at)
}
