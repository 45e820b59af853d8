//! Which values a region takes from outside, and which values are linear.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::flow::Flow;
use crate::function::{Block, Function, InstData, Value};
use std::collections::HashSet;

/// The values that `blocks` use and do not define, in order of first use. Values in types count.
pub fn free_values(func: &Function, blocks: &[Block]) -> Vec<Value> {
    let mut walk = Walk {
        func,
        defined: HashSet::new(),
        seen: HashSet::new(),
        free: Vec::new(),
    };
    blocks.iter().for_each(|block| walk.block(block));
    walk.free
}

struct Walk<'a> {
    func: &'a Function,
    defined: HashSet<Value>,
    seen: HashSet<Value>,
    free: Vec<Value>,
}

impl Walk<'_> {
    fn block(&mut self, block: &Block) {
        self.defined.extend(&block.params);
        for &param in &block.params {
            self.uses_of_type(param);
        }
        for &inst in &block.insts {
            let data = &self.func.insts[inst];
            data.args.iter().for_each(|&v| self.uses(v));
            data.sizes
                .iter()
                .for_each(|size| size.values().for_each(|v| self.uses(v)));
            data.blocks.iter().for_each(|inner| self.block(inner));
            self.defined.extend(&data.results);
            data.results.iter().for_each(|&v| self.uses_of_type(v));
        }
        block.results.iter().for_each(|&v| self.uses(v));
    }

    fn uses_of_type(&mut self, value: Value) {
        let func = self.func;
        func.ty(value).values().for_each(|v| self.uses(v));
    }

    fn uses(&mut self, value: Value) {
        if !self.defined.contains(&value) && self.seen.insert(value) {
            self.free.push(value);
        }
    }
}

/// All values of `func` that depend on a linear parameter, those in regions included.
pub fn linear_values(func: &Function) -> HashSet<Value> {
    let seeds = func.linear_params().iter().copied().collect();
    dependent_values(func, &func.body, seeds)
}

/// `seeds`, and all differentiable values in `block` that depend on one of them.
pub fn dependent_values(
    func: &Function,
    block: &Block,
    mut seeds: HashSet<Value>,
) -> HashSet<Value> {
    mark_block(func, block, &mut seeds);
    seeds
}

fn mark_block(func: &Function, block: &Block, marked: &mut HashSet<Value>) {
    for &inst in &block.insts {
        let data = &func.insts[inst];
        match data.blocks.is_empty() {
            true if data.op.is_locally_constant() => {}
            true if data.args.iter().any(|v| marked.contains(v)) => {
                marked.extend(differentiable(func, &data.results));
            }
            true => {}
            false => mark_region(func, data, marked),
        }
    }
}

fn differentiable<'a>(func: &'a Function, values: &'a [Value]) -> impl Iterator<Item = Value> + 'a {
    values
        .iter()
        .copied()
        .filter(|&v| func.ty(v).is_differentiable())
}

/// Marks the parameters of regions that carry a marked operand, what depends on them inside, what is
/// fed back, until nothing changes; then the results.
fn mark_region(func: &Function, data: &InstData, marked: &mut HashSet<Value>) {
    let flow = Flow::of(data);
    loop {
        let before = marked.len();
        for &(from, to) in flow.inward.iter().chain(&flow.back) {
            if marked.contains(&from) {
                marked.insert(to);
            }
        }
        data.blocks
            .iter()
            .for_each(|block| mark_block(func, block, marked));
        if marked.len() == before {
            break;
        }
    }
    for &(from, to) in &flow.outward {
        if marked.contains(&from) {
            marked.extend(differentiable(func, &[to]));
        }
    }
}
