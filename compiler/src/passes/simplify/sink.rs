//! Sinking: what alone uses an array that a branch gives, and makes less of it, is done in the arms.
//!
//! A sum of what the arms compute is then next to what it sums, where it can be made in one loop with it; and
//! accumulators that the arms begin and that are read at once after the branch are values.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::arms::{Counts, with_branches};
use crate::passes::hash::FxHashMap;
use dfn_ir::Op;
use dfn_ir::function::{Block, Function, Inst, Value};

/// Moves what it can of `func`.
pub(super) fn sink(func: &mut Function) {
    let Some((mut body, uses)) = with_branches(func) else {
        return;
    };
    let mut defined: FxHashMap<Value, Inst> = FxHashMap::default();
    func.walk(&body, &mut |inst, data| {
        defined.extend(data.results.iter().map(|&v| (v, inst)));
    });
    Sink {
        func,
        uses,
        defined,
    }
    .block(&mut body);
    func.body = body;
}

struct Sink<'a> {
    func: &'a mut Function,
    uses: Counts,
    defined: FxHashMap<Value, Inst>,
}

impl Sink<'_> {
    fn block(&mut self, block: &mut Block) {
        let mut insts: Vec<Inst> = Vec::with_capacity(block.insts.len());
        // The branches of this block, by what they give.
        let mut branches: FxHashMap<Value, Inst> = FxHashMap::default();
        for inst in std::mem::take(&mut block.insts) {
            let data = &self.func.insts[inst];
            if let &[arg] = data.args.as_slice()
                && let Some(&branch) = branches.get(&arg)
                && self.may_sink(inst, branch, arg)
            {
                let result = self.copy_to_arms(inst, branch, arg);
                branches.extend(result.map(|result| (result, branch)));
                continue;
            }
            let mut blocks = std::mem::take(&mut self.func.insts[inst].blocks);
            blocks.iter_mut().for_each(|inner| self.block(inner));
            self.func.insts[inst].blocks = blocks;
            let data = &self.func.insts[inst];
            if matches!(data.op, Op::If(_)) {
                branches.extend(data.results.iter().map(|&v| (v, inst)));
            }
            insts.push(inst);
        }
        block.insts = insts;
    }

    /// Whether `inst` alone uses the result `arg` of a branch, makes less of it, and both arms compute that.
    fn may_sink(&self, inst: Inst, branch: Inst, arg: Value) -> bool {
        let data = &self.func.insts[inst];
        let kind = match data.op {
            Op::AccRead(_) | Op::Reduce(_) => data.results.len() == 1,
            _ => false,
        };
        let Some(at) = self.position(branch, arg) else {
            return false;
        };
        kind && self.uses.get(&arg) == Some(&1)
            && self.func.insts[branch].blocks.iter().all(|arm| {
                let made = arm.results.get(at).and_then(|v| self.defined.get(v));
                made.is_some_and(|made| {
                    let begun = matches!(self.func.insts[*made].op, Op::AccNew(_));
                    arm.insts.contains(made) && (begun || !matches!(data.op, Op::AccRead(_)))
                })
            })
    }

    fn position(&self, branch: Inst, result: Value) -> Option<usize> {
        let results = &self.func.insts[branch].results;
        results.iter().position(|&v| v == result)
    }

    /// Copies `inst` to the end of both arms; the branch gives what it gave.
    fn copy_to_arms(&mut self, inst: Inst, branch: Inst, arg: Value) -> Option<Value> {
        let data = self.func.insts[inst].clone();
        let (at, result) = (self.position(branch, arg)?, *data.results.first()?);
        let mut blocks = std::mem::take(&mut self.func.insts[branch].blocks);
        for arm in &mut blocks {
            let Some(given) = arm.results.get_mut(at) else {
                continue;
            };
            let mut copy = data.clone();
            let value = self.func.value(self.func.ty(result).clone(), None);
            copy.args = [*given].into_iter().collect();
            copy.results = [value].into_iter().collect();
            let copy = self.func.insts.push(copy);
            self.defined.insert(value, copy);
            arm.insts.push(copy);
            *given = value;
        }
        let branch = &mut self.func.insts[branch];
        branch.blocks = blocks;
        *branch.results.get_mut(at)? = result;
        Some(result)
    }
}
