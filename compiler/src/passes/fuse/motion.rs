//! Bringing two instructions of a block together: what stands between them goes before or after.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Effects;
use dfn_ir::derive::needs;
use dfn_ir::function::{Block, Function, Inst, Value};
use std::collections::HashSet;

/// What stood between two instructions that were brought together.
pub(super) struct Order {
    /// To be put before both.
    pub(super) before: Vec<Inst>,
    /// To be put after both.
    pub(super) after: Vec<Inst>,
}

/// How the instructions at `first` and `second`, the latter without effects, can stand next to each
/// other; `None` if they cannot.
///
/// Effects keep their order, and what reads memory does not move before a check that may guard it.
pub(super) fn meet(
    func: &Function,
    effects: &Effects,
    block: &Block,
    first: usize,
    second: usize,
) -> Option<Order> {
    let between = &block.insts[first + 1..second];
    let pure = |inst: &Inst| effects.is_pure(func, &func.insts[*inst]);
    let users = users(func, block, first, between);
    let sources = sources(func, block, second, between);
    if users.intersection(&sources).next().is_some() {
        return None;
    }
    let all_pure = between.iter().all(pure);
    // The first goes down to the second, and what uses it goes further.
    let down = pure(&block.insts[first]) && users.iter().all(pure);
    // Or the second goes up to the first, with what it needs.
    let goes_before = |inst: &Inst| match (down, all_pure) {
        (true, _) => Some(!users.contains(inst)),
        (false, true) => Some(sources.contains(inst)),
        (false, false) => None,
    };
    let mut order = Order {
        before: Vec::new(),
        after: Vec::new(),
    };
    for inst in between {
        match goes_before(inst)? {
            true => order.before.push(*inst),
            false => order.after.push(*inst),
        }
    }
    Some(order)
}

/// What depends on the first.
fn users(func: &Function, block: &Block, first: usize, between: &[Inst]) -> HashSet<Inst> {
    let mut made: HashSet<Value> = func.insts[block.insts[first]]
        .results
        .iter()
        .copied()
        .collect();
    let mut users = HashSet::new();
    for &inst in between {
        let data = &func.insts[inst];
        if needs(func, data).iter().any(|v| made.contains(v)) {
            made.extend(&data.results);
            users.insert(inst);
        }
    }
    users
}

/// What the second depends on.
fn sources(func: &Function, block: &Block, second: usize, between: &[Inst]) -> HashSet<Inst> {
    let mut needed: HashSet<Value> = needs(func, &func.insts[block.insts[second]])
        .into_iter()
        .collect();
    let mut sources = HashSet::new();
    for &inst in between.iter().rev() {
        let data = &func.insts[inst];
        if data.results.iter().any(|v| needed.contains(v)) {
            needed.extend(needs(func, data));
            sources.insert(inst);
        }
    }
    sources
}
