//! Parts of an array that are replaced: by zeros to which something is added, and by several arrays at once.
//!
//! The derivative of a step that replaces a row takes the cotangent of the row out, puts zeros there and adds what
//! belongs to the old row. One write does that.

use super::super::rewrite::{Found, Rewriter};
use super::algebra::is_zero;
use super::fold::{constant, definition};
use dfn_ir::function::{Function, Value};
use dfn_ir::ops::{AccNew, Const, Update};
use dfn_ir::scalar::Scalar;
use dfn_ir::{Op, TypeError};

/// How many updates are looked through.
const REACH: usize = 8;

/// What replaces the part at some indices.
type Part = (Value, Vec<Value>);

/// `add(new(x), y, i, …) = new(update(x, y, i, …))` where `x` is an array with zeros at that place, because they
/// have just been put there; then they are not.
pub(super) fn zeros(cx: &mut Rewriter, site: &Found<'_>) -> Result<Option<Value>, TypeError> {
    let (Op::AccAdd(_), &[acc, y, ref indices @ ..]) = (&site.data.op, site.args.as_slice()) else {
        return Ok(None);
    };
    let started = match definition(cx, acc) {
        Some(data) if matches!(data.op, Op::AccNew(_)) => data.args.first().copied(),
        _ => None,
    };
    // In a branch the array would be one of its own.
    let Some(array) = started.filter(|_| cx.b.depth(acc) == cx.b.current_depth()) else {
        return Ok(None);
    };
    let Some((base, mut parts)) = since_zeros(cx, array, indices) else {
        return Ok(None);
    };
    without(cx, &mut parts, indices)?;
    parts.push((y, indices.to_vec()));
    let array = updated(cx, base, &parts)?;
    cx.b.op(AccNew, &[array]).map(Some)
}

/// The updates that made `array`, from that which put zeros at `indices`, and what was before them.
fn since_zeros(cx: &Rewriter, array: Value, indices: &[Value]) -> Option<(Value, Vec<Part>)> {
    let mut parts = Vec::new();
    let mut array = array;
    while parts.len() < REACH {
        let data = definition(cx, array)?;
        let (Op::Update(_), &[before, value, ref at @ ..]) = (&data.op, data.args.as_slice())
        else {
            return None;
        };
        parts.push((value, at.to_vec()));
        array = before;
        if indices.starts_with(at) && is_zero(cx, value) {
            parts.reverse();
            return Some((array, parts));
        }
        if !apart(cx, at, indices) {
            return None;
        }
    }
    None
}

/// Whether two places have no element in common.
fn apart(cx: &Rewriter, a: &[Value], b: &[Value]) -> bool {
    a.iter().zip(b).any(|(&a, &b)| {
        let known = constant(cx, a).zip(constant(cx, b));
        known.is_some_and(|(a, b)| a != b)
    })
}

/// Leaves `indices` out of the zeros that are put first, if that is one of a few parts of them.
fn without(cx: &mut Rewriter, parts: &mut Vec<Part>, indices: &[Value]) -> Result<(), TypeError> {
    let Some((zeros, at)) = parts.first().cloned() else {
        return Ok(());
    };
    let Some(rest) = indices.get(at.len()..) else {
        return Ok(());
    };
    if rest.is_empty() {
        parts.remove(0);
        return Ok(());
    }
    let ty = cx.b.ty(zeros).clone();
    let count = ty.shape.first().and_then(|size| size.as_constant());
    let (Some(count), &[place]) = (count.filter(|n| (0..=REACH as i64).contains(n)), rest) else {
        return Ok(());
    };
    let Some(Scalar::I64(place)) = constant(cx, place) else {
        return Ok(());
    };
    let value = Scalar::zero(ty.dtype);
    let row = ty.drop_axes(1);
    let mut rows = Vec::new();
    for k in (0..count).filter(|&k| k != place) {
        let zeros = cx.b.op_as(Const { value }, &[], row.clone())?;
        let mut at = at.clone();
        at.push(cx.b.constant(Scalar::I64(k))?);
        rows.push((zeros, at));
    }
    parts.splice(..1, rows);
    Ok(())
}

/// `base` with its parts replaced.
fn updated(cx: &mut Rewriter, base: Value, parts: &[Part]) -> Result<Value, TypeError> {
    let mut array = base;
    for (value, at) in parts {
        let args: Vec<Value> = [array, *value]
            .into_iter()
            .chain(at.iter().copied())
            .collect();
        array = cx.b.op(Update, &args)?;
    }
    Ok(array)
}

/// Whether a function replaces parts of arrays and stacks arrays: once the order of sums is fixed, [`stacked`] may
/// find something.
pub(in crate::passes) fn may_be_stacked(func: &Function) -> bool {
    let (mut replaces, mut stacks) = (false, false);
    func.walk(&func.body, &mut |_, data| {
        let rows = data.results.iter().any(|&v| func.ty(v).rank() > 1);
        replaces |= matches!(data.op, Op::Update(_));
        stacks |= rows && matches!(data.op, Op::Stack(_));
    });
    replaces && stacks
}

/// `update(x, stack(a, b), i, …) = update(update(x, a, i, …, 0), b, i, …, 1)` for arrays: each is written once.
pub(super) fn stacked(cx: &mut Rewriter, site: &Found<'_>) -> Result<Option<Value>, TypeError> {
    let (Op::Update(_), &[array, value, ref indices @ ..]) = (&site.data.op, site.args.as_slice())
    else {
        return Ok(None);
    };
    let rows = match definition(cx, value) {
        Some(data) if matches!(data.op, Op::Stack(_)) => data.args.clone(),
        _ => return Ok(None),
    };
    if rows.len() > REACH || rows.iter().any(|&row| cx.b.ty(row).rank() == 0) {
        return Ok(None);
    }
    let mut parts = Vec::new();
    for (k, &row) in rows.iter().enumerate() {
        let mut at = indices.to_vec();
        at.push(cx.b.constant(Scalar::I64(k as i64))?);
        parts.push((row, at));
    }
    updated(cx, array, &parts).map(Some)
}
