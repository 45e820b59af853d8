//! Scalar operations on slots: one function for each operation and type.
//!
//! These are the rows of `docs/scalars.md` once more, on bits instead of [`crate::scalar::Scalar`]; a
//! test compares each with [`mod@crate::scalar::eval`].

use crate::scalar::{Compare, DType, Scalar, ScalarOp};

/// Where the operands of an operation are. The result overlaps no operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operands {
    pub(super) out: usize,
    pub(super) args: [usize; 3],
    pub(super) lanes: usize,
}

/// Computes all lanes of one operation.
pub(super) type Kernel = fn(&mut [u64], Operands);

/// A slot; the decoder gives only positions inside.
pub(super) fn get(slots: &[u64], at: usize) -> u64 {
    *slots.get(at).expect("a slot of the frame")
}

/// Writes a slot; the decoder gives only positions inside.
pub(super) fn set(slots: &mut [u64], at: usize, bits: u64) {
    *slots.get_mut(at).expect("a slot of the frame") = bits;
}

/// A number in a slot.
trait Slot: Copy {
    fn from_slot(bits: u64) -> Self;
    fn to_slot(self) -> u64;
}

macro_rules! slot {
    ($t:ty, |$bits:ident| $from:expr, |$x:ident| $to:expr) => {
        impl Slot for $t {
            #[inline]
            fn from_slot($bits: u64) -> $t {
                $from
            }
            #[inline]
            fn to_slot(self) -> u64 {
                let $x = self;
                $to
            }
        }
    };
}
slot!(f32, |b| f32::from_bits(b as u32), |x| u64::from(
    x.to_bits()
));
slot!(f64, |b| f64::from_bits(b), |x| x.to_bits());
slot!(i32, |b| b as i32, |x| u64::from(x as u32));
slot!(i64, |b| b as i64, |x| x as u64);
slot!(u32, |b| b as u32, |x| u64::from(x));
slot!(u64, |b| b, |x| x);
slot!(bool, |b| b != 0, |x| u64::from(x));

/// A kernel from an expression of one, two or three operands.
macro_rules! kernel {
    (|$a:ident: $ta:ty| $e:expr) => {{
        fn run(slots: &mut [u64], o: Operands) {
            let [a, ..] = o.args;
            for lane in 0..o.lanes {
                let $a = <$ta>::from_slot(get(slots, a + lane));
                set(slots, o.out + lane, Slot::to_slot($e));
            }
        }
        run as Kernel
    }};
    (|$a:ident: $ta:ty, $b:ident: $tb:ty| $e:expr) => {{
        fn run(slots: &mut [u64], o: Operands) {
            let [a, b, _] = o.args;
            for lane in 0..o.lanes {
                let $a = <$ta>::from_slot(get(slots, a + lane));
                let $b = <$tb>::from_slot(get(slots, b + lane));
                set(slots, o.out + lane, Slot::to_slot($e));
            }
        }
        run as Kernel
    }};
    (|$a:ident: $ta:ty, $b:ident: $tb:ty, $c:ident: $tc:ty| $e:expr) => {{
        fn run(slots: &mut [u64], o: Operands) {
            let [a, b, c] = o.args;
            for lane in 0..o.lanes {
                let $a = <$ta>::from_slot(get(slots, a + lane));
                let $b = <$tb>::from_slot(get(slots, b + lane));
                let $c = <$tc>::from_slot(get(slots, c + lane));
                set(slots, o.out + lane, Slot::to_slot($e));
            }
        }
        run as Kernel
    }};
}

/// The kernel of `op` on operands of type `dtype` (of a `select`, its last two).
pub(super) fn kernel(op: ScalarOp, dtype: DType) -> Option<Kernel> {
    match op {
        ScalarOp::Select => Some(kernel!(|c: bool, a: u64, b: u64| if c { a } else { b })),
        ScalarOp::Bitcast(_) => Some(bitcast(dtype)),
        ScalarOp::Convert(to) => convert(dtype, to),
        ScalarOp::Compare(how) => Some(compare(how, dtype)),
        _ => match dtype {
            DType::F32 => float_f32(op),
            DType::F64 => float_f64(op),
            DType::I32 => int_i32(op),
            DType::I64 => int_i64(op),
            DType::U32 => int_u32(op),
            DType::U64 => int_u64(op),
            DType::Bool => truth(op),
        },
    }
}

fn bitcast(from: DType) -> Kernel {
    match from {
        DType::F32 => kernel!(|a: f32| Scalar::F32(a).to_bits()),
        DType::F64 => kernel!(|a: f64| Scalar::F64(a).to_bits()),
        _ => kernel!(|a: u64| a),
    }
}

fn convert(from: DType, to: DType) -> Option<Kernel> {
    macro_rules! to {
        ($t:ty) => {
            match to {
                DType::F32 => kernel!(|a: $t| a as f32),
                DType::F64 => kernel!(|a: $t| a as f64),
                DType::I32 => kernel!(|a: $t| a as i32),
                DType::I64 => kernel!(|a: $t| a as i64),
                DType::U32 => kernel!(|a: $t| a as u32),
                DType::U64 => kernel!(|a: $t| a as u64),
                DType::Bool => return None,
            }
        };
    }
    Some(match from {
        DType::F32 => to!(f32),
        DType::F64 => to!(f64),
        DType::I32 => to!(i32),
        DType::I64 => to!(i64),
        DType::U32 => to!(u32),
        DType::Bool if to == DType::Bool => kernel!(|a: u64| a),
        DType::U64 | DType::Bool => to!(u64),
    })
}

