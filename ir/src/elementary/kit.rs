//! Small helpers that the expansions are written with: constants, polynomials, error-free sums.

use crate::scalar::{DType, Emit, Scalar, ScalarOp};

/// The sign bit of a binary64 number.
pub(super) const SIGN: u64 = 1 << 63;
/// The smallest positive normal binary64 number.
pub(super) const MIN_NORMAL: f64 = f64::MIN_POSITIVE;

/// Combinators over [`Emit`] for binary64.
pub(super) trait Kit: Emit + Sized {
    /// `a + c`
    fn add_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.add(a, c)
    }
    /// `a * c`
    fn mul_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.mul(a, c)
    }
    /// `a * b + c`
    fn fma_k(&mut self, a: Self::Value, b: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.fma(a, b, c)
    }
    /// `a * m + b`
    fn scale_add(&mut self, a: Self::Value, m: f64, b: Self::Value) -> Self::Value {
        let m = self.f64(m);
        self.fma(a, m, b)
    }
    /// `c - a * b`
    fn fnma(&mut self, a: Self::Value, b: Self::Value, c: Self::Value) -> Self::Value {
        let a = self.neg(a);
        self.fma(a, b, c)
    }
    /// `a * b - c`
    fn fms(&mut self, a: Self::Value, b: Self::Value, c: Self::Value) -> Self::Value {
        let c = self.neg(c);
        self.fma(a, b, c)
    }
    /// `a < c`
    fn lt_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.lt(a, c)
    }
    /// `a <= c`
    fn le_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.le(a, c)
    }
    /// `a > c`
    fn gt_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.lt(c, a)
    }
    /// `a == c`
    fn eq_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.eq(a, c)
    }
    /// `min(a, c)`; a NaN stays.
    fn min_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.op(ScalarOp::Min, &[a, c])
    }
    /// `max(a, c)`; a NaN stays.
    fn max_k(&mut self, a: Self::Value, c: f64) -> Self::Value {
        let c = self.f64(c);
        self.op(ScalarOp::Max, &[a, c])
    }
    /// `c ? a : b` with constants.
    fn choose(&mut self, c: Self::Value, a: f64, b: f64) -> Self::Value {
        let (a, b) = (self.f64(a), self.f64(b));
        self.select(c, a, b)
    }
    /// `c ? -a : a`
    fn negate_if(&mut self, c: Self::Value, a: Self::Value) -> Self::Value {
        let minus = self.neg(a);
        self.select(c, minus, a)
    }
    /// `|a|` with the sign of `b`
    fn copysign(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::CopySign, &[a, b])
    }
    /// To the nearest integer, ties to even.
    fn nearest(&mut self, a: Self::Value) -> Self::Value {
        self.op(ScalarOp::Nearest, &[a])
    }
    /// Square root.
    fn sqrt(&mut self, a: Self::Value) -> Self::Value {
        self.op(ScalarOp::Sqrt, &[a])
    }
    /// Logical or bitwise not.
    fn not(&mut self, a: Self::Value) -> Self::Value {
        self.op(ScalarOp::Not, &[a])
    }
    /// Logical or bitwise and.
    fn and(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::And, &[a, b])
    }
    /// Logical or bitwise or.
    fn or(&mut self, a: Self::Value, b: Self::Value) -> Self::Value {
        self.op(ScalarOp::Or, &[a, b])
    }
    /// The unsigned constant `x`.
    fn u64(&mut self, x: u64) -> Self::Value {
        self.constant(Scalar::U64(x))
    }
    /// The bits of a float, as `u64`.
    fn bits(&mut self, a: Self::Value) -> Self::Value {
        self.bitcast(a, DType::U64)
    }
    /// The float with the bits `a: u64`.
    fn float(&mut self, a: Self::Value) -> Self::Value {
        self.bitcast(a, DType::F64)
    }
    /// `a & mask` on `u64`.
    fn and_k(&mut self, a: Self::Value, mask: u64) -> Self::Value {
        let mask = self.u64(mask);
        self.and(a, mask)
    }
    /// `a + c` on `u64`, wrapping.
    fn add_u(&mut self, a: Self::Value, c: u64) -> Self::Value {
        let c = self.u64(c);
        self.add(a, c)
    }
    /// `a << n` on `u64`.
    fn shl_k(&mut self, a: Self::Value, n: u64) -> Self::Value {
        let n = self.u64(n);
        self.op(ScalarOp::Shl, &[a, n])
    }
    /// `a >> n` on `u64`, zeros shifted in.
    fn shr_k(&mut self, a: Self::Value, n: u64) -> Self::Value {
        let n = self.u64(n);
        self.op(ScalarOp::Shr, &[a, n])
    }
    /// Whether `a & mask` is not zero, on `u64`.
    fn test(&mut self, a: Self::Value, mask: u64) -> Self::Value {
        let masked = self.and_k(a, mask);
        let zero = self.u64(0);
        self.ne(masked, zero)
    }
    /// Whether `a` is not within `[-limit, limit]`; true for NaN.
    fn beyond(&mut self, a: Self::Value, limit: f64) -> Self::Value {
        let magnitude = self.abs(a);
        let within = self.le_k(magnitude, limit);
        self.not(within)
    }
    /// `c0 + x (c1 + x (c2 + …))` for `coefficients = [c0, c1, c2, …]`, by fma.
    fn horner(&mut self, x: Self::Value, coefficients: &[f64]) -> Self::Value {
        let mut terms = coefficients.iter().rev();
        let mut sum = self.f64(terms.next().copied().unwrap_or(0.0));
        for &c in terms {
            sum = self.fma_k(sum, x, c);
        }
        sum
    }
    /// The same with the even and the odd powers apart, for a given `x²`: as many operations, of which half
    /// wait for each other.
    fn two_chains(
        &mut self,
        x: Self::Value,
        square: Self::Value,
        coefficients: &[f64],
    ) -> Self::Value {
        let every_other = |from: usize| coefficients.iter().copied().skip(from).step_by(2);
        let (even, odd): (Vec<f64>, Vec<f64>) =
            (every_other(0).collect(), every_other(1).collect());
        let (even, odd) = (self.horner(square, &even), self.horner(square, &odd));
        self.fma(odd, x, even)
    }
    /// `(s, r)` with `s = a + b` rounded and `s + r = a + b` exactly, if `|a| >= |b|` or `a = 0`.
    fn fast_two_sum(&mut self, a: Self::Value, b: Self::Value) -> (Self::Value, Self::Value) {
        let s = self.add(a, b);
        let back = self.sub(s, a);
        (s, self.sub(b, back))
    }
    /// `(s, r)` with `s = a + b` rounded and `s + r = a + b` exactly.
    fn two_sum(&mut self, a: Self::Value, b: Self::Value) -> (Self::Value, Self::Value) {
        let s = self.add(a, b);
        let b1 = self.sub(s, a);
        let a1 = self.sub(s, b1);
        let db = self.sub(b, b1);
        let da = self.sub(a, a1);
        (s, self.add(da, db))
    }
    /// `(p, r)` with `p = a * b` rounded and `p + r = a * b` exactly.
    fn two_mul(&mut self, a: Self::Value, b: Self::Value) -> (Self::Value, Self::Value) {
        let p = self.mul(a, b);
        (p, self.fms(a, b, p))
    }
    /// `(ah + al) (bh + bl)` as a rounded product and its correction.
    fn mul_dd(
        &mut self,
        a: (Self::Value, Self::Value),
        b: (Self::Value, Self::Value),
    ) -> (Self::Value, Self::Value) {
        let (p, r) = self.two_mul(a.0, b.0);
        let r = self.fma(a.0, b.1, r);
        (p, self.fma(a.1, b.0, r))
    }
    /// `(ah + al) / (bh + bl)` rounded nearly once: the quotient and one correction.
    fn div_dd(
        &mut self,
        a: (Self::Value, Self::Value),
        b: (Self::Value, Self::Value),
    ) -> (Self::Value, Self::Value) {
        let inverse = {
            let one = self.f64(1.0);
            self.div(one, b.0)
        };
        let q = self.mul(a.0, inverse);
        let rest = self.fnma(q, b.0, a.0);
        let rest = self.add(rest, a.1);
        let rest = self.fnma(q, b.1, rest);
        (q, self.mul(rest, inverse))
    }
}

impl<E: Emit> Kit for E {}
