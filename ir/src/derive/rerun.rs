//! Values of a region that are made again in the linear function, because no stack can hold them: the
//! instruction that defines them runs a second time, regions and all.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Linearize;
use super::clone::copy_inst;
use super::deriver::Deriver;
use super::free_values;
use crate::function::{Function, Inst, InstData, Value};
use crate::op::{Op, RuleError, TypeError};
use crate::size::Size;
use std::collections::{HashMap, HashSet};

impl Linearize<'_> {
    /// Runs the instruction that defines `value`, in the region at `depth`, again in the linear function.
    pub(super) fn rerun(&mut self, value: Value, depth: usize) -> Result<Value, RuleError> {
        let Some(inst) = self.primal.definition(value) else {
            return self.save(value, depth);
        };
        let again = self.again(inst, depth, false)?;
        let results = self.primal.results(inst).to_vec();
        for (old, new) in results.into_iter().zip(again) {
            // An accumulator made again may not have the contents of the first.
            if !self.primal.ty(old).is_accumulator() {
                self.import(old, new);
            }
        }
        match self.is_imported(value) {
            true => self.residual(value),
            false => self.save(value, depth),
        }
    }

    /// The results of `inst`, made again. Its accumulators have the contents that they had if `whole`, or if
    /// they are read on the way; else they start empty, since nothing sees what is in them.
    fn again(&mut self, inst: Inst, depth: usize, whole: bool) -> Result<Vec<Value>, RuleError> {
        let data = self.primal.func().insts[inst].clone();
        let needed = self.needed_again(&data);
        let accs = needed.iter().copied();
        let mut accs = accs
            .filter(|&v| self.primal.ty(v).is_accumulator())
            .collect();
        let whole = whole || reads(self.primal.func(), &data, &mut accs);
        let mut map = HashMap::new();
        for value in needed {
            let stand_in = match self.primal.ty(value).is_accumulator() {
                true if whole => self.accumulator_again(value)?,
                true => self.fresh_accumulator(value, depth)?,
                false => self.residual(value)?,
            };
            map.insert(value, stand_in);
        }
        let mut source = self.primal.func().clone();
        quiet(&mut source, inst);
        let new = self
            .lin
            .in_prologue(depth, |lin| copy_inst(lin, &source, inst, &mut map));
        Deriver::new(self.module, self.memo).quiet_inst(self.lin.func_mut(), new);
        Ok(self.lin.results(new).to_vec())
    }

    fn needed_again(&self, data: &InstData) -> Vec<Value> {
        let mut needed = data.args.to_vec();
        needed.extend(data.sizes.iter().flat_map(Size::values));
        needed.extend(free_values(self.primal.func(), &data.blocks));
        for &result in &data.results {
            needed.extend(self.primal.ty(result).values());
        }
        needed.retain(|v| !data.results.contains(v));
        needed
    }

    /// An accumulator with the contents of `value`: all that was added to it is added again.
    fn accumulator_again(&mut self, value: Value) -> Result<Value, RuleError> {
        let missing = || TypeError::new("an accumulator is read in a region that only adds to it");
        let inst = self.primal.definition(value).ok_or_else(missing)?;
        let again = self.again(inst, self.primal.depth(value), true)?;
        let results = self.primal.results(inst);
        let place = results.iter().position(|&v| v == value);
        let made = place.and_then(|k| again.get(k).copied());
        Ok(made.ok_or_else(missing)?)
    }

    /// An accumulator like `value`, of zeros, in the linear function's prologue at `depth`.
    fn fresh_accumulator(&mut self, value: Value, depth: usize) -> Result<Value, RuleError> {
        let ty = self.lin_type(&self.primal.ty(value).contents())?;
        let made = self.lin.in_prologue(depth, |lin| {
            let zeros = lin.fill(0.0, &ty)?;
            lin.op(crate::ops::AccNew, &[zeros])
        });
        Ok(made?)
    }
}

/// Whether an instruction, or one in its regions, reads one of `accs`; adds to them those that they become.
fn reads(func: &Function, data: &InstData, accs: &mut HashSet<Value>) -> bool {
    let takes = data.args.iter().any(|v| accs.contains(v));
    if matches!(data.op, Op::AccRead(_)) {
        return takes;
    }
    let captured = free_values(func, &data.blocks);
    let captures = captured.iter().any(|v| accs.contains(v));
    for block in &data.blocks {
        if takes {
            accs.extend(
                block
                    .params
                    .iter()
                    .filter(|&&v| func.ty(v).is_accumulator()),
            );
        }
        let mut insts = block.insts.iter();
        if insts.any(|&inner| reads(func, &func.insts[inner], accs)) {
            return true;
        }
    }
    if takes || captures {
        accs.extend(
            data.results
                .iter()
                .filter(|&&v| func.ty(v).is_accumulator()),
        );
    }
    false
}

/// Removes what the regions of `inst` do besides giving results: it has run before, checks included.
fn quiet(func: &mut Function, inst: Inst) {
    let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
    for block in &mut blocks {
        block.insts.retain(|&inner| {
            quiet(func, inner);
            !func.insts[inner].results.is_empty()
        });
    }
    func.insts[inst].blocks = blocks;
}
