//! Nests that go through the same rows, run strip by strip: one pass over the data.
//!
//! A nest over rows gives a number for each row, a second one computes with these numbers, a third one
//! goes through the rows again. Each row of the third needs its own row of the first two only, so all three
//! run for a few rows at a time, while these are in the cache: the second one in vectors, the others for
//! the rows of each vector. Results combine the same numbers in the same order.

use std::collections::HashMap;

use dfn_ir::function::InstData;
use dfn_ir::{Inst, Op, Size, Value};

use super::cx::Cx;
use super::dot::Space;
use super::error::Done;
use super::kind::{Kind, kind};
use super::schedule::{Group, Item, Use};
use super::simple::has_check;

/// Three nests that run strip by strip.
pub(super) struct Strip {
    /// A nest over rows, whose results the second one takes.
    pub(super) before: Group,
    /// A nest with one point for each row.
    pub(super) main: Group,
    /// A nest over the same rows.
    pub(super) after: Group,
}

/// Makes strips of nests; `place` and `uses` are kept right.
pub(super) fn strips(
    cx: &Cx<'_>,
    items: &mut [Item],
    place: &mut HashMap<Value, usize>,
    uses: &mut [Use],
) -> Done {
    for main in 0..items.len() {
        let Some([before, after]) = around(cx, items, main, place, uses)? else {
            continue;
        };
        let mut taken = [before, main, after].map(|at| {
            items.get_mut(at).and_then(|item| match item {
                Item::Group(group) => Some(group.take()),
                _ => None,
            })
        });
        let [Some(first), Some(second), Some(third)] = taken.each_mut().map(Option::take) else {
            continue;
        };
        if let Some(item) = items.get_mut(main) {
            *item = Item::Strip(Box::new(Strip {
                before: first,
                main: second,
                after: third,
            }));
        }
        let target = |at: usize| {
            if at == before || at == after {
                main
            } else {
                at
            }
        };
        place.values_mut().for_each(|at| *at = target(*at));
        uses.iter_mut()
            .for_each(|used| used.item = target(used.item));
    }
    Ok(())
}

/// The nests before and after `main` that can run with it.
fn around(
    cx: &Cx<'_>,
    items: &[Item],
    main: usize,
    place: &HashMap<Value, usize>,
    uses: &[Use],
) -> Done<Option<[usize; 2]>> {
    let group = |at: usize| match items.get(at) {
        Some(Item::Group(group)) if is_plain(cx, group) => Some(group),
        _ => None,
    };
    let Some(rows) = group(main).and_then(|group| match group.shape.as_slice() {
        [rows] if rows.as_constant().is_none_or(|n| n >= 64) => Some(rows),
        _ => None,
    }) else {
        return Ok(None);
    };
    let fits = |at: usize| group(at).is_some_and(|group| over_rows(cx, group, rows));
    let before = (0..main)
        .rev()
        .take_while(|&at| is_quiet(cx, items.get(at)));
    let Some(before) = before.into_iter().find(|&at| fits(at)) else {
        return Ok(None);
    };
    let after = (main + 1..items.len()).take_while(|&at| is_quiet(cx, items.get(at)));
    let Some(after) = after.into_iter().find(|&at| fits(at)) else {
        return Ok(None);
    };
    for used in uses {
        let from = place.get(&used.value).copied();
        let between = used.item > before && used.item < after && used.item != main;
        let right = match (from, used.item) {
            (Some(from), to) if from == before && to == main => used.direct,
            (Some(from), to) if to == after && (from == before || from == main) => {
                by_rows(cx, group(after), used.value)?
            }
            (Some(from), _) if from == before && between => false,
            (Some(from), to) if to == main && from > before => from == main,
            (Some(from), to) if to == after && from > main => from == after,
            _ => true,
        };
        if !right {
            return Ok(None);
        }
    }
    let linked = uses
        .iter()
        .any(|used| used.item == after && place.get(&used.value) == Some(&main));
    let shared = uses.iter().any(|used| {
        let again = |other: &Use| other.item == after && other.value == used.value;
        used.item == before && cx.func.ty(used.value).rank() > 1 && uses.iter().any(again)
    });
    Ok((linked && shared).then_some([before, after]))
}

/// Whether what stands between nests changes nothing.
fn is_quiet(cx: &Cx<'_>, item: Option<&Item>) -> bool {
    match item {
        Some(Item::Group(group)) => is_plain(cx, group),
        Some(Item::One(inst)) => kind(cx, cx.data(*inst)) == Kind::Scalar,
        Some(Item::Strip(_)) | None => false,
    }
}

/// Whether a nest neither adds to accumulators nor checks anything.
fn is_plain(cx: &Cx<'_>, group: &Group) -> bool {
    let plain = |inst: &Inst| {
        let data = cx.data(*inst);
        match &data.op {
            Op::Map(op) => op.accs == 0 && op.sums == 0 && !has_check(cx, data),
            Op::AccAdd(_) | Op::AccNew(_) => false,
            _ => true,
        }
    };
    group.added.is_empty() && group.insts.iter().all(plain)
}

/// Whether a nest goes through these rows, and no accumulator of it lives longer than a row.
fn over_rows(cx: &Cx<'_>, group: &Group, rows: &Size) -> bool {
    let [first, rest @ ..] = group.shape.as_slice() else {
        return false;
    };
    let apart = |inst: &Inst| {
        let data = cx.data(*inst);
        match &data.op {
            // A reduction of all axes, or from the first on, has one accumulator.
            Op::Reduce(op) => !op.axes.contains(&0),
            Op::Dot(op) => Space::of(cx, op, data).is_ok_and(|space| space.start > 0),
            _ => true,
        }
    };
    first == rows
        && rest.iter().any(|size| !size.is(1))
        && !group.insts.is_empty()
        && group.insts.iter().all(apart)
}

/// Whether the nest reads `value` at its own row only.
fn by_rows(cx: &Cx<'_>, group: Option<&Group>, value: Value) -> Done<bool> {
    for &inst in group.into_iter().flat_map(|group| &group.insts) {
        let data = cx.data(inst);
        if data.sizes.iter().flat_map(Size::values).any(|v| v == value) || !data.blocks.is_empty() {
            return Ok(false);
        }
        for (side, &arg) in data.args.iter().enumerate() {
            if !reads(cx, arg, value) {
                continue;
            }
            let row = match &data.op {
                Op::Dot(op) => Space::of(cx, op, data)?
                    .axes
                    .get(side)
                    .is_some_and(|axes| axes.first() == Some(&0)),
                Op::Reduce(_) => true,
                op => op.kernel().is_some(),
            };
            if !row || !at_row(cx, arg, value) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Whether `arg` is `value`, or an index function of it.
fn reads(cx: &Cx<'_>, arg: Value, value: Value) -> bool {
    arg == value
        || cx.def(arg).is_some_and(|data: &InstData| {
            super::kind::is_free(cx, data) && data.args.iter().any(|&v| reads(cx, v, value))
        })
}

/// Whether row `i` of `arg` is row `i` of `value`, repeated.
fn at_row(cx: &Cx<'_>, arg: Value, value: Value) -> bool {
    if arg == value {
        return true;
    }
    match cx.def(arg).map(|data| (&data.op, data.args.as_slice())) {
        Some((Op::Broadcast(op), &[x])) => op.axes.first() == Some(&0) && at_row(cx, x, value),
        _ => false,
    }
}
