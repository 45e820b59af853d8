//! The pass `fuse`: a map whose result another map of the same extents reads at its own index is run
//! together with it; so are loops.
//!
//! Before: a derivative stacks what its forward part saves for each run, and its reverse part reads it
//! back. After: one map computes both, and what is handed over stays with the run. Why here: after
//! differentiation, when regions are final; before `order`, which does not look at regions. Every sum
//! keeps its order, since both maps run their indices in the same one.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

mod absorb;
mod loops;
mod merge;
mod motion;

use super::bodies::each_body;
use super::simplify::effects::Effects;
use super::state::{PassError, State};
use dfn_ir::derive::needs;
use dfn_ir::function::{Block, Function, InstData, Value};
use dfn_ir::{Module, Op};
use std::collections::HashMap;

/// Runs the pass.
pub(crate) fn fuse(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    each_body(module, block);
    Ok(())
}

/// Fuses the maps of a block, then those in the regions of what is there.
fn block(func: &mut Function, effects: &Effects, block: &mut Block) {
    let mut at = 0;
    while at < block.insts.len() {
        absorb::absorb(func, block, at);
        match candidates(func, block, at)
            .into_iter()
            .find_map(|first| pair(func, effects, block, first, at))
        {
            // The fused map stands where it is looked at again: it may fuse with another one.
            Some(position) => at = position,
            None => at += 1,
        }
    }
    for &inst in &block.insts {
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        for inner in &mut blocks {
            self::block(func, effects, inner);
        }
        func.insts[inst].blocks = blocks;
    }
}

/// The positions of the maps whose results the map at `at` reads and whose extents it shares, the last
/// one first.
fn candidates(func: &Function, block: &Block, at: usize) -> Vec<usize> {
    let data = &func.insts[block.insts[at]];
    if !matches!(data.op, Op::Map(_) | Op::For(_)) {
        return Vec::new();
    }
    let places: HashMap<Value, usize> = (block.insts[..at].iter().enumerate())
        .filter(|(_, inst)| is_like(&func.insts[**inst], data))
        .flat_map(|(k, inst)| func.insts[*inst].results.iter().map(move |&v| (v, k)))
        .collect();
    if places.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<usize> = needs(func, data)
        .iter()
        .filter_map(|v| places.get(v).copied())
        .collect();
    found.sort_unstable();
    found.dedup();
    found.reverse();
    found
}

fn is_like(first: &InstData, second: &InstData) -> bool {
    let maps = matches!((&first.op, &second.op), (Op::Map(_), Op::Map(_)));
    maps && first.sizes == second.sizes || loops::are_alike(first, second)
}

/// Fuses the maps at two positions, if that is right; the position of the fused one.
fn pair(
    func: &mut Function,
    effects: &Effects,
    block: &mut Block,
    first: usize,
    second: usize,
) -> Option<usize> {
    let (one, two) = (block.insts[first], block.insts[second]);
    let is_loop = matches!(func.insts[two].op, Op::For(_));
    let fits = match is_loop {
        true => loops::reads_own_index(func, one, two),
        false => merge::reads_own_index(func, one, two),
    };
    if !fits || !effects.is_pure(func, &func.insts[two]) {
        return None;
    }
    let order = motion::meet(func, effects, block, first, second)?;
    let fused = match is_loop {
        true => loops::merge(func, one, two),
        false => merge::merge(func, one, two),
    };
    let position = order.before.len();
    let tail = block.insts.split_off(second + 1);
    block.insts.truncate(first);
    block.insts.extend(order.before);
    block.insts.push(fused);
    block.insts.extend(order.after);
    block.insts.extend(tail);
    Some(first + position)
}
