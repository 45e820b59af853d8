//! What runs a second time does so quietly: its checks held the first time, its output has been written.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::deriver::Deriver;
use crate::function::{Block, FuncId, Function, Inst};
use crate::op::Op;

impl Deriver<'_> {
    /// Takes all effects out of `inst` of `func`, those of functions that it calls included.
    pub(super) fn quiet_inst(&mut self, func: &mut Function, inst: Inst) {
        if let Op::Call(call) = &mut func.insts[inst].op {
            call.func = self.quiet(call.func);
        }
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        for block in &mut blocks {
            self.quiet_block(func, block);
        }
        func.insts[inst].blocks = blocks;
    }

    fn quiet_block(&mut self, func: &mut Function, block: &mut Block) {
        // What gives no results is there for its effects.
        block
            .insts
            .retain(|&inst| !func.insts[inst].results.is_empty());
        for &inst in &block.insts {
            self.quiet_inst(func, inst);
        }
    }

    /// `id` without effects; itself if it has none.
    pub(super) fn quiet(&mut self, id: FuncId) -> FuncId {
        if let Some(&known) = self.memo.quiet.get(&id) {
            return known;
        }
        let source = self.module.get(id).clone();
        let mut made = source.clone();
        let mut body = std::mem::take(&mut made.body);
        self.quiet_block(&mut made, &mut body);
        made.body = body;
        let quiet = match is_same(&source, &made) {
            true => id,
            false => {
                made.name = format!("{}.quiet", source.name);
                self.module.add(made)
            }
        };
        self.memo.quiet.insert(id, quiet);
        quiet
    }
}

/// Whether nothing was taken out and no other function is called.
fn is_same(before: &Function, after: &Function) -> bool {
    let summary = |func: &Function| {
        let (mut insts, mut callees) = (0, Vec::new());
        func.walk(&func.body, &mut |_, data| {
            insts += 1;
            if let Op::Call(call) = &data.op {
                callees.push(call.func);
            }
        });
        (insts, callees)
    };
    summary(before) == summary(after)
}
