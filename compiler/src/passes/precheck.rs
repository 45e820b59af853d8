//! The pass `precheck`: checks in the runs of a map are made by a map before it.
//!
//! Before: a map reads at places that its runs check, such as the rows that an array of integers names, and
//! runs one by one for that. After: a first map finds the places of all runs and checks them, in the same
//! order; a second one has no checks, so its runs go side by side in vectors. Why here: last, for no pass may
//! move what the second map reads out of it: where it has no runs, the first checks nothing.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::bodies::rewrite_each;
use super::rewrite::{Found, Made, Rewriter, Rule};
use super::simplify::effects::Effects;
use super::state::{PassError, State};
use dfn_ir::derive::needs;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::op::Effect;
use dfn_ir::ops::{Kernel, Map};
use dfn_ir::{Module, Op, Parts, TypeError};
use std::collections::HashSet;

/// How many times more code than its checks a map is that is taken in two.
const SHARE: usize = 2;

/// Runs the pass.
pub(crate) fn precheck(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    let effects = Effects::of(module);
    let rule = || Precheck {
        effects: &effects,
        without: false,
        changed: false,
    };
    rewrite_each(module, &effects, rule, |rule| rule.changed)?;
    Ok(())
}

struct Precheck<'a> {
    effects: &'a Effects,
    /// Whether the region that is copied loses its checks.
    without: bool,
    changed: bool,
}

impl Rule for Precheck<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        if self.without && matches!(site.data.op, Op::Check(_)) {
            return Ok(Made::Values(Vec::new()));
        }
        if let Some(checks) = checks(site.source, self.effects, site.data) {
            self.check_first(cx, site, &checks)?;
            self.changed = true;
            self.without = true;
        }
        Ok(Made::Copy)
    }

    fn leave(&mut self) {
        self.without = false;
    }
}

impl Precheck<'_> {
    /// The map that runs the checks alone.
    fn check_first(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        checks: &Block,
    ) -> Result<(), TypeError> {
        cx.b.open();
        let mut params = Vec::new();
        for &old in &checks.params {
            let ty = site.source.ty(old).clone();
            params.push(cx.b.param(ty, site.source.values[old].name.clone()));
        }
        cx.region(site.source, checks, &params, self)?;
        let block = cx.b.close(Vec::new());
        let op = Map {
            yields: 0,
            sums: 0,
            accs: 0,
        };
        let parts = Parts {
            sizes: site.sizes.clone(),
            blocks: vec![block],
            ..Parts::default()
        };
        cx.b.emit(op, parts).map(|_| ())
    }
}

/// The checks in the region of a map with what they need, if there are several and these are a small part of
/// it, and the rest is straight code that stays in place without them.
fn checks(func: &Function, effects: &Effects, data: &InstData) -> Option<Block> {
    let (Op::Map(_), [block]) = (&data.op, data.blocks.as_slice()) else {
        return None;
    };
    let insts = block.insts.iter().map(|&inst| &func.insts[inst]);
    let straight = insts.clone().all(|inner| {
        inner.blocks.is_empty()
            && !matches!(inner.op, Op::Call(_))
            && effects.of_op(&inner.op) != Effect::Output
    });
    let count = insts
        .filter(|inner| matches!(inner.op, Op::Check(_)))
        .count();
    if !straight || count < 2 || !reads_move_along(func, data, block) {
        return None;
    }
    let needed = needed(func, block)?;
    let rest = block.insts.len() - needed.len();
    let indices = block.params.iter().take(data.sizes.len());
    (rest >= SHARE * needed.len()).then(|| Block {
        params: indices.copied().collect(),
        insts: needed,
        results: Vec::new(),
    })
}

/// The checks of a block and what they need, if that is read or computed quickly.
fn needed(func: &Function, block: &Block) -> Option<Vec<Inst>> {
    let mut values: HashSet<Value> = HashSet::new();
    let mut found = Vec::new();
    for &inst in block.insts.iter().rev() {
        let data = &func.insts[inst];
        let is_check = matches!(data.op, Op::Check(_));
        if !is_check && !data.results.iter().any(|v| values.contains(v)) {
            continue;
        }
        let quick = match data.op.kernel() {
            Some(Kernel::Elementary(_)) => false,
            Some(_) => data.results.iter().all(|&v| func.ty(v).is_scalar()),
            None => is_check || matches!(data.op, Op::Index(_) | Op::Const(_) | Op::SizeOf(_)),
        };
        if !quick {
            return None;
        }
        values.extend(needs(func, data));
        found.push(inst);
    }
    found.reverse();
    Some(found)
}

/// Whether all that the region reads depends on the run, and so cannot be read where there is none.
fn reads_move_along(func: &Function, data: &InstData, block: &Block) -> bool {
    let mut moving: HashSet<Value> = block
        .params
        .iter()
        .take(data.sizes.len())
        .copied()
        .collect();
    block.insts.iter().all(|&inst| {
        let inner = &func.insts[inst];
        let moves = inner.args.iter().any(|v| moving.contains(v));
        if moves {
            moving.extend(&inner.results);
        }
        moves || !matches!(inner.op, Op::Index(_) | Op::Slice(_) | Op::Window(_))
    })
}
