//! Branches on one condition that stand one after the other are one branch.
//!
//! So the derivative of a derivative, which chooses as its function did, asks once, and what one branch gives only
//! to the same arm of the next is no result: an array of zeros from the other arm is never made.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::arms::{Counts, count_block, count_inst, with_branches};
use super::effects::Effects;
use dfn_ir::derive::rename_block;
use dfn_ir::function::{Block, Function, Inst, Value};
use dfn_ir::{Op, Size, Type};
use std::collections::HashMap;

/// Joins what it can in `func`. What a branch gives is linear or not as a whole, so the branches of a linear
/// function stay apart until it is part of others.
pub(super) fn alike(func: &mut Function, effects: &Effects) {
    if func.linear > 0 {
        return;
    }
    if let Some((mut body, counts)) = with_branches(func) {
        Alike {
            func,
            effects,
            counts,
        }
        .block(&mut body);
        func.body = body;
    }
}

struct Alike<'a> {
    func: &'a mut Function,
    effects: &'a Effects,
    /// The uses of each value in the whole function.
    counts: Counts,
}

impl Alike<'_> {
    fn block(&mut self, block: &mut Block) {
        // Inner blocks first: a join hands values of theirs on, whose uses are not counted again.
        for &inst in &block.insts {
            let mut blocks = std::mem::take(&mut self.func.insts[inst].blocks);
            blocks.iter_mut().for_each(|inner| self.block(inner));
            self.func.insts[inst].blocks = blocks;
        }
        let mut insts: Vec<Inst> = Vec::with_capacity(block.insts.len());
        // The last branch, while it can be moved to where the next instruction is.
        let mut last: Option<Inst> = None;
        for inst in std::mem::take(&mut block.insts) {
            if !matches!(self.func.insts[inst].op, Op::If(_)) {
                last = last.filter(|&first| self.passes(first, inst));
            } else {
                if let Some(first) = last.filter(|&first| self.same(first, inst)) {
                    self.join(first, inst);
                    insts.retain(|&other| other != first);
                }
                last = Some(inst);
            }
            insts.push(inst);
        }
        block.insts = insts;
    }

    /// Whether the branch `first` can be moved behind `inst`, which is none.
    fn passes(&self, first: Inst, inst: Inst) -> bool {
        let data = &self.func.insts[inst];
        let results = &self.func.insts[first].results;
        let mut used = Counts::default();
        count_inst(self.func, inst, 1, &mut used);
        self.effects.is_pure(self.func, data) && !results.iter().any(|v| used.contains_key(v))
    }

    /// Whether two branches have one condition, and the types of the second do not depend on the first.
    fn same(&self, first: Inst, second: Inst) -> bool {
        let [one, two] = [first, second].map(|inst| &self.func.insts[inst]);
        let types = two.results.iter().map(|&v| self.func.ty(v));
        let sizes = two.sizes.iter().flat_map(Size::values);
        let mut named = types.flat_map(Type::values).chain(sizes);
        let plain = one.args.len() == 1 && !one.results.contains(&two.args[0]);
        plain && one.args == two.args && !named.any(|v| one.results.contains(&v))
    }

    /// Makes the branch `second` do what `first` does before it. Results of `first` that only `second` uses are no
    /// results any more.
    fn join(&mut self, first: Inst, second: Inst) {
        let before = self.func.insts[first].clone();
        let arms = std::mem::take(&mut self.func.insts[second].blocks);
        let mut inside = Counts::default();
        for arm in &arms {
            count_block(self.func, arm, 1, &mut inside);
        }
        let count = |counts: &Counts, v: &Value| counts.get(v).copied().unwrap_or(0);
        let outside = |v: &Value| count(&self.counts, v) > count(&inside, v);
        let kept: Vec<bool> = before.results.iter().map(outside).collect();
        let keep = |values: &[Value]| -> Vec<Value> {
            let kept = values.iter().zip(&kept).filter(|(_, keep)| **keep);
            kept.map(|(&v, _)| v).collect()
        };
        let mut blocks = Vec::new();
        for (mut arm, mut next) in before.blocks.into_iter().zip(arms) {
            let given = before.results.iter().copied();
            let names: HashMap<Value, Value> = given.zip(arm.results.iter().copied()).collect();
            rename_block(self.func, &mut next, &names);
            arm.insts.append(&mut next.insts);
            arm.results = keep(&arm.results).into_iter().chain(next.results).collect();
            blocks.push(arm);
        }
        let results = keep(&before.results);
        let data = &mut self.func.insts[second];
        data.blocks = blocks;
        data.results = results
            .into_iter()
            .chain(data.results.iter().copied())
            .collect();
    }
}
