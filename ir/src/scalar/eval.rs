//! The semantics of scalar operations, executable: the specification that every engine is compared with.

use super::{Compare, DType, ScalarOp};

/// One number with its type.
#[derive(Clone, Copy, Debug)]
pub enum Scalar {
    /// A binary32 number.
    F32(f32),
    /// A binary64 number.
    F64(f64),
    /// A signed 32-bit integer.
    I32(i32),
    /// A signed 64-bit integer.
    I64(i64),
    /// An unsigned 32-bit integer.
    U32(u32),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A truth value.
    Bool(bool),
}

/// Bits of the one NaN that a bit cast shows.
pub const CANONICAL_NAN_64: u64 = 0x7ff8_0000_0000_0000;
/// Bits of the one NaN that a bit cast shows.
pub const CANONICAL_NAN_32: u32 = 0x7fc0_0000;

impl Scalar {
    /// The type of this number.
    pub fn dtype(self) -> DType {
        match self {
            Scalar::F32(_) => DType::F32,
            Scalar::F64(_) => DType::F64,
            Scalar::I32(_) => DType::I32,
            Scalar::I64(_) => DType::I64,
            Scalar::U32(_) => DType::U32,
            Scalar::U64(_) => DType::U64,
            Scalar::Bool(_) => DType::Bool,
        }
    }

    /// The bits, zero-extended; a NaN shows the canonical bits.
    pub fn to_bits(self) -> u64 {
        match self {
            Scalar::F32(x) if x.is_nan() => u64::from(CANONICAL_NAN_32),
            Scalar::F64(x) if x.is_nan() => CANONICAL_NAN_64,
            Scalar::F32(x) => u64::from(x.to_bits()),
            Scalar::F64(x) => x.to_bits(),
            Scalar::I32(x) => u64::from(x as u32),
            Scalar::I64(x) => x as u64,
            Scalar::U32(x) => u64::from(x),
            Scalar::U64(x) => x,
            Scalar::Bool(x) => u64::from(x),
        }
    }

    /// The number of type `dtype` with these bits.
    pub fn from_bits(dtype: DType, bits: u64) -> Scalar {
        match dtype {
            DType::F32 => Scalar::F32(f32::from_bits(bits as u32)),
            DType::F64 => Scalar::F64(f64::from_bits(bits)),
            DType::I32 => Scalar::I32(bits as u32 as i32),
            DType::I64 => Scalar::I64(bits as i64),
            DType::U32 => Scalar::U32(bits as u32),
            DType::U64 => Scalar::U64(bits),
            DType::Bool => Scalar::Bool(bits & 1 == 1),
        }
    }

    /// Zero, or `false`.
    pub fn zero(dtype: DType) -> Scalar {
        Scalar::from_bits(dtype, 0)
    }

    /// The truth value, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Scalar::Bool(x) => Some(x),
            _ => None,
        }
    }

    /// The 64-bit signed integer, if it is one.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Scalar::I64(x) => Some(x),
            _ => None,
        }
    }
}

/// Same type and same bits; all NaNs are the same.
impl PartialEq for Scalar {
    fn eq(&self, other: &Scalar) -> bool {
        self.dtype() == other.dtype() && self.to_bits() == other.to_bits()
    }
}

impl Eq for Scalar {}

impl std::hash::Hash for Scalar {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.dtype().hash(state);
        self.to_bits().hash(state);
    }
}

