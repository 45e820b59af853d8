//! Scalar operations: each row of `docs/scalars.md` in LLVM's instructions, for scalars and vectors.

use dfn_ir::scalar::{Compare, DType, Scalar, ScalarOp};
use inkwell::intrinsics::Intrinsic;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, InstructionOpcode as I};
use inkwell::{FloatPredicate, IntPredicate};

use super::function::Made;
use super::module::Cx;
use crate::backend::BackendError;

type Value<'ctx> = BasicValueEnum<'ctx>;

fn undefined(op: ScalarOp, dtype: DType) -> BackendError {
    BackendError::internal(format!("{} is not defined on {dtype}", op.name()))
}

impl<'ctx> Cx<'_, 'ctx> {
    /// A call of an intrinsic that is overloaded on `types`.
    pub(super) fn intrinsic(
        self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
        args: &[Value<'ctx>],
    ) -> Made<'ctx> {
        let function = Intrinsic::find(name)
            .and_then(|intrinsic| intrinsic.get_declaration(self.module, types))
            .ok_or_else(|| BackendError::internal(format!("LLVM has no {name}")))?;
        let args: Vec<BasicMetadataValueEnum<'ctx>> = args.iter().map(|&arg| arg.into()).collect();
        self.b
            .build_call(function, &args, "")?
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| BackendError::internal(format!("{name} gives nothing")))
    }

    /// An instruction on two operands.
    pub(super) fn binary(self, op: I, x: Value<'ctx>, y: Value<'ctx>) -> Made<'ctx> {
        Ok(self.b.build_binop(op, x, y, "")?)
    }

    pub(super) fn select(self, c: Value<'ctx>, x: Value<'ctx>, y: Value<'ctx>) -> Made<'ctx> {
        match c {
            Value::IntValue(c) => Ok(self.b.build_select(c, x, y, "")?),
            Value::VectorValue(c) => Ok(self.b.build_select(c, x, y, "")?),
            _ => Err(BackendError::internal("a condition is not a truth value")),
        }
    }

    pub(super) fn icmp(self, how: IntPredicate, x: Value<'ctx>, y: Value<'ctx>) -> Made<'ctx> {
        match (x, y) {
            (Value::IntValue(x), Value::IntValue(y)) => {
                Ok(self.b.build_int_compare(how, x, y, "")?.into())
            }
            (Value::VectorValue(x), Value::VectorValue(y)) => {
                Ok(self.b.build_int_compare(how, x, y, "")?.into())
            }
            _ => Err(BackendError::internal("integers are compared with others")),
        }
    }

    pub(super) fn fcmp(self, how: FloatPredicate, x: Value<'ctx>, y: Value<'ctx>) -> Made<'ctx> {
        match (x, y) {
            (Value::FloatValue(x), Value::FloatValue(y)) => {
                Ok(self.b.build_float_compare(how, x, y, "")?.into())
            }
            (Value::VectorValue(x), Value::VectorValue(y)) => {
                Ok(self.b.build_float_compare(how, x, y, "")?.into())
            }
            _ => Err(BackendError::internal("floats are compared with others")),
        }
    }

    fn fneg(self, x: Value<'ctx>) -> Made<'ctx> {
        match x {
            Value::FloatValue(x) => Ok(self.b.build_float_neg(x, "")?.into()),
            Value::VectorValue(x) => Ok(self.b.build_float_neg(x, "")?.into()),
            _ => Err(BackendError::internal("an integer is negated as a float")),
        }
    }

    /// The result of an operation on operands of type `dtype` (of a `select`, its last two).
    pub(super) fn scalar_op(
        self,
        op: ScalarOp,
        dtype: DType,
        lanes: u16,
        args: &[Value<'ctx>],
    ) -> Made<'ctx> {
        match (op, args) {
            (ScalarOp::Convert(to), &[x]) => self.convert(x, dtype, to, lanes),
            (ScalarOp::Bitcast(to), &[x]) => self.bitcast(x, dtype, to, lanes),
            (ScalarOp::Compare(how), &[x, y]) => self.compare(how, dtype, x, y),
            (ScalarOp::Select, &[c, x, y]) => self.select(c, x, y),
            (ScalarOp::Fma, &[x, y, z]) => self.intrinsic("llvm.fma", &[x.get_type()], &[x, y, z]),
            (_, &[x]) if dtype.is_float() => self.float_unary(op, dtype, x),
            (_, &[x, y]) if dtype.is_float() => self.float_binary(op, dtype, x, y),
            (_, &[x]) => self.int_unary(op, dtype, lanes, x),
            (_, &[x, y]) => self.int_binary(op, dtype, lanes, [x, y]),
            _ => Err(undefined(op, dtype)),
        }
    }

    fn float_unary(self, op: ScalarOp, dtype: DType, x: Value<'ctx>) -> Made<'ctx> {
        let name = match op {
            ScalarOp::Neg => return self.fneg(x),
            ScalarOp::Abs => "llvm.fabs",
            ScalarOp::Sqrt => "llvm.sqrt",
            ScalarOp::Floor => "llvm.floor",
            ScalarOp::Ceil => "llvm.ceil",
            ScalarOp::Trunc => "llvm.trunc",
            ScalarOp::Nearest => "llvm.roundeven",
            _ => return Err(undefined(op, dtype)),
        };
        self.intrinsic(name, &[x.get_type()], &[x])
    }

    fn float_binary(
        self,
        op: ScalarOp,
        dtype: DType,
        x: Value<'ctx>,
        y: Value<'ctx>,
    ) -> Made<'ctx> {
        match op {
            ScalarOp::Add => self.binary(I::FAdd, x, y),
            ScalarOp::Sub => self.binary(I::FSub, x, y),
            ScalarOp::Mul => self.binary(I::FMul, x, y),
            ScalarOp::Div => self.binary(I::FDiv, x, y),
            // fma(-trunc(x / y), y, x)
            ScalarOp::Rem => {
                let quotient = self.binary(I::FDiv, x, y)?;
                let whole = self.float_unary(ScalarOp::Trunc, dtype, quotient)?;
                let minus = self.fneg(whole)?;
                self.intrinsic("llvm.fma", &[x.get_type()], &[minus, y, x])
            }
            ScalarOp::Min => self.extreme([FloatPredicate::OLT, FloatPredicate::ULT], x, y),
            ScalarOp::Max => self.extreme([FloatPredicate::OGT, FloatPredicate::UGT], x, y),
            // The sign of a NaN is not defined; it counts as positive.
            ScalarOp::CopySign => {
                let plain = self.float_unary(ScalarOp::Abs, dtype, x)?;
                let signed = self.intrinsic("llvm.copysign", &[x.get_type()], &[x, y])?;
                let nan = self.fcmp(FloatPredicate::UNO, y, y)?;
                self.select(nan, plain, signed)
            }
            _ => Err(undefined(op, dtype)),
        }
    }

    /// `x < y` or `x` is NaN ? `x` : `y`, or with `>`; `how` is the comparison, and it or unordered.
    ///
    /// The bound is mostly a constant. Then one comparison does, and if it is not 0, whose signs a processor
    /// may take for equal, so does one instruction: of `y < x ? y : x`.
    fn extreme(
        self,
        [ordered, or_nan]: [FloatPredicate; 2],
        x: Value<'ctx>,
        y: Value<'ctx>,
    ) -> Made<'ctx> {
        match constants(y) {
            Some(bounds) if bounds.iter().all(|y| !y.is_nan() && *y != 0.0) => {
                let beyond = self.fcmp(ordered, y, x)?;
                self.select(beyond, y, x)
            }
            Some(bounds) if bounds.iter().all(|y| !y.is_nan()) => {
                let within = self.fcmp(or_nan, x, y)?;
                self.select(within, x, y)
            }
            // One instruction, and what is right if `x` is NaN; LLVM would make two comparisons of it.
            _ if self.is_x86() => {
                let first = self.fcmp(ordered, x, y)?;
                let first = self.select(first, x, y)?;
                let ty = first.get_type();
                let first = self.intrinsic("llvm.arithmetic.fence", &[ty], &[first])?;
                let nan = self.fcmp(FloatPredicate::UNO, x, x)?;
                self.select(nan, x, first)
            }
            _ => {
                let first = self.fcmp(ordered, x, y)?;
                let nan = self.fcmp(FloatPredicate::UNO, x, x)?;
                let keep = self.binary(I::Or, first, nan)?;
                self.select(keep, x, y)
            }
        }
    }

    fn int_unary(self, op: ScalarOp, dtype: DType, lanes: u16, x: Value<'ctx>) -> Made<'ctx> {
        match op {
            ScalarOp::Neg => {
                let zero = self.constant(Scalar::zero(dtype), lanes);
                self.binary(I::Sub, zero, x)
            }
            ScalarOp::Not => {
                let ones = self.constant(Scalar::from_bits(dtype, u64::MAX), lanes);
                self.binary(I::Xor, x, ones)
            }
            ScalarOp::Abs if dtype.is_signed() => {
                // The second operand: whether the least number has no defined result.
                let no = self.context.bool_type().const_zero().into();
                self.intrinsic("llvm.abs", &[x.get_type()], &[x, no])
            }
            ScalarOp::Abs => Ok(x),
            _ => Err(undefined(op, dtype)),
        }
    }

    fn int_binary(
        self,
        op: ScalarOp,
        dtype: DType,
        lanes: u16,
        [x, y]: [Value<'ctx>; 2],
    ) -> Made<'ctx> {
        let signed = dtype.is_signed();
        match op {
            ScalarOp::Add => self.binary(I::Add, x, y),
            ScalarOp::Sub => self.binary(I::Sub, x, y),
            ScalarOp::Mul => self.binary(I::Mul, x, y),
            ScalarOp::And => self.binary(I::And, x, y),
            ScalarOp::Or => self.binary(I::Or, x, y),
            ScalarOp::Xor => self.binary(I::Xor, x, y),
            ScalarOp::Div | ScalarOp::Rem => self.divide(op, dtype, lanes, [x, y]),
            ScalarOp::Min | ScalarOp::Max => {
                let name = match (op, signed) {
                    (ScalarOp::Min, true) => "llvm.smin",
                    (ScalarOp::Min, false) => "llvm.umin",
                    (_, true) => "llvm.smax",
                    (_, false) => "llvm.umax",
                };
                self.intrinsic(name, &[x.get_type()], &[x, y])
            }
            // The count is taken modulo the width.
            ScalarOp::Shl | ScalarOp::Shr => {
                let mask = u64::from(dtype.bytes()) * 8 - 1;
                let mask = self.constant(Scalar::from_bits(dtype, mask), lanes);
                let count = self.binary(I::And, y, mask)?;
                let shift = match (op, signed) {
                    (ScalarOp::Shl, _) => I::Shl,
                    (_, true) => I::AShr,
                    (_, false) => I::LShr,
                };
                self.binary(shift, x, count)
            }
            _ => Err(undefined(op, dtype)),
        }
    }

    /// Division that is always defined: a divisor for which it is not is replaced by 1, and `x / 0`
    /// by 0.
    fn divide(
        self,
        op: ScalarOp,
        dtype: DType,
        lanes: u16,
        [x, y]: [Value<'ctx>; 2],
    ) -> Made<'ctx> {
        let bits = |bits: u64| self.constant(Scalar::from_bits(dtype, bits), lanes);
        let zero = bits(0);
        let by_zero = self.icmp(IntPredicate::EQ, y, zero)?;
        let mut bad = by_zero;
        if dtype.is_signed() {
            let least = self.icmp(IntPredicate::EQ, x, bits(1 << (dtype.bytes() * 8 - 1)))?;
            let negates = self.icmp(IntPredicate::EQ, y, bits(u64::MAX))?;
            let overflow = self.binary(I::And, least, negates)?;
            bad = self.binary(I::Or, bad, overflow)?;
        }
        let divisor = self.select(bad, bits(1), y)?;
        match (op, dtype.is_signed()) {
            // x % 1 is 0, as x % 0 and MIN % -1 are to be.
            (ScalarOp::Rem, true) => self.binary(I::SRem, x, divisor),
            (ScalarOp::Rem, false) => self.binary(I::URem, x, divisor),
            (_, signed) => {
                let op = if signed { I::SDiv } else { I::UDiv };
                let quotient = self.binary(op, x, divisor)?;
                self.select(by_zero, zero, quotient)
            }
        }
    }

    fn compare(self, how: Compare, dtype: DType, x: Value<'ctx>, y: Value<'ctx>) -> Made<'ctx> {
        if dtype.is_float() {
            let how = match how {
                Compare::Eq => FloatPredicate::OEQ,
                Compare::Ne => FloatPredicate::UNE,
                Compare::Lt => FloatPredicate::OLT,
                Compare::Le => FloatPredicate::OLE,
            };
            return self.fcmp(how, x, y);
        }
        let how = match (how, dtype.is_signed()) {
            (Compare::Eq, _) => IntPredicate::EQ,
            (Compare::Ne, _) => IntPredicate::NE,
            (Compare::Lt, true) => IntPredicate::SLT,
            (Compare::Le, true) => IntPredicate::SLE,
            (Compare::Lt, false) => IntPredicate::ULT,
            (Compare::Le, false) => IntPredicate::ULE,
        };
        self.icmp(how, x, y)
    }
}

/// The numbers in the lanes of a constant.
fn constants(value: Value<'_>) -> Option<Vec<f64>> {
    match value {
        Value::FloatValue(x) => Some(vec![x.get_constant()?.0]),
        Value::VectorValue(v) if v.is_constant_data_vector() => (0..v.get_type().get_size())
            .map(|lane| match v.get_element_as_constant(lane) {
                Value::FloatValue(x) => Some(x.get_constant()?.0),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}
