//! Accumulators that are filled once or read at once become values.

use super::super::rewrite::{Found, Rewriter};
use super::algebra::is_zero;
use super::fold::definition;
use dfn_ir::function::Value;
use dfn_ir::ops::{AccNew, Add};
use dfn_ir::{Op, TypeError};

/// The value that an instruction on an accumulator equals.
pub(super) fn accumulators(
    cx: &mut Rewriter,
    site: &Found<'_>,
) -> Result<Option<Value>, TypeError> {
    let Some(&acc) = site.args.first() else {
        return Ok(None);
    };
    let started = match definition(cx, acc) {
        Some(data) if matches!(data.op, Op::AccNew(_)) => data.args.first().copied(),
        _ => None,
    };
    let Some(start) = started else {
        return Ok(None);
    };
    match (&site.data.op, site.args.as_slice()) {
        // read(new(x)) = x
        (Op::AccRead(_), _) => Ok(Some(start)),
        // add(new(x), y) = new(x + y), but in a branch the sum would be an array of its own.
        (Op::AccAdd(_), &[_, y]) => {
            let zero = is_zero(cx, start);
            if !zero && cx.b.depth(acc) != cx.b.current_depth() {
                return Ok(None);
            }
            let sum = if zero { y } else { cx.b.op(Add, &[start, y])? };
            cx.b.op(AccNew, &[sum]).map(Some)
        }
        _ => Ok(None),
    }
}