/// The result of `op` on `args`; `None` if their number or types do not fit the operation.
pub fn eval(op: ScalarOp, args: &[Scalar]) -> Option<Scalar> {
    match (op, args) {
        (ScalarOp::Convert(to), &[a]) => convert(a, to),
        (ScalarOp::Bitcast(to), &[a]) => op
            .result(a.dtype())
            .map(|_| Scalar::from_bits(to, a.to_bits())),
        (ScalarOp::Compare(how), &[a, b]) => compare(how, a, b).map(Scalar::Bool),
        (ScalarOp::Select, &[Scalar::Bool(c), a, b]) if a.dtype() == b.dtype() => {
            Some(if c { a } else { b })
        }
        (_, &[Scalar::F64(a)]) => float::unary64(op, a).map(Scalar::F64),
        (_, &[Scalar::F32(a)]) => float::unary32(op, a).map(Scalar::F32),
        (_, &[Scalar::F64(a), Scalar::F64(b)]) => float::binary64(op, a, b).map(Scalar::F64),
        (_, &[Scalar::F32(a), Scalar::F32(b)]) => float::binary32(op, a, b).map(Scalar::F32),
        (ScalarOp::Fma, &[Scalar::F64(a), Scalar::F64(b), Scalar::F64(c)]) => {
            Some(Scalar::F64(a.mul_add(b, c)))
        }
        (ScalarOp::Fma, &[Scalar::F32(a), Scalar::F32(b), Scalar::F32(c)]) => {
            Some(Scalar::F32(a.mul_add(b, c)))
        }
        (_, &[Scalar::I32(a)]) => int::unary_i32(op, a).map(Scalar::I32),
        (_, &[Scalar::I64(a)]) => int::unary_i64(op, a).map(Scalar::I64),
        (_, &[Scalar::U32(a)]) => int::unary_u32(op, a).map(Scalar::U32),
        (_, &[Scalar::U64(a)]) => int::unary_u64(op, a).map(Scalar::U64),
        (_, &[Scalar::I32(a), Scalar::I32(b)]) => int::binary_i32(op, a, b).map(Scalar::I32),
        (_, &[Scalar::I64(a), Scalar::I64(b)]) => int::binary_i64(op, a, b).map(Scalar::I64),
        (_, &[Scalar::U32(a), Scalar::U32(b)]) => int::binary_u32(op, a, b).map(Scalar::U32),
        (_, &[Scalar::U64(a), Scalar::U64(b)]) => int::binary_u64(op, a, b).map(Scalar::U64),
        (ScalarOp::Not, &[Scalar::Bool(a)]) => Some(Scalar::Bool(!a)),
        (ScalarOp::And, &[Scalar::Bool(a), Scalar::Bool(b)]) => Some(Scalar::Bool(a & b)),
        (ScalarOp::Or, &[Scalar::Bool(a), Scalar::Bool(b)]) => Some(Scalar::Bool(a | b)),
        (ScalarOp::Xor, &[Scalar::Bool(a), Scalar::Bool(b)]) => Some(Scalar::Bool(a ^ b)),
        _ => None,
    }
}

fn compare(how: Compare, a: Scalar, b: Scalar) -> Option<bool> {
    fn by<T: PartialOrd>(how: Compare, a: T, b: T) -> bool {
        match how {
            Compare::Eq => a == b,
            Compare::Ne => a != b,
            Compare::Lt => a < b,
            Compare::Le => a <= b,
        }
    }
    match (a, b) {
        (Scalar::F32(a), Scalar::F32(b)) => Some(by(how, a, b)),
        (Scalar::F64(a), Scalar::F64(b)) => Some(by(how, a, b)),
        (Scalar::I32(a), Scalar::I32(b)) => Some(by(how, a, b)),
        (Scalar::I64(a), Scalar::I64(b)) => Some(by(how, a, b)),
        (Scalar::U32(a), Scalar::U32(b)) => Some(by(how, a, b)),
        (Scalar::U64(a), Scalar::U64(b)) => Some(by(how, a, b)),
        (Scalar::Bool(a), Scalar::Bool(b)) => Some(by(how, a, b)),
        _ => None,
    }
}

