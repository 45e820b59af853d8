//! Invariants: calls and regions that compute the same in every run of a loop are moved before it.
//!
//! Single operations find the outermost block that they can stand in when they are rewritten; what owns
//! regions, and calls, are moved here. What may read memory stays behind the checks before it.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::effects::Effects;
use crate::passes::hash::FxHashSet;
use dfn_ir::Op;
use dfn_ir::derive::{free_values, needs};
use dfn_ir::function::{Block, Function, Inst, InstData, Value};

/// Moves what it can out of the loops of `func`.
pub(super) fn invariants(func: &mut Function, effects: &Effects) {
    let mut body = std::mem::take(&mut func.body);
    block(func, effects, &mut body);
    func.body = body;
}

fn block(func: &mut Function, effects: &Effects, outer: &mut Block) {
    let mut insts = Vec::with_capacity(outer.insts.len());
    for inst in std::mem::take(&mut outer.insts) {
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        for inner in &mut blocks {
            block(func, effects, inner);
        }
        if matches!(func.insts[inst].op, Op::Map(_) | Op::For(_) | Op::While(_)) {
            for inner in &mut blocks {
                insts.extend(take_invariants(func, effects, inner));
            }
        }
        func.insts[inst].blocks = blocks;
        insts.push(inst);
    }
    outer.insts = insts;
}

/// Removes from the region of a loop what does not depend on the run.
fn take_invariants(func: &Function, effects: &Effects, region: &mut Block) -> Vec<Inst> {
    let mut local: FxHashSet<Value> = region.params.iter().copied().collect();
    let mut checked = false;
    let mut taken = Vec::new();
    region.insts.retain(|&inst| {
        let data = &func.insts[inst];
        let heavy = !data.blocks.is_empty() || matches!(data.op, Op::Call(_));
        let moves = heavy
            && !checked
            && effects.is_pure(func, data)
            && needs(func, data).iter().all(|v| !local.contains(v))
            && !has_accumulators(func, data);
        if moves {
            taken.push(inst);
            return false;
        }
        checked |= !effects.is_pure(func, data);
        local.extend(&data.results);
        true
    });
    taken
}

/// Whether an accumulator goes in or comes out: these are used once, where they stand.
fn has_accumulators(func: &Function, data: &InstData) -> bool {
    let free = free_values(func, &data.blocks);
    let mut values = data.args.iter().chain(&data.results).chain(&free);
    values.any(|&v| func.ty(v).is_accumulator())
}
