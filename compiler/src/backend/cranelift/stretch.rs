//! Between two stretches of a long block: what waits on the stack.

use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, types};
use dfn_ir::loops::{Block, VarTy};

use super::function::{Done, Lanes, Translator};
use super::scalar::machine_type;
use crate::backend::BackendError;
use crate::backend::stretch::{Cut, Cuts};

/// The bytes from one lane to the next.
const LANE: i32 = 8;

impl Translator<'_, '_> {
    /// Room for what waits; none in a block that is not cut.
    pub(super) fn stretch_slot(&mut self, cuts: &Cuts) -> Option<StackSlot> {
        (!cuts.cuts.is_empty()).then(|| {
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, cuts.bytes, 3);
            self.b.create_sized_stack_slot(slot)
        })
    }

    /// Ends a stretch and begins the next.
    pub(super) fn cut(&mut self, block: &Block, cut: &Cut, slot: StackSlot) -> Done {
        let place = |place: u32| i32::try_from(place).map_err(BackendError::internal);
        for &(var, at) in &cut.write {
            let mut offset = place(at)?;
            for value in self.lanes(var) {
                self.b.ins().stack_store(types::I64, value, slot, offset);
                offset += LANE;
            }
        }
        for &(var, at) in &cut.read {
            let ty = match self.function.ty(var) {
                VarTy::Value(ty) => machine_type(ty.dtype),
                VarTy::Buffer(_) | VarTy::Pointer => types::I64,
            };
            let (mut offset, mut lanes) = (place(at)?, Lanes::new());
            for _ in 0..self.width(var) {
                lanes.push(self.b.ins().stack_load(types::I64, ty, slot, offset));
                offset += LANE;
            }
            self.define(var, lanes);
        }
        for stmt in cut.again.iter().filter_map(|&at| block.stmts.get(at)) {
            self.stmt(stmt)?;
        }
        Ok(())
    }
}
