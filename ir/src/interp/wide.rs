//! Double-double arithmetic: every float, of either type, has 106 bits.
//!
//! Integers and truth values are those of the reference. A conversion between floats does not round, so
//! what runs in this arithmetic is the mathematical function, nearly.

use super::arithmetic::Arithmetic;
use crate::elementary::Elementary;
use crate::loops::interp::Meter;
use crate::numeric::DD;
use crate::scalar::{Compare, DType, Scalar, ScalarOp, eval};

/// A number of the double-double interpreter.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// A float.
    Float(DD),
    /// An integer or a truth value.
    Other(Scalar),
}

/// The arithmetic that derivatives are checked with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wide(
    /// The meter: counts nothing.
    (),
);

impl Arithmetic for Wide {
    type Element = Number;

    fn wrap(&self, value: Scalar) -> Number {
        match value {
            Scalar::F32(x) => Number::Float(DD::from(f64::from(x))),
            Scalar::F64(x) => Number::Float(DD::from(x)),
            other => Number::Other(other),
        }
    }

    fn unwrap(&self, element: Number, dtype: DType) -> Scalar {
        match element {
            Number::Float(x) if dtype == DType::F32 => Scalar::F32(x.to_f64() as f32),
            Number::Float(x) => Scalar::F64(x.to_f64()),
            Number::Other(x) => x,
        }
    }

    fn op(&mut self, op: ScalarOp, args: &[Number]) -> Number {
        let result = match (op, args) {
            (ScalarOp::Convert(to), &[x]) => Some(convert(x, to)),
            (ScalarOp::Bitcast(to), &[x]) => bitcast(x, to),
            (ScalarOp::Select, &[Number::Other(c), a, b]) => {
                Some(if c == Scalar::Bool(true) { a } else { b })
            }
            (_, &[Number::Float(a)]) => unary(op, a).map(Number::Float),
            (_, &[Number::Float(a), Number::Float(b)]) => binary(op, a, b),
            (ScalarOp::Fma, &[Number::Float(a), Number::Float(b), Number::Float(c)]) => {
                Some(Number::Float(a.mul_add(b, c)))
            }
            _ => others(op, args),
        };
        result.expect("the verifier checked the operands' types")
    }

    fn elementary(&mut self, f: Elementary, _: DType, args: &[Number]) -> Number {
        let result = match *args {
            [Number::Float(x)] => Some(elementary(f, x, x)),
            [Number::Float(x), Number::Float(y)] => Some(elementary(f, x, y)),
            _ => None,
        };
        Number::Float(result.expect("the verifier checked the operands' types"))
    }

    fn meter(&mut self) -> &mut dyn Meter {
        &mut self.0
    }
}

/// An operation on integers and truth values.
fn others(op: ScalarOp, args: &[Number]) -> Option<Number> {
    let mut scalars = smallvec::SmallVec::<[Scalar; 3]>::new();
    for arg in args {
        match arg {
            Number::Other(x) => scalars.push(*x),
            Number::Float(_) => return None,
        }
    }
    eval(op, &scalars).map(Number::Other)
}

fn convert(x: Number, to: DType) -> Number {
    match x {
        Number::Float(_) if to.is_float() => x,
        Number::Float(x) if to == DType::I64 => Number::Other(Scalar::I64(x.to_i64())),
        // Exact for the 32-bit types; a u64 above 2⁵³ loses bits.
        Number::Float(x) => {
            let whole = Scalar::F64(x.trunc().to_f64());
            let converted = eval(ScalarOp::Convert(to), &[whole]);
            Number::Other(converted.unwrap_or(Scalar::zero(to)))
        }
        Number::Other(Scalar::I64(x)) if to.is_float() => Number::Float(DD::from_i64(x)),
        Number::Other(Scalar::U64(x)) if to.is_float() => Number::Float(DD::from_u64(x)),
        Number::Other(x) => match eval(ScalarOp::Convert(to), &[x]) {
            Some(result) => Wide::default().wrap(result),
            None => Number::Other(Scalar::zero(to)),
        },
    }
}

// The bits of a float are those of its rounded value, which has the width of the other type.
fn bitcast(x: Number, to: DType) -> Option<Number> {
    let from = match to.bytes() {
        4 => DType::F32,
        _ => DType::F64,
    };
    let rounded = Wide::default().unwrap(x, from);
    eval(ScalarOp::Bitcast(to), &[rounded]).map(|x| Wide::default().wrap(x))
}

fn unary(op: ScalarOp, a: DD) -> Option<DD> {
    Some(match op {
        ScalarOp::Neg => -a,
        ScalarOp::Abs => a.abs(),
        ScalarOp::Sqrt => a.sqrt(),
        ScalarOp::Floor => a.floor(),
        ScalarOp::Ceil => a.ceil(),
        ScalarOp::Trunc => a.trunc(),
        ScalarOp::Nearest => a.nearest(),
        _ => return None,
    })
}

fn binary(op: ScalarOp, a: DD, b: DD) -> Option<Number> {
    let truth = |x| Some(Number::Other(Scalar::Bool(x)));
    Some(Number::Float(match op {
        ScalarOp::Add => a + b,
        ScalarOp::Sub => a - b,
        ScalarOp::Mul => a * b,
        ScalarOp::Div => a / b,
        ScalarOp::Rem => (-(a / b).trunc()).mul_add(b, a),
        ScalarOp::Min => a.min(b),
        ScalarOp::Max => a.max(b),
        ScalarOp::CopySign => a.copysign(b),
        ScalarOp::Compare(Compare::Eq) => return truth(a == b),
        ScalarOp::Compare(Compare::Ne) => return truth(a != b),
        ScalarOp::Compare(Compare::Lt) => return truth(a < b),
        ScalarOp::Compare(Compare::Le) => return truth(a <= b),
        _ => return None,
    }))
}

fn elementary(f: Elementary, x: DD, y: DD) -> DD {
    match f {
        Elementary::Exp => x.exp(),
        Elementary::Exp2 => x.exp2(),
        Elementary::Expm1 => x.expm1(),
        Elementary::Log => x.ln(),
        Elementary::Log2 => x.log2(),
        Elementary::Log10 => x.log10(),
        Elementary::Log1p => x.ln_1p(),
        Elementary::Sin => x.sin(),
        Elementary::Cos => x.cos(),
        Elementary::Tan => x.tan(),
        Elementary::SinPi => x.sinpi(),
        Elementary::CosPi => x.cospi(),
        Elementary::Tanh => x.tanh(),
        Elementary::Sech2 => x.sech2(),
        Elementary::Sigmoid => x.sigmoid(),
        Elementary::Softplus => x.softplus(),
        Elementary::Pow => x.pow(y),
        Elementary::Asin => x.asin(),
        Elementary::Acos => x.acos(),
        Elementary::Atan => x.atan(),
        Elementary::Atan2 => x.atan2(y),
        Elementary::Sinh => x.sinh(),
        Elementary::Cosh => x.cosh(),
        Elementary::Asinh => x.asinh(),
        Elementary::Acosh => x.acosh(),
        Elementary::Atanh => x.atanh(),
        Elementary::Cbrt => x.cbrt(),
        Elementary::Hypot => x.hypot(y),
        Elementary::Erf => x.erf(),
        Elementary::Erfc => x.erfc(),
        Elementary::Erfinv => x.erfinv(),
        Elementary::Lgamma => x.lgamma(),
        Elementary::Digamma => x.digamma(),
        Elementary::Trigamma => x.trigamma(),
    }
}
