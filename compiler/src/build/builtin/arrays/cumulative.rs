//! Functions along an axis that make each element of those before it.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Cumulate, Form, Recur, ReduceKind, Sub};
use dfn_ir::{DType, Size, Value};

/// `cumsum(x, axis = -1, reverse = false)`
pub(super) fn cumsum<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    cumulative(elab, "cumsum", ReduceKind::Sum, args, at)
}

/// `cumprod(x, axis = -1, reverse = false)`
pub(super) fn cumprod<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    cumulative(elab, "cumprod", ReduceKind::Prod, args, at)
}

/// `cummax(x, axis = -1, reverse = false)`
pub(super) fn cummax<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    cumulative(elab, "cummax", ReduceKind::Max, args, at)
}

/// `cummin(x, axis = -1, reverse = false)`
pub(super) fn cummin<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    cumulative(elab, "cummin", ReduceKind::Min, args, at)
}

fn cumulative<'a>(
    elab: &mut Elab<'a>,
    name: &'static str,
    kind: ReduceKind,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let [x, axis, reverse] = elab.given(name, args, at)?;
    let x = must(x)?;
    let value = elab.of_rank(name, &x, 1)?;
    let ty = elab.ty(value);
    if ty.dtype == DType::Bool {
        let types = [elab.show(&x.val)];
        let diagnostic = errors::types::operands(name, &types, at);
        return Err(elab.fail(diagnostic.help("convert the argument: `i64(…)`")));
    }
    let axis = elab.one_axis(axis.as_ref(), ty.rank(), ty.rank() - 1)?;
    let reverse = elab.flag(reverse.as_ref())?;
    let op = Cumulate {
        kind,
        axis,
        reverse,
        exclusive: false,
    };
    Ok(Val::Ir(elab.emit(op, &[value], at)?))
}

/// `linear_recurrence(a, b, axis = -1, reverse = false)`: y[i] = a[i] * y[i - 1] + b[i] from 0.
pub(super) fn linear_recurrence<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let name = "linear_recurrence";
    let [a, b, axis, reverse] = elab.given(name, args, at)?;
    let (a, b) = (must(a)?, must(b)?);
    let pair = [(a.val, a.span), (b.val, b.span)];
    let both = elab.numbers_of(name, [&pair[0], &pair[1]], at)?;
    let pairs = [(both[0], a.span), (both[1], b.span)];
    let both = elab.broadcast_all(name, &pairs, at)?;
    let ty = elab.ty(both.first().copied().unwrap_or(pairs[0].0));
    if !ty.dtype.is_float() || ty.rank() == 0 {
        let types = [elab.show(&pair[0].0), elab.show(&pair[1].0)];
        let diagnostic = errors::types::operands(name, &types, at);
        return Err(elab.fail(diagnostic.help("it takes arrays of floats")));
    }
    let axis = elab.one_axis(axis.as_ref(), ty.rank(), ty.rank() - 1)?;
    let reverse = elab.flag(reverse.as_ref())?;
    let form = Form::Inclusive;
    let op = Recur {
        form,
        axis,
        reverse,
    };
    Ok(Val::Ir(elab.emit(op, &both, at)?))
}

/// `diff(x, axis = -1)`: the differences of neighbours.
pub(super) fn diff<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, axis] = elab.given("diff", args, at)?;
    let x = must(x)?;
    let value: Value = elab.of_rank("diff", &x, 1)?;
    let ty = elab.ty(value);
    if ty.dtype == DType::Bool {
        let types = [elab.show(&x.val)];
        return Err(elab.fail(errors::types::operands("diff", &types, at)));
    }
    let axis = elab.one_axis(axis.as_ref(), ty.rank(), ty.rank() - 1)?;
    let one = Size::constant(1);
    let size = elab.axis_size(value, axis);
    let count = elab.size_result(size.checked_sub(&one), at)?;
    elab.natural(&count, x.span)?;
    let later = elab.part_of_axis(value, axis, &one, &count, at)?;
    let earlier = elab.part_of_axis(value, axis, &Size::default(), &count, at)?;
    Ok(Val::Ir(elab.emit(Sub, &[later, earlier], at)?))
}
