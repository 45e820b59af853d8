//! Elementwise operations that stay in their domain and bounded.

use super::Gen;
use super::scope::{Bound, Known};
use dfn_ir::function::Value;
use dfn_ir::ops::{
    Abs, Add, And, CompareOp, Convert, Cos, Div, Exp, Expm1, Fma, Log, Log1p, Max, Min, Mul, Neg,
    Not, Or, Pow, PowI, Rem, Round, Sech2, Select, Sigmoid, Sign, Sin, Sqrt, Sub, Tanh, Xor,
};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Op, Scalar, Type};

/// Larger numbers are brought back.
const LARGE: f64 = 8.0;

impl Gen<'_> {
    /// The result of an operation.
    pub fn op(&mut self, op: impl Into<Op>, args: &[Value]) -> Value {
        self.b.op(op, args).unwrap()
    }

    /// An integer constant.
    pub fn integer(&mut self, k: i64) -> Value {
        self.b.constant(Scalar::I64(k)).unwrap()
    }

    /// `x` everywhere in an array of type `ty`.
    pub fn fill(&mut self, x: f64, ty: &Type) -> Value {
        self.b.fill(x, ty).unwrap()
    }

    /// A known float, bounded: by `limit` exactly, if it was not.
    pub fn tamed(&mut self, value: Value, size: f64, limit: f64) -> Known {
        if size <= limit {
            return self.know(value, Bound::Float(size));
        }
        let ty = self.ty(value);
        let (value, size) = match self.random.below(4) {
            0 if limit >= 1.0 => (self.op(Sin, &[value]), 1.0),
            1 if limit >= 1.0 => (self.op(Tanh, &[value]), 1.0),
            _ => {
                let factor = self.fill(limit / size, &ty);
                (self.op(Mul, &[value, factor]), limit)
            }
        };
        self.know(value, Bound::Float(size))
    }

    /// A new float, brought back if it is large.
    pub fn float(&mut self, value: Value, size: f64) -> Known {
        self.tamed(value, size, LARGE)
    }

    /// One more elementwise operation.
    pub fn elementwise(&mut self) -> bool {
        let Some(x) = self.any_float(0..=3) else {
            return false;
        };
        let ty = self.ty(x.value);
        match self.random.below(12) {
            0..=3 => self.binary(&x, &ty),
            4..=6 => self.unary(&x, &ty),
            7 | 8 => self.composite(&x, &ty),
            9 => self.select(&x, &ty),
            10 => self.through_f32(&x),
            _ if self.policy.kinks || self.random.chance(30) => self.kink(&x, &ty),
            _ => self.binary(&x, &ty),
        };
        true
    }

    fn binary(&mut self, x: &Known, ty: &Type) -> Known {
        let y = self.want(ty);
        let (a, b) = (x.size(), y.size());
        match self.random.below(6) {
            0 => {
                let sum = self.op(Add, &[x.value, y.value]);
                self.float(sum, a + b)
            }
            1 => {
                let difference = self.op(Sub, &[x.value, y.value]);
                self.float(difference, a + b)
            }
            2 | 3 => {
                let product = self.op(Mul, &[x.value, y.value]);
                self.float(product, a * b)
            }
            _ => {
                let z = self.want(ty);
                let args = self.random.shuffled(&[x.clone(), y, z]);
                let sum = self.op(Fma, &[args[0].value, args[1].value, args[2].value]);
                self.float(sum, args[0].size() * args[1].size() + args[2].size())
            }
        }
    }

    fn unary(&mut self, x: &Known, ty: &Type) -> Known {
        let small = |cx: &mut Self| match x.size() <= 2.0 {
            true => x.clone(),
            false => cx.tamed(x.value, x.size(), 2.0),
        };
        let (op, size): (Op, f64) = match self.random.below(9) {
            0 => (Neg.into(), x.size()),
            1 | 2 => (Sin.into(), 1.0),
            3 => (Cos.into(), 1.0),
            4 => (Tanh.into(), 1.0),
            5 => (Sigmoid.into(), 1.0),
            6 => (Sech2.into(), 1.0),
            7 => {
                let x = small(self);
                let e = self.op(Exp, &[x.value]);
                return self.float(e, x.size().exp());
            }
            _ => {
                let x = small(self);
                let e = self.op(Expm1, &[x.value]);
                return self.float(e, x.size().exp() + 1.0);
            }
        };
        debug_assert_eq!(ty.dtype, DType::F64);
        let value = self.op(op, &[x.value]);
        self.float(value, size)
    }

    /// `1 + x²`.
    fn positive(&mut self, x: &Known, ty: &Type) -> (Value, f64) {
        let one = self.fill(1.0, ty);
        let value = self.op(Fma, &[x.value, x.value, one]);
        (value, 1.0 + x.size() * x.size())
    }

    /// `2 + sin x`, between 1 and 3.
    fn divisor(&mut self, x: &Known, ty: &Type) -> Value {
        let two = self.fill(2.0, ty);
        let sine = self.op(Sin, &[x.value]);
        self.op(Add, &[two, sine])
    }

    fn composite(&mut self, x: &Known, ty: &Type) -> Known {
        let (positive, size) = self.positive(x, ty);
        match self.random.below(8) {
            0 => {
                let log = self.op(Log, &[positive]);
                self.float(log, size.ln())
            }
            1 => {
                let square = self.op(Mul, &[x.value, x.value]);
                let log = self.op(Log1p, &[square]);
                self.float(log, size.ln())
            }
            2 => {
                let root = self.op(Sqrt, &[positive]);
                self.float(root, size.sqrt())
            }
            3 | 4 => {
                let y = self.want(ty);
                let divisor = self.divisor(&y, ty);
                let quotient = self.op(Div, &[x.value, divisor]);
                self.float(quotient, x.size())
            }
            5 => {
                let y = self.want(ty);
                let y = self.tamed(y.value, y.size(), 2.0);
                let power = self.op(Pow, &[positive, y.value]);
                self.float(power, size.powf(y.size()))
            }
            6 => {
                let n = self.random.below(4) as i32;
                let power = self.op(PowI { n }, &[x.value]);
                self.float(power, x.size().max(1.0).powi(n))
            }
            _ => {
                let n = -1 - self.random.below(2) as i32;
                let divisor = self.divisor(x, ty);
                let power = self.op(PowI { n }, &[divisor]);
                self.float(power, 1.0)
            }
        }
    }

    /// Truth values of shape and sizes of `ty`.
    pub fn condition(&mut self, ty: &Type) -> Value {
        let bools = ty.with_dtype(DType::Bool);
        if let Some(known) = self.find(|cx, k| *cx.b.ty(k.value) == bools)
            && self.random.chance(40)
        {
            return match self.random.below(3) {
                0 => self.op(Not, &[known.value]),
                _ => known.value,
            };
        }
        let (x, y) = (self.want(ty), self.want(ty));
        let how = self.random.pick(&[Compare::Lt, Compare::Lt, Compare::Le]);
        let mut truth = self.op(CompareOp { how }, &[x.value, y.value]);
        if self.random.chance(20)
            && let Some(other) = self.find(|cx, k| *cx.b.ty(k.value) == bools)
        {
            let op: Op = self.random.pick(&[And.into(), Or.into(), Xor.into()]);
            truth = self.op(op, &[truth, other.value]);
        }
        self.know(truth, Bound::Any).value
    }

    fn select(&mut self, x: &Known, ty: &Type) -> Known {
        let condition = self.condition(ty);
        let y = self.want(ty);
        let (x, y) = match self.random.chance(50) {
            true => (x.clone(), y),
            false => (y, x.clone()),
        };
        let value = self.op(Select, &[condition, x.value, y.value]);
        self.float(value, x.size().max(y.size()))
    }

    fn through_f32(&mut self, x: &Known) -> Known {
        let narrow = self.op(Convert { to: DType::F32 }, &[x.value]);
        let sine = self.op(Sin, &[narrow]);
        let product = self.op(Mul, &[sine, narrow]);
        let wide = self.op(Convert { to: DType::F64 }, &[product]);
        self.float(wide, x.size())
    }

    /// Functions with kinks or steps; a random argument does not lie on one.
    fn kink(&mut self, x: &Known, ty: &Type) -> Known {
        let y = self.want(ty);
        let (a, b) = (x.size(), y.size());
        let op: Op = match self.random.below(7) {
            0 => {
                let value = self.op(Abs, &[x.value]);
                return self.float(value, a);
            }
            1 => Max.into(),
            2 => Min.into(),
            3 => {
                use dfn_ir::scalar::ScalarOp::{Ceil, Floor, Nearest, Trunc};
                let to = self.random.pick(&[Floor, Ceil, Trunc, Nearest]);
                let value = self.op(Round { to }, &[x.value]);
                return self.float(value, a + 1.0);
            }
            4 => {
                let value = self.op(Sign, &[x.value]);
                return self.float(value, 1.0);
            }
            5 => {
                let divisor = self.divisor(&y, ty);
                let value = self.op(Rem, &[x.value, divisor]);
                return self.float(value, 3.0);
            }
            _ => Max.into(),
        };
        let value = self.op(op, &[x.value, y.value]);
        self.float(value, a.max(b))
    }
}
