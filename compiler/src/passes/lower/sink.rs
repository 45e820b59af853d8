//! Moves a nest into the only later nest that needs it, so that what it computes is not stored.
//!
//! Between the two there may be only nests and scalars: nothing that changes memory which the first one
//! reads.

use std::collections::HashMap;

use dfn_ir::{Inst, Op, Value};

use super::cx::Cx;
use super::kind::{Kind, kind};
use super::schedule::{Item, LIMIT, Use};
use super::simple::has_check;

/// What is known of the uses of one nest.
#[derive(Clone, Copy, Default)]
struct Users {
    /// The only item that uses it, so far.
    only: Option<usize>,
    /// Whether another use forbids the move.
    fixed: bool,
}

/// Moves nests down; `place` and `uses` are kept right.
pub(super) fn sink(
    cx: &Cx<'_>,
    items: &mut [Item],
    place: &mut HashMap<Value, usize>,
    uses: &mut [Use],
    pointwise: impl Fn(&Value) -> bool,
) {
    let mut by_item: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
    for (k, used) in uses.iter().enumerate() {
        let at = place.get(&used.value);
        if let Some(list) = at.and_then(|&at| by_item.get_mut(at)) {
            list.push(k);
        }
    }
    let mut moved: Vec<usize> = (0..=items.len()).collect();
    for at in (0..items.len()).rev() {
        let mut users = Users::default();
        for used in by_item
            .get(at)
            .into_iter()
            .flatten()
            .filter_map(|&k| uses.get(k))
        {
            let user = moved.get(used.item).copied().unwrap_or(used.item);
            if user != at {
                users.fixed |= !used.direct || !pointwise(&used.value);
                users.fixed |= users.only.is_some_and(|only| only != user);
                users.only = Some(user);
            }
        }
        let Some(to) = users.only.filter(|_| !users.fixed) else {
            continue;
        };
        if merge(cx, items, at, to)
            && let Some(slot) = moved.get_mut(at)
        {
            *slot = to;
        }
    }
    let target = |at: usize| moved.get(at).copied().unwrap_or(at);
    place.values_mut().for_each(|at| *at = target(*at));
    uses.iter_mut()
        .for_each(|used| used.item = target(used.item));
}

/// Merges nest `from` into nest `to`, if that is right; whether it was.
fn merge(cx: &Cx<'_>, items: &mut [Item], from: usize, to: usize) -> bool {
    let between = items.get(from + 1..to).unwrap_or_default();
    let quiet = between.iter().all(|item| match item {
        Item::Group(_) => true,
        Item::One(inst) => kind(cx, cx.data(*inst)) == Kind::Scalar,
        Item::Strip(_) => false,
    });
    let Some((front, back)) = items.split_at_mut_checked(to) else {
        return false;
    };
    let (Some(Item::Group(source)), Some(Item::Group(target))) =
        (front.get_mut(from), back.first_mut())
    else {
        return false;
    };
    let size = source.insts.len() + target.insts.len();
    let fits = quiet
        && size <= LIMIT
        && target.takes(&source.shape, source.width)
        && source.insts.iter().all(|&inst| is_quiet(cx, inst));
    if fits {
        let mut insts = std::mem::take(&mut source.insts);
        insts.append(&mut target.insts);
        target.insts = insts;
        target.added.append(&mut source.added);
        target.width = target.width.or(source.width);
    }
    fits
}

/// Whether a member changes nothing and cannot end the program.
fn is_quiet(cx: &Cx<'_>, inst: Inst) -> bool {
    let data = cx.data(inst);
    match &data.op {
        Op::Map(op) => op.accs == 0 && !has_check(cx, data),
        op => op.kernel().is_some(),
    }
}
