//! The pass `peel`: a map that does something else in its first run runs that apart.
//!
//! Before: each run of a map asks whether it is the first, such as `if i == 0 { a } else { f(x[i - 1]) }`. After:
//! a map of one run at most, in which the answer is yes, and one of the other runs, in which it is no: their
//! index is at least 1, so that the place before is there, and they go side by side in vectors. Why here: after
//! the last `simplify`, for no pass may move what the other runs read out of their map. Sums stay as they are:
//! theirs would be added in another order.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::bodies::rewrite_each;
use super::rewrite::{Found, Made, Rewriter, Rule};
use super::simplify::effects::Effects;
use super::state::{PassError, State};
use dfn_ir::function::{Block, Function, InstData, Value};
use dfn_ir::ops::{Concat, Kernel, Map, Min};
use dfn_ir::scalar::{Compare, Scalar};
use dfn_ir::{Module, Op, Parts, Size, TypeError};
use std::collections::HashSet;

/// Runs the pass.
pub(crate) fn peel(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    let effects = Effects::of(module);
    let rule = || Peel {
        now: None,
        changed: false,
    };
    rewrite_each(module, &effects, rule, |rule| rule.changed)?;
    Ok(())
}

/// A map that is taken in two.
#[derive(Clone, Copy)]
struct Now {
    /// Its index in the source.
    index: Value,
    /// Whether a run is the first.
    condition: Value,
    /// Which runs are copied.
    first: bool,
}

struct Peel {
    now: Option<Now>,
    changed: bool,
}

impl Rule for Peel {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        if let Some(now) = self.now {
            return self.inside(cx, site, now);
        }
        let Some((condition, op)) = asked(site.source, site.data) else {
            return Ok(Made::Copy);
        };
        self.changed = true;
        self.in_two(cx, site, condition, op).map(Made::Values)
    }
}

impl Peel {
    /// An instruction of the region of a map that is taken in two.
    fn inside(&mut self, cx: &mut Rewriter, site: &Found<'_>, now: Now) -> Result<Made, TypeError> {
        let (func, data) = (site.source, site.data);
        match (&data.op, data.blocks.as_slice()) {
            (Op::If(_), [then, otherwise]) if data.args.first() == Some(&now.condition) => {
                let arm = if now.first { then } else { otherwise };
                cx.region(func, arm, &[], self).map(Made::Values)
            }
            (Op::Check(_), _) if !now.first && is_passed(func, data, now.index) => {
                Ok(Made::Values(Vec::new()))
            }
            _ => Ok(Made::Copy),
        }
    }

    /// The results of both maps.
    fn in_two(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        condition: Value,
        op: &Map,
    ) -> Result<Vec<Value>, TypeError> {
        let n = site.sizes.first().cloned().unwrap_or_default();
        let depth = n.values().map(|v| cx.b.depth(v)).max().unwrap_or(0);
        let one = cx.b.in_block(depth, |b| {
            let (n, one) = (b.size(&n)?, b.constant(Scalar::I64(1))?);
            b.op(Min, &[n, one])
        })?;
        let one = Size::value(one);
        let rest = n.checked_sub(&one);
        let rest = rest.ok_or_else(|| TypeError::new("the size overflows"))?;
        let index = site.data.blocks[0].params[0];
        let mut now = Now {
            index,
            condition,
            first: true,
        };
        let first = self.part(
            cx,
            site,
            op,
            now,
            (one.clone(), Size::default()),
            &site.args,
        )?;
        now.first = false;
        let rest = self.part(cx, site, op, now, (rest, one), &first[op.yields..])?;
        let mut results = Vec::new();
        for (&a, &b) in first.iter().zip(&rest).take(op.yields) {
            results.push(cx.b.op(Concat { axis: 0 }, &[a, b])?);
        }
        results.extend(rest.iter().skip(op.yields));
        Ok(results)
    }

    /// A map of some runs: how many, and how many are before.
    fn part(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        op: &Map,
        now: Now,
        (count, before): (Size, Size),
        accs: &[Value],
    ) -> Result<Vec<Value>, TypeError> {
        let block = &site.data.blocks[0];
        cx.b.open();
        let index = cx.b.param(site.source.ty(now.index).clone(), None);
        let place = Size::value(index).checked_add(&before);
        let place = place.ok_or_else(|| TypeError::new("the size overflows"))?;
        let mut params = vec![if now.first { index } else { cx.b.size(&place)? }];
        for &acc in accs {
            let ty = cx.b.ty(acc).clone();
            params.push(cx.b.param(ty, None));
        }
        self.now = Some(now);
        let results = cx.region(site.source, block, &params, self);
        self.now = None;
        let block = cx.b.close(results?);
        let parts = Parts {
            args: accs.iter().copied().collect(),
            sizes: [count].into_iter().collect(),
            blocks: vec![block],
            ..Parts::default()
        };
        let inst = cx.b.emit(op.clone(), parts)?;
        Ok(cx.b.results(inst).to_vec())
    }
}