/// Conversions. Float to integer rounds towards zero, saturates, and takes NaN to 0; integer to float
/// and float to float round to nearest even; integer to integer truncates or extends by the source's
/// sign; `bool` gives 0 or 1; nothing but `bool` converts to `bool`.
fn convert(a: Scalar, to: DType) -> Option<Scalar> {
    macro_rules! to {
        ($x:expr) => {
            match to {
                DType::F32 => Scalar::F32($x as f32),
                DType::F64 => Scalar::F64($x as f64),
                DType::I32 => Scalar::I32($x as i32),
                DType::I64 => Scalar::I64($x as i64),
                DType::U32 => Scalar::U32($x as u32),
                DType::U64 => Scalar::U64($x as u64),
                DType::Bool => return None,
            }
        };
    }
    Some(match a {
        Scalar::Bool(_) if to == DType::Bool => a,
        Scalar::F32(x) => to!(x),
        Scalar::F64(x) => to!(x),
        Scalar::I32(x) => to!(x),
        Scalar::I64(x) => to!(x),
        Scalar::U32(x) => to!(x),
        Scalar::U64(x) => to!(x),
        Scalar::Bool(x) => to!(u8::from(x)),
    })
}

/// Operations on floats.
mod float {
    use super::ScalarOp;

    macro_rules! float {
        ($unary:ident, $binary:ident, $t:ty) => {
            pub(super) fn $unary(op: ScalarOp, a: $t) -> Option<$t> {
                Some(match op {
                    ScalarOp::Neg => -a,
                    ScalarOp::Abs => a.abs(),
                    ScalarOp::Sqrt => a.sqrt(),
                    ScalarOp::Floor => a.floor(),
                    ScalarOp::Ceil => a.ceil(),
                    ScalarOp::Trunc => a.trunc(),
                    ScalarOp::Nearest => a.round_ties_even(),
                    _ => return None,
                })
            }

            pub(super) fn $binary(op: ScalarOp, a: $t, b: $t) -> Option<$t> {
                Some(match op {
                    ScalarOp::Add => a + b,
                    ScalarOp::Sub => a - b,
                    ScalarOp::Mul => a * b,
                    ScalarOp::Div => a / b,
                    ScalarOp::Rem => (-(a / b).trunc()).mul_add(b, a),
                    ScalarOp::Min if a.is_nan() => a,
                    ScalarOp::Max if a.is_nan() => a,
                    ScalarOp::Min => {
                        if a < b {
                            a
                        } else {
                            b
                        }
                    }
                    ScalarOp::Max => {
                        if a > b {
                            a
                        } else {
                            b
                        }
                    }
                    ScalarOp::CopySign if b.is_nan() => a.abs(),
                    ScalarOp::CopySign => a.copysign(b),
                    _ => return None,
                })
            }
        };
    }
    float!(unary32, binary32, f32);
    float!(unary64, binary64, f64);
}

/// Operations on integers.
mod int {
    use super::ScalarOp;

    macro_rules! int {
        ($unary:ident, $binary:ident, $t:ty, $abs:expr) => {
            pub(super) fn $unary(op: ScalarOp, a: $t) -> Option<$t> {
                Some(match op {
                    ScalarOp::Neg => a.wrapping_neg(),
                    ScalarOp::Abs => $abs(a),
                    ScalarOp::Not => !a,
                    _ => return None,
                })
            }

            pub(super) fn $binary(op: ScalarOp, a: $t, b: $t) -> Option<$t> {
                Some(match op {
                    ScalarOp::Add => a.wrapping_add(b),
                    ScalarOp::Sub => a.wrapping_sub(b),
                    ScalarOp::Mul => a.wrapping_mul(b),
                    ScalarOp::Div if b == 0 => 0,
                    ScalarOp::Rem if b == 0 => 0,
                    ScalarOp::Div => a.wrapping_div(b),
                    ScalarOp::Rem => a.wrapping_rem(b),
                    ScalarOp::Min => a.min(b),
                    ScalarOp::Max => a.max(b),
                    ScalarOp::And => a & b,
                    ScalarOp::Or => a | b,
                    ScalarOp::Xor => a ^ b,
                    ScalarOp::Shl => a.wrapping_shl(b as u32),
                    ScalarOp::Shr => a.wrapping_shr(b as u32),
                    _ => return None,
                })
            }
        };
    }
    int!(unary_i32, binary_i32, i32, i32::wrapping_abs);
    int!(unary_i64, binary_i64, i64, i64::wrapping_abs);
    int!(unary_u32, binary_u32, u32, std::convert::identity);
    int!(unary_u64, binary_u64, u64, std::convert::identity);
}
