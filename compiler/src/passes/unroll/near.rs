//! Which elementwise operations stay operations on arrays: those around an elementary function.
//!
//! An elementary function of a few numbers runs in vectors. What is computed from its results, or for its
//! operands, one number at a time would be taken out of these vectors and put back again.

use super::{COMPUTED, count, is_small};
use dfn_ir::Op;
use dfn_ir::function::{Block, Function, InstData, Value};
use dfn_ir::ops::Kernel;
use std::collections::{HashMap, HashSet};

/// Elementwise operations outside of maps, in groups of which each is joined by operands.
#[derive(Default)]
struct Groups {
    /// The group that a value was put into, directly or not: a value of that group.
    parent: HashMap<Value, Value>,
    /// Values that elementary functions give.
    heavy: Vec<Value>,
    /// Scalars that were made arrays, with what uses them.
    spread: HashMap<Value, Vec<Value>>,
}

/// The results that stay arrays.
pub(super) fn near(func: &Function) -> HashSet<Value> {
    let mut groups = Groups::default();
    groups.block(func, &func.body);
    let heavy: HashSet<Value> = groups.heavy.iter().map(|&v| groups.root(v)).collect();
    let mut kept: HashSet<Value> = groups.parent.keys().copied().collect();
    kept.retain(|&v| heavy.contains(&groups.root(v)));
    let used = |uses: &Vec<Value>| !uses.is_empty() && uses.iter().all(|v| kept.contains(v));
    let spread = groups.spread.iter().filter(|(_, uses)| used(uses));
    let spread: Vec<Value> = spread.map(|(&v, _)| v).collect();
    kept.extend(spread);
    kept
}

impl Groups {
    fn block(&mut self, func: &Function, block: &Block) {
        for &inst in &block.insts {
            let Some(data) = func.insts.get(inst) else {
                continue;
            };
            self.inst(func, data);
            if !matches!(data.op, Op::Map(_)) {
                for inner in &data.blocks {
                    self.block(func, inner);
                }
            }
        }
    }

    fn inst(&mut self, func: &Function, data: &InstData) {
        let &[result] = data.results.as_slice() else {
            return;
        };
        let ty = func.ty(result);
        if !is_small(ty) || !count(ty).is_some_and(|n| (2..=COMPUTED).contains(&n)) {
            return;
        }
        let scalar = |v: &Value| func.ty(*v).rank() == 0;
        if matches!(data.op, Op::Broadcast(_)) && data.args.iter().all(scalar) {
            self.spread.insert(result, Vec::new());
        }
        let Some(kernel) = data.op.kernel() else {
            return;
        };
        self.parent.insert(result, result);
        if matches!(kernel, Kernel::Elementary(_)) {
            self.heavy.push(result);
        }
        for &arg in &data.args {
            if let Some(uses) = self.spread.get_mut(&arg) {
                uses.push(result);
            }
            if self.parent.contains_key(&arg) {
                let (from, to) = (self.root(arg), self.root(result));
                self.parent.insert(from, to);
            }
        }
    }

    fn root(&self, mut value: Value) -> Value {
        while let Some(&next) = self.parent.get(&value)
            && next != value
        {
            value = next;
        }
        value
    }
}
