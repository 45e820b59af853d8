//! Last uses: where an array is used for the last time, so that the interpreter lets go of it there and
//! an update of it is in place.
//!
//! A value dies at an instruction of the block that defines it if neither a later instruction of that
//! block (regions included) nor the block's results use it. Scalars never die: sizes may mention them.

use crate::derive::free_values;
use crate::function::{Block, Function, Inst, Value};
use cranelift_entity::SecondaryMap;
use std::collections::HashSet;

/// The last uses in one function.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// For each instruction, which operands may be taken (bit `k` for operand `k`).
    operands: SecondaryMap<Inst, u64>,
    /// Values that a block gives without having made them.
    foreign: HashSet<Value>,
}

impl Lives {
    /// Finds them.
    pub(crate) fn of(func: &Function) -> Lives {
        let mut lives = Lives::default();
        lives.block(func, &func.body);
        lives
    }

    /// Whether operand `k` of `inst` dies there.
    pub(crate) fn dies(&self, inst: Inst, k: usize) -> bool {
        let bits = self.operands.get(inst).copied().unwrap_or_default();
        k < 64 && bits >> k & 1 == 1
    }

    /// Whether the block that gives `value` may take it out of the frame.
    pub(crate) fn leaves(&self, func: &Function, value: Value) -> bool {
        let ty = func.ty(value);
        (ty.rank() > 0 || ty.is_accumulator()) && !self.foreign.contains(&value)
    }

    fn block(&mut self, func: &Function, block: &Block) {
        let mut own: HashSet<Value> = block.params.iter().copied().collect();
        for &inst in &block.insts {
            own.extend(results(func, inst));
        }
        let foreign = block.results.iter().filter(|v| !own.contains(v));
        self.foreign.extend(foreign);
        let mut used: HashSet<Value> = block.results.iter().copied().collect();
        for &inst in block.insts.iter().rev() {
            let Some(data) = func.insts.get(inst) else {
                continue;
            };
            if !data.blocks.is_empty() {
                used.extend(free_values(func, &data.blocks));
                data.blocks.iter().for_each(|inner| self.block(func, inner));
            }
            let mut bits = 0;
            for (k, value) in data.args.iter().enumerate().take(64) {
                let once = data.args.iter().filter(|v| *v == value).count() == 1;
                let ty = func.ty(*value);
                let dies = once && own.contains(value) && !used.contains(value);
                if dies && (ty.rank() > 0 || ty.is_accumulator()) {
                    bits |= 1 << k;
                }
            }
            used.extend(&data.args);
            set(&mut self.operands, inst, bits);
        }
    }
}

fn results(func: &Function, inst: Inst) -> impl Iterator<Item = Value> + '_ {
    let data = func.insts.get(inst);
    data.into_iter()
        .flat_map(|data| data.results.iter().copied())
}

#[allow(
    clippy::indexing_slicing,
    reason = "a secondary map grows when it is written to"
)]
fn set(operands: &mut SecondaryMap<Inst, u64>, inst: Inst, bits: u64) {
    operands[inst] = bits;
}
