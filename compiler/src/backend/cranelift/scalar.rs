//! Scalar operations: each row of `docs/scalars.md` in Cranelift's instructions.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_frontend::FunctionBuilder;
use dfn_ir::scalar::eval::{CANONICAL_NAN_32, CANONICAL_NAN_64};
use dfn_ir::scalar::{Compare, DType, Scalar, ScalarOp};

/// The type of one lane; a truth value is a byte, 0 or 1.
pub(super) fn machine_type(dtype: DType) -> Type {
    match dtype {
        DType::F32 => types::F32,
        DType::F64 => types::F64,
        DType::I32 | DType::U32 => types::I32,
        DType::I64 | DType::U64 => types::I64,
        DType::Bool => types::I8,
    }
}

/// A constant.
pub(super) fn constant(b: &mut FunctionBuilder<'_>, value: Scalar) -> Value {
    match value {
        Scalar::F32(x) => b.ins().f32const(x),
        Scalar::F64(x) => b.ins().f64const(x),
        _ => {
            let ty = machine_type(value.dtype());
            let bits = match value {
                // Cranelift wants constants that fit when read as unsigned.
                Scalar::I32(x) => i64::from(x as u32),
                _ => value.to_bits() as i64,
            };
            b.ins().iconst(ty, bits)
        }
    }
}

/// The result of an operation on operands of type `dtype` (of a `select`, its last two); `None` if the
/// operation is not defined on it.
pub(super) fn emit(
    b: &mut FunctionBuilder<'_>,
    op: ScalarOp,
    dtype: DType,
    args: &[Value],
) -> Option<Value> {
    Some(match (op, args) {
        (ScalarOp::Convert(to), &[x]) => convert(b, x, dtype, to)?,
        (ScalarOp::Bitcast(to), &[x]) => bitcast(b, x, dtype, to),
        (ScalarOp::Compare(how), &[x, y]) => compare(b, how, dtype, x, y),
        (ScalarOp::Select, &[c, x, y]) => b.ins().select(c, x, y),
        (ScalarOp::Fma, &[x, y, z]) => b.ins().fma(x, y, z),
        (_, &[x]) if dtype.is_float() => float_unary(b, op, x)?,
        (_, &[x, y]) if dtype.is_float() => float_binary(b, op, x, y)?,
        (ScalarOp::Not, &[x]) if dtype == DType::Bool => {
            let one = b.ins().iconst(types::I8, 1);
            b.ins().bxor(x, one)
        }
        (_, &[x]) => int_unary(b, op, dtype, x)?,
        (_, &[x, y]) => int_binary(b, op, dtype, x, y)?,
        _ => return None,
    })
}

fn float_unary(b: &mut FunctionBuilder<'_>, op: ScalarOp, x: Value) -> Option<Value> {
    Some(match op {
        ScalarOp::Neg => b.ins().fneg(x),
        ScalarOp::Abs => b.ins().fabs(x),
        ScalarOp::Sqrt => b.ins().sqrt(x),
        ScalarOp::Floor => b.ins().floor(x),
        ScalarOp::Ceil => b.ins().ceil(x),
        ScalarOp::Trunc => b.ins().trunc(x),
        ScalarOp::Nearest => b.ins().nearest(x),
        _ => return None,
    })
}

fn float_binary(b: &mut FunctionBuilder<'_>, op: ScalarOp, x: Value, y: Value) -> Option<Value> {
    Some(match op {
        ScalarOp::Add => b.ins().fadd(x, y),
        ScalarOp::Sub => b.ins().fsub(x, y),
        ScalarOp::Mul => b.ins().fmul(x, y),
        ScalarOp::Div => b.ins().fdiv(x, y),
        // The sign of a NaN is not defined; it counts as positive.
        ScalarOp::CopySign => {
            let plain = b.ins().fabs(x);
            let signed = b.ins().fcopysign(x, y);
            let nan = b.ins().fcmp(FloatCC::Unordered, y, y);
            b.ins().select(nan, plain, signed)
        }
        // fma(-trunc(x / y), y, x)
        ScalarOp::Rem => {
            let quotient = b.ins().fdiv(x, y);
            let whole = b.ins().trunc(quotient);
            let minus = b.ins().fneg(whole);
            b.ins().fma(minus, y, x)
        }
        // x < y or x is NaN ? x : y
        ScalarOp::Min | ScalarOp::Max => {
            let how = match op {
                ScalarOp::Min => FloatCC::LessThan,
                _ => FloatCC::GreaterThan,
            };
            let first = b.ins().fcmp(how, x, y);
            let nan = b.ins().fcmp(FloatCC::Unordered, x, x);
            let keep = b.ins().bor(first, nan);
            b.ins().select(keep, x, y)
        }
        _ => return None,
    })
}

fn int_unary(b: &mut FunctionBuilder<'_>, op: ScalarOp, dtype: DType, x: Value) -> Option<Value> {
    Some(match op {
        ScalarOp::Neg => b.ins().ineg(x),
        ScalarOp::Not => b.ins().bnot(x),
        ScalarOp::Abs if dtype.is_signed() => b.ins().iabs(x),
        ScalarOp::Abs => x,
        _ => return None,
    })
}

