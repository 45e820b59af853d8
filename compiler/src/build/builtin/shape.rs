//! Functions that move elements and know sizes.

use super::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::types::Pat;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{Concat, Reshape, Slice, Stack, Transposed};
use dfn_ir::{Parts, Size, Type, Value};

/// `dot(x, y)`: the sum of the products of two vectors.
pub(super) fn dot<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, y] = elab.given("dot", args, at)?;
    let (x, y) = (must(x)?, must(y)?);
    elab.product((x.val, x.span), (y.val, y.span), at, at)
}

/// `transpose(x)` reverses the axes; `axes = (1, 0, 2)` permutes them.
pub(super) fn transpose<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [arg, order] = elab.given("transpose", args, at)?;
    let arg = must(arg)?;
    let value = elab.ir(&arg.val, arg.span)?;
    let rank = elab.ty(value).rank();
    let mut axes: Vec<usize> = (0..rank).rev().collect();
    if let Some(order) = order {
        axes.clear();
        let Val::Tuple(parts) = &order.val else {
            let found = elab.show(&order.val);
            return Err(elab.fail(errors::types::mismatch(
                "a tuple of axes",
                &found,
                order.span,
                None,
            )));
        };
        for part in parts {
            let one = ArgVal {
                val: part.clone(),
                ..order.clone()
            };
            axes.extend(elab.axes(Some(&one), rank)?);
        }
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..rank) {
            let found = elab.show(&order.val);
            let wanted = format!("each of the {rank} axes once");
            return Err(elab.fail(errors::types::mismatch(&wanted, &found, order.span, None)));
        }
    }
    Ok(Val::Ir(elab.emit(Transposed { axes }, &[value], at)?))
}

/// `flip(x)`, `flip(x, axis = 1)`: the elements of an axis (without one, of all axes) in reverse.
pub(super) fn flip<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [arg, axis] = elab.given("flip", args, at)?;
    let arg = must(arg)?;
    let mut value = elab.ir(&arg.val, arg.span)?;
    let ty = elab.ty(value);
    for axis in elab.axes(axis.as_ref(), ty.rank())? {
        let size = ty.shape.get(axis).cloned().unwrap_or_default();
        let last = elab.size_result(size.checked_sub(&Size::constant(1)), at)?;
        let start = elab.size_value(&last, at)?;
        value = elab.emit_as(Slice { axis, step: -1 }, &[value, start], ty.clone(), at)?;
    }
    Ok(Val::Ir(value))
}

/// Several arrays of one type, given as arguments or as one tuple.
fn several<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>) -> R<Vec<(Value, Span)>> {
    let mut list: Vec<(Val<'a>, Span)> = Vec::new();
    for arg in args {
        match arg.val {
            Val::Tuple(parts) => list.extend(parts.into_iter().map(|part| (part, arg.span))),
            val => list.push((val, arg.span)),
        }
    }
    let dtype = list.iter().find_map(|(val, _)| match val {
        Val::Ir(value) => Some(elab.ty(*value).dtype),
        _ => None,
    });
    list.iter()
        .map(|(val, span)| Ok((elab.ir_as(val, dtype, *span)?, *span)))
        .collect()
}

/// `stack(x, y)`: arrays of one type along a new first axis.
pub(super) fn stack<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let list = several(elab, args)?;
    same_types(elab, &list, None)?;
    pack(elab, Stack, &list, at)
}

/// `concat(x, y)`, `concat(x, y, axis = 1)`: arrays one after another.
pub(super) fn concat<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let (args, axis) = elab.several_given("concat", args)?;
    let list = several(elab, args)?;
    let rank = list.first().map_or(0, |(value, _)| elab.ty(*value).rank());
    let axis = match &axis {
        Some(_) => elab
            .axes(axis.as_ref(), rank)?
            .first()
            .copied()
            .unwrap_or(0),
        None => 0,
    };
    if rank == 0 {
        return Err(elab.fail(
            errors::types::operands("concat", &["scalars".to_owned()], at)
                .help("use `stack`, or `[a, b]`"),
        ));
    }
    same_types(elab, &list, Some(axis))?;
    pack(elab, Concat { axis }, &list, at)
}

