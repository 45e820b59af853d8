//! Sorting, and what follows from it.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Abs, Add, And, Convert, Fma, Min, Mul, Round, Sort, Sub};
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{DType, Parts, Size, Value};

/// `sort(x, axis = -1, descending = false)`
pub(super) fn sort<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (values, _) = elab.in_order("sort", args, at)?;
    Ok(Val::Ir(values))
}

/// `argsort(x, axis = -1, descending = false)`: the positions from which the sorted elements come.
pub(super) fn argsort<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (_, places) = elab.in_order("argsort", args, at)?;
    Ok(Val::Ir(places))
}

/// `top_k(x, k, axis = -1)`: the largest elements, the largest first, and their positions.
pub(super) fn top_k<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, k, axis] = elab.given("top_k", args, at)?;
    let (value, k) = (elab.of_rank("top_k", &must(x)?, 1)?, must(k)?);
    let rank = elab.ty(value).rank();
    let axis = elab.one_axis(axis.as_ref(), rank, rank - 1)?;
    let count = elab.val_as_size(&k.val, k.span)?;
    elab.natural(&count, k.span)?;
    let size = elab.axis_size(value, axis);
    elab.at_most(
        &count,
        &size,
        "`top_k` of more elements than there are",
        k.span,
    )?;
    let (values, places) = elab.sorted("top_k", value, axis, true, at)?;
    let mut parts = Vec::new();
    for value in [values, places] {
        let part = elab.part_of_axis(value, axis, &Size::default(), &count, at)?;
        parts.push(Val::Ir(part));
    }
    Ok(Val::Tuple(parts))
}

/// `searchsorted(a, v, side = "left")`: for each element of `v` the place in the sorted vector `a` where it
/// may stand: before equal elements, or with `side = "right"` after them.
pub(super) fn searchsorted<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [a, v, side] = elab.given("searchsorted", args, at)?;
    let (a, v) = (must(a)?, must(v)?);
    let function = match side.as_ref().map(|side| &side.val) {
        None => "search_left",
        Some(Val::Text(text)) if &**text == "left" => "search_left",
        Some(Val::Text(text)) if &**text == "right" => "search_right",
        _ => {
            let side = must(side)?;
            return Err(elab.wrong(&side, "`\"left\"` or `\"right\"`"));
        }
    };
    let pair = [(a.val.clone(), a.span), (v.val.clone(), v.span)];
    let [list, values] = elab.numbers_of("searchsorted", [&pair[0], &pair[1]], at)?;
    if elab.ty(list).rank() != 1 || elab.ty(list).dtype == DType::Bool {
        return Err(elab.wrong(&a, "a sorted vector of numbers"));
    }
    let extents = elab.ty(values).shape.to_vec();
    let arg = |value| ArgVal {
        name: None,
        val: Val::Ir(value),
        span: at,
    };
    if extents.is_empty() {
        return elab.prelude_call(function, vec![arg(list), arg(values)], at);
    }
    elab.map_region(&extents, at, |elab, index| {
        let element = elab.part_at(values, index, at)?;
        elab.prelude_call(function, vec![arg(list), arg(element)], at)
    })
}

/// `median(x, axis)`
pub(super) fn median<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, axis, keep] = elab.given("median", args, at)?;
    let value = elab.float_array("median", &must(x)?)?;
    let half = elab.constant(dfn_ir::Scalar::F64(0.5), at)?;
    let keep = elab.flag(keep.as_ref())?;
    elab.quantile_along(("median", value), half, axis.as_ref(), keep, at)
}

/// `quantile(x, q, axis)`: the element at the fraction `q` of the way through the sorted ones, between two
/// of them on the line.
pub(super) fn quantile<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, q, axis, keep] = elab.given("quantile", args, at)?;
    let (value, q) = (elab.float_array("quantile", &must(x)?)?, must(q)?);
    let part = elab.ir_as(&q.val, Some(DType::F64), q.span)?;
    let ty = elab.ty(part);
    if !ty.is_scalar() || !ty.dtype.is_float() {
        return Err(elab.wrong(&q, "a number from 0 to 1"));
    }
    let (zero, one) = (
        elab.number_like(0.0, part, at)?,
        elab.number_like(1.0, part, at)?,
    );
    let low = elab.compared(Compare::Le, zero, part, at)?;
    let high = elab.compared(Compare::Le, part, one, at)?;
    let inside = elab.emit(And, &[low, high], at)?;
    elab.check(inside, "a quantile is not between 0 and 1", q.span)?;
    let keep = elab.flag(keep.as_ref())?;
    elab.quantile_along(("quantile", value), part, axis.as_ref(), keep, at)
}