fn int_binary(
    b: &mut FunctionBuilder<'_>,
    op: ScalarOp,
    dtype: DType,
    x: Value,
    y: Value,
) -> Option<Value> {
    let signed = dtype.is_signed();
    Some(match op {
        ScalarOp::Add => b.ins().iadd(x, y),
        ScalarOp::Sub => b.ins().isub(x, y),
        ScalarOp::Mul => b.ins().imul(x, y),
        ScalarOp::Div | ScalarOp::Rem => divide(b, op, dtype, x, y),
        ScalarOp::Min | ScalarOp::Max => {
            let less = int_compare(Compare::Lt, signed);
            let (left, right) = match op {
                ScalarOp::Min => (x, y),
                _ => (y, x),
            };
            let first = b.ins().icmp(less, left, right);
            b.ins().select(first, x, y)
        }
        ScalarOp::And => b.ins().band(x, y),
        ScalarOp::Or => b.ins().bor(x, y),
        ScalarOp::Xor => b.ins().bxor(x, y),
        // Both take the count modulo the width.
        ScalarOp::Shl => b.ins().ishl(x, y),
        ScalarOp::Shr if signed => b.ins().sshr(x, y),
        ScalarOp::Shr => b.ins().ushr(x, y),
        _ => return None,
    })
}

/// Division that never traps: a divisor that would is replaced by 1, and `x / 0` by 0.
fn divide(b: &mut FunctionBuilder<'_>, op: ScalarOp, dtype: DType, x: Value, y: Value) -> Value {
    let ty = machine_type(dtype);
    let zero = b.ins().iconst(ty, 0);
    let one = b.ins().iconst(ty, 1);
    let by_zero = b.ins().icmp(IntCC::Equal, y, zero);
    let mut bad = by_zero;
    if dtype.is_signed() {
        let (min, minus) = match dtype {
            DType::I32 => (Scalar::I32(i32::MIN), Scalar::I32(-1)),
            _ => (Scalar::I64(i64::MIN), Scalar::I64(-1)),
        };
        let (min, minus) = (constant(b, min), constant(b, minus));
        let least = b.ins().icmp(IntCC::Equal, x, min);
        let negates = b.ins().icmp(IntCC::Equal, y, minus);
        let overflow = b.ins().band(least, negates);
        bad = b.ins().bor(bad, overflow);
    }
    let divisor = b.ins().select(bad, one, y);
    match (op, dtype.is_signed()) {
        // x % 1 is 0, as x % 0 and MIN % -1 are to be.
        (ScalarOp::Rem, true) => b.ins().srem(x, divisor),
        (ScalarOp::Rem, false) => b.ins().urem(x, divisor),
        (_, signed) => {
            let quotient = match signed {
                true => b.ins().sdiv(x, divisor),
                false => b.ins().udiv(x, divisor),
            };
            b.ins().select(by_zero, zero, quotient)
        }
    }
}

fn int_compare(how: Compare, signed: bool) -> IntCC {
    match (how, signed) {
        (Compare::Eq, _) => IntCC::Equal,
        (Compare::Ne, _) => IntCC::NotEqual,
        (Compare::Lt, true) => IntCC::SignedLessThan,
        (Compare::Le, true) => IntCC::SignedLessThanOrEqual,
        (Compare::Lt, false) => IntCC::UnsignedLessThan,
        (Compare::Le, false) => IntCC::UnsignedLessThanOrEqual,
    }
}

fn compare(b: &mut FunctionBuilder<'_>, how: Compare, dtype: DType, x: Value, y: Value) -> Value {
    if !dtype.is_float() {
        let how = int_compare(how, dtype.is_signed());
        return b.ins().icmp(how, x, y);
    }
    let how = match how {
        Compare::Eq => FloatCC::Equal,
        Compare::Ne => FloatCC::NotEqual,
        Compare::Lt => FloatCC::LessThan,
        Compare::Le => FloatCC::LessThanOrEqual,
    };
    b.ins().fcmp(how, x, y)
}

fn convert(b: &mut FunctionBuilder<'_>, x: Value, from: DType, to: DType) -> Option<Value> {
    let ty = machine_type(to);
    Some(match (from, to) {
        _ if from == to => x,
        (_, DType::Bool) => return None,
        (DType::F32, DType::F64) => b.ins().fpromote(ty, x),
        (DType::F64, DType::F32) => b.ins().fdemote(ty, x),
        // Rounds towards zero, saturates, NaN gives 0.
        (DType::F32 | DType::F64, _) if to.is_signed() => b.ins().fcvt_to_sint_sat(ty, x),
        (DType::F32 | DType::F64, _) => b.ins().fcvt_to_uint_sat(ty, x),
        (DType::Bool, _) if to.is_float() => {
            let wide = b.ins().uextend(types::I32, x);
            b.ins().fcvt_from_sint(ty, wide)
        }
        (_, DType::F32 | DType::F64) if from.is_signed() => b.ins().fcvt_from_sint(ty, x),
        (_, DType::F32 | DType::F64) => b.ins().fcvt_from_uint(ty, x),
        _ if from.bytes() == to.bytes() => x,
        _ if from.bytes() > to.bytes() => b.ins().ireduce(ty, x),
        _ if from.is_signed() => b.ins().sextend(ty, x),
        _ => b.ins().uextend(ty, x),
    })
}

fn bitcast(b: &mut FunctionBuilder<'_>, x: Value, from: DType, to: DType) -> Value {
    let ty = machine_type(to);
    if from.is_float() == to.is_float() {
        // Between integers, or of a float to its own type.
        return match from.is_float() {
            false => x,
            true => canonical(b, x, from),
        };
    }
    let x = match from.is_float() {
        true => canonical(b, x, from),
        false => x,
    };
    b.ins().bitcast(ty, MemFlagsData::new(), x)
}

/// A NaN becomes the one whose bits a bit cast shows.
fn canonical(b: &mut FunctionBuilder<'_>, x: Value, dtype: DType) -> Value {
    let nan = match dtype {
        DType::F32 => b.ins().f32const(f32::from_bits(CANONICAL_NAN_32)),
        _ => b.ins().f64const(f64::from_bits(CANONICAL_NAN_64)),
    };
    let is_nan = b.ins().fcmp(FloatCC::Unordered, x, x);
    b.ins().select(is_nan, nan, x)
}
