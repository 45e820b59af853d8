//! Conversions, bit casts, and truth values in memory.

use dfn_ir::scalar::eval::{CANONICAL_NAN_32, CANONICAL_NAN_64};
use dfn_ir::scalar::{DType, Scalar};
use inkwell::types::{BasicType, BasicTypeEnum};
use inkwell::values::{BasicValueEnum, InstructionOpcode as I};
use inkwell::{FloatPredicate, IntPredicate};

use super::function::Made;
use super::module::Cx;
use crate::backend::BackendError;

impl<'ctx> Cx<'_, 'ctx> {
    fn cast(self, op: I, x: BasicValueEnum<'ctx>, to: BasicTypeEnum<'ctx>) -> Made<'ctx> {
        Ok(self.b.build_cast(op, x, to, "")?)
    }

    pub(super) fn convert(
        self,
        x: BasicValueEnum<'ctx>,
        from: DType,
        to: DType,
        lanes: u16,
    ) -> Made<'ctx> {
        let ty = self.value_type(to, lanes);
        let op = match (from, to) {
            _ if from == to => return Ok(x),
            (_, DType::Bool) => return Err(BackendError::internal("a conversion to bool")),
            (DType::F32, DType::F64) => I::FPExt,
            (DType::F64, DType::F32) => I::FPTrunc,
            // Rounds towards zero, saturates, NaN gives 0.
            (DType::F32 | DType::F64, _) => {
                let name = match to.is_signed() {
                    true => "llvm.fptosi.sat",
                    false => "llvm.fptoui.sat",
                };
                return self.intrinsic(name, &[ty, x.get_type()], &[x]);
            }
            (_, DType::F32 | DType::F64) if from.is_signed() => I::SIToFP,
            (_, DType::F32 | DType::F64) => I::UIToFP,
            (DType::Bool, _) => I::ZExt,
            _ if from.bytes() == to.bytes() => return Ok(x),
            _ if from.bytes() > to.bytes() => I::Trunc,
            _ if from.is_signed() => I::SExt,
            _ => I::ZExt,
        };
        self.cast(op, x, ty)
    }

    /// A NaN becomes the one whose bits a bit cast shows. Chosen among integers, so that nothing about
    /// floats can undo it.
    pub(super) fn bitcast(
        self,
        x: BasicValueEnum<'ctx>,
        from: DType,
        to: DType,
        lanes: u16,
    ) -> Made<'ctx> {
        let ty = self.value_type(to, lanes);
        if !from.is_float() {
            return match to.is_float() {
                true => self.cast(I::BitCast, x, ty),
                false => Ok(x),
            };
        }
        let (word, nan) = match from {
            DType::F32 => (DType::U32, u64::from(CANONICAL_NAN_32)),
            _ => (DType::U64, CANONICAL_NAN_64),
        };
        let bits = self.cast(I::BitCast, x, self.value_type(word, lanes))?;
        let nan = self.constant(Scalar::from_bits(word, nan), lanes);
        let is_nan = self.fcmp(FloatPredicate::UNO, x, x)?;
        let bits = self.select(is_nan, nan, bits)?;
        match to.is_float() {
            true => self.cast(I::BitCast, bits, ty),
            false => Ok(bits),
        }
    }

    /// Truth values from bytes: whether each is not 0.
    pub(super) fn truth(self, bytes: BasicValueEnum<'ctx>) -> Made<'ctx> {
        let zero = bytes.get_type().const_zero();
        self.icmp(IntPredicate::NE, bytes, zero)
    }

    /// Bytes from truth values.
    pub(super) fn bytes(self, truth: BasicValueEnum<'ctx>, lanes: u16) -> Made<'ctx> {
        let ty = self.memory_type(DType::Bool, lanes);
        self.cast(I::ZExt, truth, ty.as_basic_type_enum())
    }
}