fn compare(how: Compare, dtype: DType) -> Kernel {
    macro_rules! by {
        ($t:ty) => {
            match how {
                Compare::Eq => kernel!(|a: $t, b: $t| a == b),
                Compare::Ne => kernel!(|a: $t, b: $t| a != b),
                Compare::Lt => kernel!(|a: $t, b: $t| a < b),
                Compare::Le => kernel!(|a: $t, b: $t| a <= b),
            }
        };
    }
    match dtype {
        DType::F32 => by!(f32),
        DType::F64 => by!(f64),
        DType::I32 => by!(i32),
        DType::I64 => by!(i64),
        DType::U32 => by!(u32),
        DType::U64 | DType::Bool => by!(u64),
    }
}

macro_rules! float {
    ($name:ident, $t:ty) => {
        fn $name(op: ScalarOp) -> Option<Kernel> {
            Some(match op {
                ScalarOp::Neg => kernel!(|a: $t| -a),
                ScalarOp::Abs => kernel!(|a: $t| a.abs()),
                ScalarOp::Sqrt => kernel!(|a: $t| a.sqrt()),
                ScalarOp::Floor => kernel!(|a: $t| a.floor()),
                ScalarOp::Ceil => kernel!(|a: $t| a.ceil()),
                ScalarOp::Trunc => kernel!(|a: $t| a.trunc()),
                ScalarOp::Nearest => kernel!(|a: $t| a.round_ties_even()),
                ScalarOp::Add => kernel!(|a: $t, b: $t| a + b),
                ScalarOp::Sub => kernel!(|a: $t, b: $t| a - b),
                ScalarOp::Mul => kernel!(|a: $t, b: $t| a * b),
                ScalarOp::Div => kernel!(|a: $t, b: $t| a / b),
                ScalarOp::Rem => kernel!(|a: $t, b: $t| (-(a / b).trunc()).mul_add(b, a)),
                ScalarOp::Min => kernel!(|a: $t, b: $t| if a < b || a.is_nan() { a } else { b }),
                ScalarOp::Max => kernel!(|a: $t, b: $t| if a > b || a.is_nan() { a } else { b }),
                ScalarOp::CopySign => {
                    kernel!(|a: $t, b: $t| if b.is_nan() { a.abs() } else { a.copysign(b) })
                }
                ScalarOp::Fma => kernel!(|a: $t, b: $t, c: $t| a.mul_add(b, c)),
                _ => return None,
            })
        }
    };
}
float!(float_f32, f32);
float!(float_f64, f64);

macro_rules! int {
    ($name:ident, $t:ty, $abs:expr) => {
        fn $name(op: ScalarOp) -> Option<Kernel> {
            Some(match op {
                ScalarOp::Neg => kernel!(|a: $t| a.wrapping_neg()),
                ScalarOp::Abs => kernel!(|a: $t| $abs(a)),
                ScalarOp::Not => kernel!(|a: $t| !a),
                ScalarOp::Add => kernel!(|a: $t, b: $t| a.wrapping_add(b)),
                ScalarOp::Sub => kernel!(|a: $t, b: $t| a.wrapping_sub(b)),
                ScalarOp::Mul => kernel!(|a: $t, b: $t| a.wrapping_mul(b)),
                ScalarOp::Div => {
                    kernel!(|a: $t, b: $t| if b == 0 { 0 } else { a.wrapping_div(b) })
                }
                ScalarOp::Rem => {
                    kernel!(|a: $t, b: $t| if b == 0 { 0 } else { a.wrapping_rem(b) })
                }
                ScalarOp::Min => kernel!(|a: $t, b: $t| a.min(b)),
                ScalarOp::Max => kernel!(|a: $t, b: $t| a.max(b)),
                ScalarOp::And => kernel!(|a: $t, b: $t| a & b),
                ScalarOp::Or => kernel!(|a: $t, b: $t| a | b),
                ScalarOp::Xor => kernel!(|a: $t, b: $t| a ^ b),
                ScalarOp::Shl => kernel!(|a: $t, b: $t| a.wrapping_shl(b as u32)),
                ScalarOp::Shr => kernel!(|a: $t, b: $t| a.wrapping_shr(b as u32)),
                _ => return None,
            })
        }
    };
}
int!(int_i32, i32, i32::wrapping_abs);
int!(int_i64, i64, i64::wrapping_abs);
int!(int_u32, u32, std::convert::identity);
int!(int_u64, u64, std::convert::identity);

fn truth(op: ScalarOp) -> Option<Kernel> {
    Some(match op {
        ScalarOp::Not => kernel!(|a: bool| !a),
        ScalarOp::And => kernel!(|a: bool, b: bool| a & b),
        ScalarOp::Or => kernel!(|a: bool, b: bool| a | b),
        ScalarOp::Xor => kernel!(|a: bool, b: bool| a ^ b),
        _ => return None,
    })
}
