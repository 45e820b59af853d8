//! What an elementwise operation computes for each element.

use crate::elementary::Elementary;
use crate::scalar::{Compare, DType, Emit, Scalar, ScalarOp};

/// The computation on one element; engines run it on scalars and on vectors alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// One scalar operation.
    Op(ScalarOp),
    /// An elementary function.
    Elementary(Elementary),
    /// `x` to a constant integer power, by squaring from the highest bit; `1 / x^|n|` for negative `n`.
    PowI(i32),
    /// `x % y`, with the sign of `x`; exact for floats.
    Remainder,
    /// `x * y`, and 0 where `x` or `y` is.
    Scale,
    /// -1, 0 or 1 with the sign of `x`; ±0 and NaN stay.
    Sign,
    /// `x` itself.
    Same,
}

/// An elementwise primitive.
pub(crate) trait Elementwise {
    /// What it computes for each element.
    fn kernel(&self) -> Kernel;
}

impl Kernel {
    /// The number of operands.
    pub fn arity(self) -> usize {
        match self {
            Kernel::Op(op) => op.arity(),
            Kernel::Elementary(f) => f.arity(),
            Kernel::PowI(_) | Kernel::Sign | Kernel::Same => 1,
            Kernel::Remainder | Kernel::Scale => 2,
        }
    }

    /// The type of the result for (last) operands of type `dtype`; `None` where it is not defined.
    pub fn result(self, dtype: DType) -> Option<DType> {
        match self {
            Kernel::Op(op) => op.result(dtype),
            Kernel::Elementary(_) | Kernel::PowI(_) | Kernel::Scale | Kernel::Same => {
                dtype.is_float().then_some(dtype)
            }
            Kernel::Sign | Kernel::Remainder => (dtype != DType::Bool).then_some(dtype),
        }
    }

    /// Emits the computation; `dtype` is the type of the (last) operand.
    pub fn emit<E: Emit>(self, e: &mut E, dtype: DType, args: &[E::Value]) -> E::Value {
        match (self, args) {
            (Kernel::PowI(n), &[x]) => powi(e, dtype, x, n),
            (Kernel::Sign, &[x]) => sign(e, dtype, x),
            (Kernel::Same, &[x]) => x,
            (Kernel::Remainder, &[x, y]) => super::remainder::remainder(e, dtype, x, y),
            (Kernel::Scale, &[x, y]) => scale(e, dtype, x, y),
            (Kernel::Op(op), _) => e.op(op, args),
            (Kernel::Elementary(f), _) => f.expand(e, dtype, args),
            _ => e.constant(Scalar::zero(dtype)),
        }
    }
}

fn number<E: Emit>(e: &mut E, dtype: DType, x: i64) -> E::Value {
    let value = crate::scalar::eval(ScalarOp::Convert(dtype), &[Scalar::I64(x)]);
    e.constant(value.unwrap_or(Scalar::zero(dtype)))
}

fn powi<E: Emit>(e: &mut E, dtype: DType, x: E::Value, n: i32) -> E::Value {
    let magnitude = n.unsigned_abs();
    if magnitude == 0 {
        return number(e, dtype, 1);
    }
    let mut power = x;
    let bits = 31 - magnitude.leading_zeros();
    for bit in (0..bits).rev() {
        power = e.mul(power, power);
        if magnitude >> bit & 1 == 1 {
            power = e.mul(power, x);
        }
    }
    if n < 0 {
        let one = number(e, dtype, 1);
        power = e.div(one, power);
    }
    power
}

fn sign<E: Emit>(e: &mut E, dtype: DType, x: E::Value) -> E::Value {
    let zero = number(e, dtype, 0);
    let one = number(e, dtype, 1);
    let positive = e.op(ScalarOp::Compare(Compare::Lt), &[zero, x]);
    let rest = match dtype.is_float() || dtype.is_signed() {
        true => {
            let minus = e.neg(one);
            let negative = e.lt(x, zero);
            e.select(negative, minus, x)
        }
        false => x,
    };
    e.select(positive, one, rest)
}

fn scale<E: Emit>(e: &mut E, dtype: DType, x: E::Value, y: E::Value) -> E::Value {
    let zero = number(e, dtype, 0);
    // The second comparison takes the mask of the first, so this is one instruction less than asking for zeros.
    let (some_x, some_y) = (e.ne(x, zero), e.ne(y, zero));
    let both = e.op(ScalarOp::And, &[some_x, some_y]);
    let product = e.mul(x, y);
    e.select(both, product, zero)
}
