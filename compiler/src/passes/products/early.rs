//! Sums of contractions: what is summed over free axes of one operand is summed before it is multiplied.
//!
//! Σₙ Σⱼ x[n, j] y[j, i] = Σⱼ (Σₙ x[n, j]) y[j, i]: n j additions in the place of n j i products. So the
//! derivative in the centre of points that a matrix multiplies, `(x - centre) @ y`, takes no matrix product.

use crate::passes::rewrite::Rewriter;
use crate::passes::simplify::fold::definition;
use dfn_ir::function::Value;
use dfn_ir::ops::{Dot, Order, Reduce, ReduceKind};
use dfn_ir::{Op, TypeError};

/// What `op`, a reduction of `x`, equals if `x` is a contraction and all its axes are free on one side.
pub(super) fn summed_early(
    cx: &mut Rewriter,
    op: &Reduce,
    x: Value,
) -> Result<Option<Value>, TypeError> {
    if op.kind != ReduceKind::Sum || op.order != Order::Any || op.axes.is_empty() {
        return Ok(None);
    }
    let (dot, mut args) = match definition(cx, x).map(|data| (&data.op, data.args.as_slice())) {
        Some((Op::Dot(dot), &[a, b])) if dot.order == Order::Any => (dot.clone(), [a, b]),
        _ => return Ok(None),
    };
    let free =
        [0, 1].map(|side| dot.free(side, args.get(side).map_or(0, |&arg| cx.b.ty(arg).rank())));
    // The axes of the result are the batch axes, the free axes of the left, those of the right.
    let mut start = dot.batch.len();
    for (side, (arg, free)) in args.iter_mut().zip(&free).enumerate() {
        let of = |&k: &usize| free.get(k.checked_sub(start)?).copied();
        if let Some(axes) = op.axes.iter().map(of).collect::<Option<Vec<usize>>>() {
            let dot = without(&dot, side, &axes);
            let sum = Reduce { axes, ..op.clone() };
            *arg = cx.b.op(sum, &[*arg])?;
            return cx.b.op(dot, &args).map(Some);
        }
        start += free.len();
    }
    Ok(None)
}

/// The contraction whose operand on one side lacks these axes.
fn without(dot: &Dot, side: usize, axes: &[usize]) -> Dot {
    let moved = |axis: usize| axis - axes.iter().filter(|&&gone| gone < axis).count();
    let pair = |&(x, y): &(usize, usize)| match side {
        0 => (moved(x), y),
        _ => (x, moved(y)),
    };
    Dot {
        batch: dot.batch.iter().map(pair).collect(),
        contract: dot.contract.iter().map(pair).collect(),
        order: dot.order,
    }
}
