//! Structure: operations that only move elements, composed and cancelled.

use super::super::rewrite::{Found, Rewriter};
use super::fold::{constant, definition};
use dfn_ir::function::Value;
use dfn_ir::ops::{Broadcast, Const, Dense, Index, Transposed};
use dfn_ir::scalar::Scalar;
use dfn_ir::ty::Type;
use dfn_ir::{Op, TypeError};

/// The value that an instruction which moves elements equals.
pub(super) fn structure(cx: &mut Rewriter, site: &Found<'_>) -> Result<Option<Value>, TypeError> {
    let (Some(&x), [ty]) = (site.args.first(), site.types.as_slice()) else {
        return Ok(None);
    };
    let moves = matches!(
        site.data.op,
        Op::Broadcast(_)
            | Op::Reshape(_)
            | Op::Transposed(_)
            | Op::Index(_)
            | Op::Slice(_)
            | Op::Window(_)
    );
    if !moves {
        return Ok(None);
    }
    // All elements equal: so are those of the result.
    if let Some(value) = constant(cx, x) {
        return cx.b.op_as(Const { value }, &[], ty.clone()).map(Some);
    }
    match &site.data.op {
        Op::Broadcast(op) => broadcast(cx, op, x, ty),
        Op::Reshape(_) if cx.b.ty(x) == ty => Ok(Some(x)),
        Op::Transposed(op) => transposed(cx, op, x),
        Op::Index(_) => index(cx, site, x),
        _ => Ok(None),
    }
}

fn broadcast(
    cx: &mut Rewriter,
    op: &Broadcast,
    x: Value,
    ty: &Type,
) -> Result<Option<Value>, TypeError> {
    if cx.b.ty(x) == ty {
        return Ok(Some(x));
    }
    let Some((Op::Broadcast(inner), source)) = single(cx, x) else {
        return Ok(None);
    };
    let axes = inner
        .axes
        .iter()
        .filter_map(|&a| op.axes.get(a).copied())
        .collect();
    cx.b.op_as(Broadcast { axes }, &[source], ty.clone())
        .map(Some)
}

fn transposed(cx: &mut Rewriter, op: &Transposed, x: Value) -> Result<Option<Value>, TypeError> {
    if op.axes.iter().copied().eq(0..op.axes.len()) {
        return Ok(Some(x));
    }
    let Some((Op::Transposed(inner), source)) = single(cx, x) else {
        return Ok(None);
    };
    let axes: Vec<usize> = op
        .axes
        .iter()
        .filter_map(|&a| inner.axes.get(a).copied())
        .collect();
    if axes.iter().copied().eq(0..axes.len()) {
        return Ok(Some(source));
    }
    cx.b.op(Transposed { axes }, &[source]).map(Some)
}

/// An element of something repeated or put together.
fn index(cx: &mut Rewriter, site: &Found<'_>, x: Value) -> Result<Option<Value>, TypeError> {
    let indices = site.args.get(1..).unwrap_or_default();
    let Some((&first, rest)) = indices.split_first() else {
        return Ok(Some(x));
    };
    let Some(inner) = definition(cx, x) else {
        return Ok(None);
    };
    let (op, args) = (inner.op.clone(), inner.args.clone());
    match op {
        Op::Stack(_) => {
            let Some(Scalar::I64(k)) = constant(cx, first) else {
                return Ok(None);
            };
            let part = usize::try_from(k).ok().and_then(|k| args.get(k).copied());
            match (part, rest.is_empty()) {
                (Some(part), true) => Ok(Some(part)),
                (Some(part), false) => {
                    let args: Vec<Value> = [part].into_iter().chain(rest.iter().copied()).collect();
                    cx.b.op(Index, &args).map(Some)
                }
                (None, _) => Ok(None),
            }
        }
        Op::Dense(dense) => element(cx, &dense, x, indices),
        // x[i][j] = x[i, j]
        Op::Index(_) => {
            let args: Vec<Value> = args.iter().chain(indices).copied().collect();
            cx.b.op(Index, &args).map(Some)
        }
        // A scalar repeated everywhere.
        Op::Broadcast(op) if op.axes.is_empty() && indices.len() == cx.b.ty(x).rank() => {
            Ok(args.first().copied())
        }
        _ => Ok(None),
    }
}

/// An element of an array of constants, at a known place.
fn element(
    cx: &mut Rewriter,
    dense: &Dense,
    array: Value,
    indices: &[Value],
) -> Result<Option<Value>, TypeError> {
    let ty = cx.b.ty(array).clone();
    if indices.len() != ty.rank() {
        return Ok(None);
    }
    let mut number = 0;
    for (&index, size) in indices.iter().zip(&ty.shape) {
        let (Some(Scalar::I64(k)), Some(n)) = (constant(cx, index), size.as_constant()) else {
            return Ok(None);
        };
        if !(0..n).contains(&k) {
            return Ok(None);
        }
        number = number * n + k;
    }
    let value = usize::try_from(number)
        .ok()
        .and_then(|k| dense.values.get(k));
    match value {
        Some(&value) => cx.b.constant(value).map(Some),
        None => Ok(None),
    }
}

/// The operation and only operand of the definition of `value`.
fn single(cx: &Rewriter, value: Value) -> Option<(Op, Value)> {
    let data = definition(cx, value)?;
    match data.args.as_slice() {
        &[source] => Some((data.op.clone(), source)),
        _ => None,
    }
}
