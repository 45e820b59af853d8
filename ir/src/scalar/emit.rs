//! The builder that expansions of elementary functions are written against.
//!
//! An expansion is one generic function over [`Emit`]. Run on [`Evaluate`] it computes; run on the loop
//! IR's builder it emits code, for scalars or for vectors of any width. So an elementary function is the
//! same sequence of roundings everywhere.

use super::{Compare, DType, Scalar, ScalarOp, eval};

/// Something that takes scalar operations one at a time: an evaluator or a code builder.
///
/// Values are lane-wise: an implementation may carry any number of lanes, the expansion cannot tell.
pub trait Emit {
    /// A value; its type is known to the implementation.
    type Value: Copy;

    /// The constant `value` (in every lane).
    fn constant(&mut self, value: Scalar) -> Self::Value;

    /// The result of `op` on `args`.
    fn op(&mut self, op: ScalarOp, args: &[Self::Value]) -> Self::Value;

    /// `common` where `condition` is false and what `slow` computes where it is true. `slow` is skipped
    /// when no lane needs it, so it must be a function of values that exist already.
    fn rare(
        &mut self,
        condition: Self::Value,
        common: Self::Value,
        slow: impl FnOnce(&mut Self) -> Self::Value,
    ) -> Self::Value;

    /// What `body` computes, which is so long that code should have it once, however often a program needs it.
    /// `like` is any value of the result's type.
    fn apart(
        &mut self,
        like: Self::Value,
        body: impl FnOnce(&mut Self) -> Self::Value,
    ) -> Self::Value {
        let _ = like;
        body(self)
    }

    /// The binary64 constant `x`.
    fn f64(&mut self, x: f64) -> Self::Value {
        self.constant(Scalar::F64(x))
    }
    /// The signed 64-bit constant `x`.
    fn i64(&mut self, x: i64) -> Self::Value {
        self.constant(Scalar::I64(x))
    }
    /// `a + b`
    fn add(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Add, &[a, b])
    }
    /// `a - b`
    fn sub(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Sub, &[a, b])
    }
    /// `a * b`
    fn mul(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Mul, &[a, b])
    }
    /// `a / b`
    fn div(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Div, &[a, b])
    }
    /// `a * b + c`, rounded once
    fn fma(&mut self, a: Self::Value, b: Self::Value, c: Self::Value) -> Self::Value {
        self.op(ScalarOp::Fma, &[a, b, c])
    }
    /// `-a`
    fn neg(&mut self, a: Self::Value) -> Self::Value {
        self.op(ScalarOp::Neg, &[a])
    }
    /// `|a|`
    fn abs(&mut self, a: Self::Value) -> Self::Value {
        self.op(ScalarOp::Abs, &[a])
    }
    /// `a == b`
    fn eq(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Compare(Compare::Eq), &[a, b])
    }
    /// `a != b`
    fn ne(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Compare(Compare::Ne), &[a, b])
    }
    /// `a < b`
    fn lt(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Compare(Compare::Lt), &[a, b])
    }
    /// `a <= b`
    fn le(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Compare(Compare::Le), &[a, b])
    }
    /// `c ? a : b`
    fn select(&mut self, c: Self::Value, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Select, &[c, a, b])
    }
    /// The bits of `a` as `to`.
    fn bitcast(&mut self, a: Self::Value, to: DType) -> Self::Value {
        self.op(ScalarOp::Bitcast(to), &[a])
    }
    /// `a` converted to `to`.
    fn convert(&mut self, a: Self::Value, to: DType) -> Self::Value {
        self.op(ScalarOp::Convert(to), &[a])
    }
}

/// Computes an expansion directly, one lane.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evaluate;

impl Emit for Evaluate {
    type Value = Scalar;

    fn constant(&mut self, value: Scalar) -> Scalar {
        value
    }

    fn op(&mut self, op: ScalarOp, args: &[Scalar]) -> Scalar {
        eval(op, args).expect("an expansion is well typed")
    }

    fn rare(
        &mut self,
        condition: Scalar,
        common: Scalar,
        slow: impl FnOnce(&mut Self) -> Scalar,
    ) -> Scalar {
        if condition == Scalar::Bool(true) {
            slow(self)
        } else {
            common
        }
    }
}