impl<'a> Elab<'a> {
    /// The elements of an axis in order, and where they come from.
    fn in_order(
        &mut self,
        name: &'static str,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<(Value, Value)> {
        let [x, axis, down] = self.given(name, args, at)?;
        let value = self.of_rank(name, &must(x)?, 1)?;
        let rank = self.ty(value).rank();
        let axis = self.one_axis(axis.as_ref(), rank, rank - 1)?;
        let descending = self.flag(down.as_ref())?;
        self.sorted(name, value, axis, descending, at)
    }

    fn sorted(
        &mut self,
        name: &str,
        value: Value,
        axis: usize,
        descending: bool,
        at: Span,
    ) -> R<(Value, Value)> {
        if self.ty(value).dtype == DType::Bool {
            let types = [self.show(&Val::Ir(value))];
            let diagnostic = errors::types::operands(name, &types, at);
            return Err(self.fail(diagnostic.help("convert the argument: `i64(…)`")));
        }
        let last = self.ty(value).rank() - 1;
        let rows = self.axis_moved(value, axis, last, at)?;
        let parts = Parts {
            args: [rows].into_iter().collect(),
            ..Parts::default()
        };
        let results = self.emit_parts(Sort { descending }, parts, at)?;
        let &[values, places] = results.as_slice() else {
            return Err(Reported);
        };
        let values = self.axis_moved(values, last, axis, at)?;
        Ok((values, self.axis_moved(places, last, axis, at)?))
    }

    /// The quantile `q` along an axis; without one, of all elements.
    fn quantile_along(
        &mut self,
        (name, value): (&str, Value),
        q: Value,
        axis: Option<&ArgVal<'a>>,
        keep: bool,
        at: Span,
    ) -> R<Val<'a>> {
        let shape = self.ty(value).shape.to_vec();
        let axes = self.axes(axis, shape.len())?;
        let (value, axis) = match axes.as_slice() {
            &[one] => (value, one),
            all if all.len() == shape.len() => {
                let count = self.size_result(self.ty(value).elements(), at)?;
                (self.reshaped(value, vec![count], at)?, 0)
            }
            _ => {
                let title = format!("`{name}` along several axes");
                return Err(self.unfit(title, at, "it takes one axis, or none for all elements"));
            }
        };
        let count = self.axis_size(value, axis);
        self.not_empty(&count, at)?;
        let (sorted, _) = self.sorted(name, value, axis, false, at)?;
        let front = self.axis_moved(sorted, axis, 0, at)?;
        let result = self.between(front, &count, q, at)?;
        Ok(Val::Ir(self.axes_kept(result, &shape, &axes, keep, at)?))
    }

    /// The place `q (n - 1)` of sorted rows, on the line between its neighbours; NaN if there is a NaN.
    fn between(&mut self, sorted: Value, count: &Size, q: Value, at: Span) -> R<Value> {
        let dtype = self.ty(q).dtype;
        let last = self.size_result(count.checked_sub(&Size::constant(1)), at)?;
        let last = self.size_value(&last, at)?;
        let scale = self.emit(Convert { to: dtype }, &[last], at)?;
        let place = self.emit(Mul, &[q, scale], at)?;
        let floor = self.emit(
            Round {
                to: ScalarOp::Floor,
            },
            &[place],
            at,
        )?;
        let part = self.emit(Sub, &[place, floor], at)?;
        let low = self.emit(Convert { to: DType::I64 }, &[floor], at)?;
        let one = self.integer(1, at)?;
        let high = self.emit(Add, &[low, one], at)?;
        let high = self.emit(Min, &[high, last], at)?;
        let (a, b) = (
            self.part_at(sorted, &[low], at)?,
            self.part_at(sorted, &[high], at)?,
        );
        let ty = self.ty(a);
        let part = self.emit(Convert { to: ty.dtype }, &[part], at)?;
        let part = self.broadcast_to(part, &ty.shape, at)?;
        let gap = self.emit(Sub, &[b, a], at)?;
        let on_line = self.emit(Fma, &[part, gap, a], at)?;
        // Between two equal infinities there is no line.
        let infinity = self.number_like(f64::INFINITY, a, at)?;
        let size = self.emit(Abs, &[a], at)?;
        let infinite = self.compared(Compare::Eq, size, infinity, at)?;
        let equal = self.compared(Compare::Eq, a, b, at)?;
        let stays = self.emit(And, &[infinite, equal], at)?;
        let result = self.chosen(stays, a, on_line, at)?;
        let greatest = self.part_at(sorted, &[last], at)?;
        let nan = self.compared(Compare::Ne, greatest, greatest, at)?;
        self.chosen(nan, greatest, result, at)
    }
}
