//! Which values a region takes from outside, and which values are linear.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::flow::Flow;
use crate::function::{Block, Function, InstData, Value};
use crate::size::Size;
use crate::ty::Type;
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

/// All values that an instruction needs: operands, sizes, what its regions take, and what its result
/// types mention that is not a result itself.
pub fn needs(func: &Function, data: &InstData) -> Vec<Value> {
    let mut used = free_values(func, &data.blocks);
    used.extend(&data.args);
    used.extend(data.sizes.iter().flat_map(Size::values));
    let types = data.results.iter().map(|&v| func.ty(v));
    used.extend(types.flat_map(Type::values));
    used.retain(|v| !data.results.contains(v));
    used
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
///
/// An instruction with regions counts as a whole: if one of its results is linear, all that have a
/// tangent are, and its accumulators. In a linear function these are tangents that happen to be zero.
pub fn linear_values(func: &Function) -> HashSet<Value> {
    let mut mark = Mark {
        func,
        whole_instructions: true,
        marked: func.linear_params().iter().copied().collect(),
    };
    mark.block(&func.body);
    mark.marked
}

/// `seeds`, and all differentiable values in `block` that depend on one of them.
pub fn dependent_values(func: &Function, block: &Block, seeds: HashSet<Value>) -> HashSet<Value> {
    let mut mark = Mark {
        func,
        whole_instructions: false,
        marked: seeds,
    };
    mark.block(block);
    mark.marked
}

struct Mark<'a> {
    func: &'a Function,
    whole_instructions: bool,
    marked: HashSet<Value>,
}

impl Mark<'_> {
    fn block(&mut self, block: &Block) {
        for &inst in &block.insts {
            let data = &self.func.insts[inst];
            match data.blocks.is_empty() {
                true if data.op.is_locally_constant() => {}
                true if data.args.iter().any(|v| self.marked.contains(v)) => {
                    data.results.iter().for_each(|&v| self.insert(v));
                }
                true => {}
                false => self.region(data),
            }
        }
    }

    fn insert(&mut self, value: Value) {
        if self.func.ty(value).is_differentiable() {
            self.marked.insert(value);
        }
    }

    /// Marks the parameters of regions that carry a marked operand, what depends on them inside, what
    /// is fed back, until nothing changes; then the results.
    fn region(&mut self, data: &InstData) {
        let flow = Flow::of(data);
        loop {
            let before = self.marked.len();
            for &(from, to) in flow.inward.iter().chain(&flow.back) {
                if self.marked.contains(&from) {
                    self.marked.insert(to);
                }
            }
            data.blocks.iter().for_each(|block| self.block(block));
            let touched = flow.outward.iter().any(|(v, _)| self.marked.contains(v));
            if touched && self.whole_instructions {
                flow.inward.iter().for_each(|&(_, to)| self.insert(to));
            }
            if self.marked.len() == before {
                break;
            }
        }
        let touched = flow.outward.iter().any(|(v, _)| self.marked.contains(v));
        for &(from, to) in &flow.outward {
            if self.marked.contains(&from) || touched && self.whole_instructions {
                self.insert(to);
            }
        }
    }
}