/// The question whether a run is the first, if the map asks it and is straight code otherwise, whose other runs
/// read at places of their own only.
fn asked<'a>(func: &Function, data: &'a InstData) -> Option<(Value, &'a Map)> {
    let (Op::Map(op), [block]) = (&data.op, data.blocks.as_slice()) else {
        return None;
    };
    let &index = block.params.first().filter(|_| data.sizes.len() == 1)?;
    let known = data.sizes[0].as_constant().is_some();
    if op.sums > 0 || known {
        return None;
    }
    let insts = || block.insts.iter().map(|&inst| &func.insts[inst]);
    let condition = insts().find_map(|inner| is_first(func, inner, index))?;
    let mut asks = false;
    let mut moving: HashSet<Value> = [index].into_iter().collect();
    for inner in insts() {
        let arms = inner.blocks.as_slice();
        if let (Op::If(_), [then, otherwise]) = (&inner.op, arms) {
            let straight = |arm: &Block| arm.insts.iter().all(|&i| is_plain(&func.insts[i]));
            let fits = inner.args.first() == Some(&condition);
            if !fits || !straight(then) || !moves(func, otherwise, &mut moving) {
                return None;
            }
            asks = true;
            moving.extend(&inner.results);
        } else if !is_plain(inner) || !moves_along(inner, &mut moving) {
            return None;
        }
    }
    asks.then_some((condition, op))
}

/// The result of `data`, if it says whether `index` is 0.
fn is_first(func: &Function, data: &InstData, index: Value) -> Option<Value> {
    let zero = |v: Value| constant(func, v) == Some(Scalar::I64(0));
    let (Op::CompareOp(op), &[a, b]) = (&data.op, data.args.as_slice()) else {
        return None;
    };
    let fits = op.how == Compare::Eq && (a == index && zero(b) || b == index && zero(a));
    data.results.first().copied().filter(|_| fits)
}

/// Whether an instruction is arithmetic on numbers, a read, a check or an addition to an accumulator.
fn is_plain(data: &InstData) -> bool {
    let light = match data.op.kernel() {
        Some(kernel) => !matches!(kernel, Kernel::Elementary(_)),
        None => matches!(
            data.op,
            Op::Index(_) | Op::Const(_) | Op::SizeOf(_) | Op::Check(_) | Op::AccAdd(_)
        ),
    };
    light && data.blocks.is_empty()
}

fn moves(func: &Function, block: &Block, moving: &mut HashSet<Value>) -> bool {
    let mut insts = block.insts.iter().map(|&inst| &func.insts[inst]);
    insts.all(|inner| is_plain(inner) && moves_along(inner, moving))
}

/// Whether what is read depends on the run.
fn moves_along(data: &InstData, moving: &mut HashSet<Value>) -> bool {
    let sizes = data.sizes.iter().flat_map(Size::values);
    let moves = data
        .args
        .iter()
        .copied()
        .chain(sizes)
        .any(|v| moving.contains(&v));
    if moves {
        moving.extend(&data.results);
    }
    moves || !matches!(data.op, Op::Index(_))
}

/// Whether a check says that the index, or the place before it, is not negative: so it is but for the first run.
fn is_passed(func: &Function, check: &InstData, index: Value) -> bool {
    let defined = |v: Value| func.insts.values().find(|data| data.results.contains(&v));
    let compare = check.args.first().and_then(|&v| defined(v));
    let Some((Op::CompareOp(op), &[low, place])) =
        compare.map(|data| (&data.op, data.args.as_slice()))
    else {
        return false;
    };
    let size = defined(place).and_then(InstData::known_size);
    let before = size.and_then(|size| size.checked_sub(&Size::value(index)));
    let shift = before.and_then(|size| size.as_constant());
    let zero = constant(func, low) == Some(Scalar::I64(0));
    op.how == Compare::Le && zero && shift.is_some_and(|k| k >= -1)
}

/// The number that a value is, if it is a constant.
fn constant(func: &Function, value: Value) -> Option<Scalar> {
    let data = func
        .insts
        .values()
        .find(|data| data.results.contains(&value))?;
    match &data.op {
        Op::Const(op) => Some(op.value),
        _ => None,
    }
}