/// Refuses arrays that differ in another axis than `free`.
fn same_types(elab: &mut Elab<'_>, list: &[(Value, Span)], free: Option<usize>) -> R<()> {
    let Some(&(first, first_span)) = list.first() else {
        return Ok(());
    };
    let wanted = elab.ty(first);
    for &(value, span) in list {
        let ty = elab.ty(value);
        if ty.dtype != wanted.dtype || ty.rank() != wanted.rank() {
            let (wanted, found) = (elab.show(&Val::Ir(first)), elab.show(&Val::Ir(value)));
            return Err(elab.fail(errors::types::mismatch(
                &wanted,
                &found,
                span,
                Some(first_span),
            )));
        }
        for (axis, (a, b)) in wanted.shape.iter().zip(&ty.shape).enumerate() {
            if a != b && Some(axis) != free {
                return Err(elab.sizes_differ(&format!("axis {axis}"), a, b, span));
            }
        }
    }
    Ok(())
}

fn pack<'a>(
    elab: &mut Elab<'a>,
    op: impl Into<dfn_ir::Op>,
    list: &[(Value, Span)],
    at: Span,
) -> R<Val<'a>> {
    let parts = Parts {
        args: list.iter().map(|(value, _)| *value).collect(),
        ..Parts::default()
    };
    let results = elab.emit_parts(op, parts, at)?;
    results.first().map(|&value| Val::Ir(value)).ok_or(Reported)
}

/// `len(x)`: the size of the first axis.
pub(super) fn len<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [arg] = elab.given("len", args, at)?;
    size_of_axis(elab, &must(arg)?, 0, at)
}

/// `size(x, axis)`
pub(super) fn size<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [arg, axis] = elab.given("size", args, at)?;
    let (arg, axis) = (must(arg)?, must(axis)?);
    let rank = elab.indexed_axes(&arg.val, arg.span)?.len();
    let axis = elab.axes(Some(&axis), rank)?.first().copied().unwrap_or(0);
    size_of_axis(elab, &arg, axis, at)
}

fn size_of_axis<'a>(elab: &mut Elab<'a>, arg: &ArgVal<'a>, axis: usize, at: Span) -> R<Val<'a>> {
    let shape = elab.indexed_axes(&arg.val, arg.span)?;
    let Some(size) = shape.get(axis) else {
        return Err(elab.fail(errors::types::no_axis(axis as i64, shape.len(), at)));
    };
    Ok(Val::Ir(elab.size_value(size, at)?))
}

/// `reshape(x, f64[n * m])`: the same elements, row by row, in another shape.
pub(super) fn reshape<'a>(elab: &mut Elab<'a>, args: &'a [ast::Arg], at: Span) -> R<Val<'a>> {
    let [x, shape] = elab.given("reshape", args.iter().collect(), at)?;
    let (x, shape) = (must(x)?, must(shape)?);
    let val = elab.expr(&x.value)?;
    let Pat::Array(dtype, sizes) = elab.type_argument(&shape.value)? else {
        return Err(Reported);
    };
    let value = elab.ir_as(&val, Some(dtype), x.value.span)?;
    let ty = elab.ty(value);
    if ty.dtype != dtype {
        let found = elab.show(&Val::Ir(value));
        let wanted = format!("an array of `{dtype}`");
        return Err(elab.fail(errors::types::mismatch(
            &wanted,
            &found,
            x.value.span,
            Some(shape.value.span),
        )));
    }
    elab.natural_shape(&sizes, shape.value.span)?;
    let to = Type::array(dtype, sizes);
    let (have, want) = (
        elab.size_result(ty.elements(), at)?,
        elab.size_result(to.elements(), at)?,
    );
    if have != want {
        return Err(elab.sizes_differ("the number of elements", &want, &have, at));
    }
    Ok(Val::Ir(elab.emit_as(Reshape, &[value], to, at)?))
}
