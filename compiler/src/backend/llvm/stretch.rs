//! Between two stretches of a long block: what waits on the stack.
//!
//! Written and read `volatile`: LLVM would else find out that what is read is what was written, and keep
//! it alive after all.

use dfn_ir::loops::{Block, Var, VarTy};
use dfn_ir::scalar::DType;
use inkwell::types::BasicTypeEnum;
use inkwell::values::PointerValue;

use super::function::{Done, Translator};
use crate::backend::BackendError;
use crate::backend::stretch::{Cut, Cuts};

/// Where a word lies.
const ALIGN: u32 = 8;

impl<'ctx> Translator<'_, 'ctx> {
    /// Room for what waits; none in a block that is not cut.
    pub(super) fn stretch_slot(
        &mut self,
        cuts: &Cuts,
    ) -> Result<Option<PointerValue<'ctx>>, BackendError> {
        if cuts.cuts.is_empty() {
            return Ok(None);
        }
        let words = self.cx.context.i64_type().array_type(cuts.bytes / 8);
        self.entry_alloca(words.into()).map(Some)
    }

    /// Ends a stretch and begins the next.
    pub(super) fn cut(&mut self, block: &Block, cut: &Cut, slot: PointerValue<'ctx>) -> Done {
        for &(var, place) in &cut.write {
            let value = match self.truth_lanes(var) {
                Some(lanes) => self.cx.bytes(self.get(var)?, lanes)?,
                None => self.get(var)?,
            };
            let at = self.cx.offset(slot, i64::from(place))?;
            let access = self.cx.b.build_store(at, value)?;
            access.set_volatile(true).map_err(BackendError::internal)?;
            access
                .set_alignment(ALIGN)
                .map_err(BackendError::internal)?;
        }
        for &(var, place) in &cut.read {
            let at = self.cx.offset(slot, i64::from(place))?;
            let value = self.cx.b.build_load(self.waiting_type(var), at, "")?;
            if let Some(access) = super::memory::instruction(value) {
                access.set_volatile(true).map_err(BackendError::internal)?;
                access
                    .set_alignment(ALIGN)
                    .map_err(BackendError::internal)?;
            }
            let value = match self.truth_lanes(var) {
                Some(_) => self.cx.truth(value)?,
                None => value,
            };
            self.define(var, value);
        }
        for stmt in cut.again.iter().filter_map(|&at| block.stmts.get(at)) {
            self.stmt(stmt)?;
        }
        Ok(())
    }

    /// The lanes of truth values, which wait as bytes.
    fn truth_lanes(&self, var: Var) -> Option<u16> {
        let ty = self.function.value_ty(var)?;
        (ty.dtype == DType::Bool).then_some(ty.lanes)
    }

    fn waiting_type(&self, var: Var) -> BasicTypeEnum<'ctx> {
        match self.function.ty(var) {
            VarTy::Value(ty) => self.cx.memory_type(ty.dtype, ty.lanes),
            VarTy::Buffer(_) | VarTy::Pointer => self.ty(var),
        }
    }
}
