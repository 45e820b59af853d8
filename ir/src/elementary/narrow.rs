//! Binary32 functions of their own: `exp`, `log`, `log1p`, `sin`, `cos` in binary32 throughout, so that a
//! vector holds twice as many lanes as in binary64; `expm1`, `tanh`, `sigmoid`, `erf`, `pow` in binary64
//! with shorter polynomials than the binary64 functions have. At most 1 ulp.
//!
//! What is special (subnormal, infinite, huge, of the wrong sign) goes through the binary64 function.

use super::kit::Kit;
use super::{exp, log, pow as wide_pow, trig};
use crate::scalar::{DType, Emit, Scalar, ScalarOp};

/// Combinators for binary32.
trait Narrow: Emit + Sized {
    fn c(&mut self, x: f32) -> Self::Value {
        self.constant(Scalar::F32(x))
    }
    fn u(&mut self, x: u32) -> Self::Value {
        self.constant(Scalar::U32(x))
    }
    /// `a * b + c`
    fn fma_c(&mut self, a: Self::Value, b: Self::Value, c: f32) -> Self::Value {
        let c = self.c(c);
        self.fma(a, b, c)
    }
    /// `a * m + b`
    fn scale_c(&mut self, a: Self::Value, m: f32, b: Self::Value) -> Self::Value {
        let m = self.c(m);
        self.fma(a, m, b)
    }
    /// `c0 + x (c1 + x (c2 + …))`
    fn horner_c(&mut self, x: Self::Value, coefficients: &[f32]) -> Self::Value {
        let mut terms = coefficients.iter().rev();
        let mut sum = self.c(terms.next().copied().unwrap_or(0.0));
        for &c in terms {
            sum = self.fma_c(sum, x, c);
        }
        sum
    }
    /// Whether `a` is not within `[-limit, limit]`; true for NaN.
    fn outside(&mut self, a: Self::Value, limit: f32) -> Self::Value {
        let magnitude = self.abs(a);
        let limit = self.c(limit);
        let within = self.le(magnitude, limit);
        self.not(within)
    }
    /// `f(x)` in binary64, rounded.
    fn through(
        &mut self,
        x: Self::Value,
        f: impl FnOnce(&mut Self, Self::Value) -> Self::Value,
    ) -> Self::Value {
        let wide = self.convert(x, DType::F64);
        let value = f(self, wide);
        self.convert(value, DType::F32)
    }
}

impl<E: Emit> Narrow for E {}

/// `1.5 · 2^23`: adding it rounds to an integer and leaves that in the low bits.
const ROUND: f32 = 12582912.0;
/// The same and 127.
const ROUND_BIASED: f32 = 12583039.0;
/// ln 2 in two parts; the first has 10 bits, so that its product with an exponent is exact.
const LN2: [f32; 2] = [0.693_359_4, -0.00021219444];

/// `(e^r - 1 - r) / r²` for `|r| <= ln 2 / 2`: error of `e^r` below 2^-28.
const EXP: [f32; 5] = [0.5, 0.16666521, 0.04166639, 0.008_368_679, 0.0013941878];

/// `e^x`: `x = k ln 2 + r`, `2^k (1 + (r + r² P(r)))`.
pub(super) fn exp<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let (log2_e, round) = (e.c(std::f32::consts::LOG2_E), e.c(ROUND_BIASED));
    let shifted = e.fma(x, log2_e, round);
    let k = e.sub(shifted, round);
    let r = e.scale_c(k, -LN2[0], x);
    let r = e.scale_c(k, -LN2[1], r);
    let p = e.horner_c(r, &EXP);
    let square = e.mul(r, r);
    let t = e.fma(square, p, r);
    let one = e.c(1.0);
    let value = e.add(one, t);
    let bits = e.bitcast(shifted, DType::U32);
    let places = e.u(23);
    let bits = e.op(ScalarOp::Shl, &[bits, places]);
    let scale = e.bitcast(bits, DType::F32);
    let common = e.mul(value, scale);
    let extreme = e.outside(x, 87.3);
    e.rare(extreme, common, |e| e.through(x, exp::exp_wide))
}

/// `(log(1 + f) - f + f²/2) / f³` for `sqrt(1/2) <= 1 + f < sqrt(2)`: error of `log(1 + f)` below 2^-30.
const LOG: [f32; 9] = [
    0.33333313,
    -0.2500001,
    0.20002072,
    -0.16667989,
    0.14220358,
    -0.12406234,
    0.11883549,
    -0.116701014,
    0.06749272,
];

const ONE: u32 = 0x3f80_0000;
const SQRT_HALF: u32 = 0x3f35_04f3;

/// `k`, `m - 1` and the biased exponent in place, for positive normal `x = 2^k m`.
fn split<E: Emit>(e: &mut E, x: E::Value) -> [E::Value; 3] {
    let bits = e.bitcast(x, DType::U32);
    let offset = e.u(ONE - SQRT_HALF);
    let shifted = e.add(bits, offset);
    let places = e.u(23);
    let biased = e.op(ScalarOp::Shr, &[shifted, places]);
    // An integer below 2^23 in the low bits of 2^23 is that integer added to it.
    let two_23 = e.u(0x4b00_0000);
    let float = e.or(biased, two_23);
    let float = e.bitcast(float, DType::F32);
    let bias = e.c(8388608.0 + 127.0);
    let k = e.sub(float, bias);
    let mask = e.u(0x7f80_0000);
    let field = e.and(shifted, mask);
    let mantissa = e.sub(bits, field);
    let one = e.u(ONE);
    let mantissa = e.add(mantissa, one);
    let mantissa = e.bitcast(mantissa, DType::F32);
    let one = e.c(1.0);
    [k, e.sub(mantissa, one), field]
}

/// `k ln 2 + log(1 + f + low)`; `low` is at most a rounding error of `f`.
fn assemble<E: Emit>(e: &mut E, k: E::Value, f: E::Value, low: Option<E::Value>) -> E::Value {
    let p = e.horner_c(f, &LOG);
    let square = e.mul(f, f);
    let inner = e.fma_c(f, p, -0.5);
    let tail = match low {
        None => e.mul(square, inner),
        Some(low) => e.fma(square, inner, low),
    };
    let tail = e.scale_c(k, LN2[1], tail);
    let high = e.c(LN2[0]);
    let base = e.mul(k, high);
    let (high, rest) = e.fast_two_sum(base, f);
    let rest = e.add(rest, tail);
    e.add(high, rest)
}

/// Natural logarithm.
pub(super) fn log<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let [k, f, _] = split(e, x);
    let common = assemble(e, k, f, None);
    let (least, infinity) = (e.c(f32::MIN_POSITIVE), e.c(f32::INFINITY));
    let above = e.le(least, x);
    let below = e.lt(x, infinity);
    let usual = e.and(above, below);
    let rare = e.not(usual);
    e.rare(rare, common, |e| e.through(x, log::log))
}

/// `log(1 + x)`: `1 + x = u + c` exactly, `u = 2^k m`, `f + low = (m - 1) + 2^-k c`.
pub(super) fn log1p<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let one = e.c(1.0);
    let (u, c) = e.two_sum(one, x);
    let [k, f, field] = split(e, u);
    let twice = e.u(2 * ONE);
    let inverse = e.sub(twice, field);
    let inverse = e.bitcast(inverse, DType::F32);
    let c = e.mul(c, inverse);
    let (f, low) = e.two_sum(f, c);
    let common = assemble(e, k, f, Some(low));
    let common = e.copysign(common, x);
    let (least, most) = (e.c(-0.999), e.c(1e30));
    let above = e.lt(least, x);
    let below = e.lt(x, most);
    let usual = e.and(above, below);
    let rare = e.not(usual);
    e.rare(rare, common, |e| e.through(x, log::log1p))
}

/// pi/2 in three parts: 24 bits, 16 bits (so that its product with `n <= 2^7` is exact), 24 bits.
const HALF_PI: [f32; 3] = [std::f32::consts::FRAC_PI_2, -4.3711225e-08, -1.6513996e-13];
/// `(sin r / r - 1) / r²` by `r²`, for `|r| <= pi/4`: error below 2^-32.
const SIN: [f32; 4] = [-0.16666667, 0.00833338, -0.00019853498, 2.837247e-6];
/// `(cos r - 1 + r²/2) / r⁴` by `r²`: error below 2^-32.
const COS: [f32; 3] = [0.041666646, -0.0013887301, 2.4430668e-5];
/// The largest angle that is reduced in binary32.
const NEAR: f32 = 200.0;

/// `sin(x + turn pi/2)`. `x - n p0` is exact. Then either it is below 2^-17 and its difference with `n p1` is
/// exact, or it is above `n p1` and the rounding error of the difference is, which is kept.
fn wave<E: Emit>(e: &mut E, x: E::Value, turn: u32) -> E::Value {
    let (two_over_pi, round) = (e.c(std::f32::consts::FRAC_2_PI), e.c(ROUND));
    let shifted = e.fma(x, two_over_pi, round);
    let n = e.sub(shifted, round);
    let first = e.scale_c(n, -HALF_PI[0], x);
    let r = e.scale_c(n, -HALF_PI[1], first);
    let low = e.sub(first, r);
    let low = e.scale_c(n, -HALF_PI[1], low);
    let low = e.scale_c(n, -HALF_PI[2], low);

    let z = e.mul(r, r);
    let (one, half) = (e.c(1.0), e.c(0.5));
    let half = e.mul(z, half);
    let w = e.sub(one, half);
    let s = e.horner_c(z, &SIN);
    let cube = e.mul(z, r);
    let tail = e.mul(low, w);
    let tail = e.fma(cube, s, tail);
    let sine = e.add(r, tail);

    let c = e.horner_c(z, &COS);
    let fourth = e.mul(z, z);
    let back = e.sub(one, w);
    let error = e.sub(back, half);
    let tail = e.fnma(r, low, error);
    let tail = e.fma(fourth, c, tail);
    let cosine = e.add(w, tail);

    let mut quarter = e.bitcast(shifted, DType::U32);
    if turn > 0 {
        let turn = e.u(turn);
        quarter = e.add(quarter, turn);
    }
    let (bit, zero) = (e.u(1), e.u(0));
    let odd = e.and(quarter, bit);
    let odd = e.ne(odd, zero);
    let value = e.select(odd, cosine, sine);
    let places = e.u(30);
    let sign = e.op(ScalarOp::Shl, &[quarter, places]);
    let mask = e.u(1 << 31);
    let sign = e.and(sign, mask);
    let bits = e.bitcast(value, DType::U32);
    let bits = e.op(ScalarOp::Xor, &[bits, sign]);
    e.bitcast(bits, DType::F32)
}

/// Sine.
pub(super) fn sin<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let common = wave(e, x, 0);
    let zero = e.c(0.0);
    let zero = e.eq(x, zero);
    let common = e.select(zero, x, common);
    let huge = e.outside(x, NEAR);
    e.rare(huge, common, |e| e.through(x, trig::sin))
}

/// Cosine.
pub(super) fn cos<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let common = wave(e, x, 1);
    let huge = e.outside(x, NEAR);
    e.rare(huge, common, |e| e.through(x, trig::cos))
}

/// `(e^r - 1 - r) / r²` for `|r| <= ln 2 / 2` in binary64: error of `e^r - 1` below 2^-32.
const SHORT_EXP: [f64; 6] = [
    0.500000004641431,
    0.1666666681708688,
    0.041666354661520105,
    0.008333273048070109,
    0.0013941008465843485,
    0.00019914170960477363,
];

/// `e^(k ln 2 + r)` in binary64 as `2^k` and `e^r - 1`; the number in the low bits of `shifted` is `k + 1023`.
fn short<E: Emit>(e: &mut E, shifted: E::Value, r: E::Value) -> (E::Value, E::Value) {
    let p = e.horner(r, &SHORT_EXP);
    let square = e.mul(r, r);
    let t = e.fma(square, p, r);
    let bits = e.bits(shifted);
    let bits = e.shl_k(bits, 52);
    (e.float(bits), t)
}

/// `1.5 · 2^52 + 1023`.
const WIDE_ROUND: f64 = 6755399441056767.0;

/// `e^x` in binary64 as `2^k` and `e^r - 1`, for `|x| < 700`.
fn short_exp<E: Emit>(e: &mut E, x: E::Value) -> (E::Value, E::Value) {
    let (log2_e, round) = (e.f64(std::f64::consts::LOG2_E), e.f64(WIDE_ROUND));
    let shifted = e.fma(x, log2_e, round);
    let k = e.sub(shifted, round);
    let r = e.scale_add(k, -std::f64::consts::LN_2, x);
    short(e, shifted, r)
}

/// `e^x - 1` in binary64: `2^k (e^r - 1) + (2^k - 1)`.
fn short_expm1<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let (scale, t) = short_exp(e, x);
    let rest = e.add_k(scale, -1.0);
    e.fma(scale, t, rest)
}

/// `e^x - 1`.
pub(super) fn expm1<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let value = e.through(x, |e, x| {
        let x = e.max_k(x, -110.0);
        let x = e.min_k(x, 130.0);
        short_expm1(e, x)
    });
    e.copysign(value, x)
}

/// `tanh x = E / (E + 2)`, `E = e^(2|x|) - 1`.
pub(super) fn tanh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let value = e.through(magnitude, |e, x| {
        // tanh(10) rounds to 1.
        let x = e.min_k(x, 10.0);
        let twice = e.add(x, x);
        let above = short_expm1(e, twice);
        let below = e.add_k(above, 2.0);
        e.div(above, below)
    });
    e.copysign(value, x)
}

/// `1 / (1 + e^-x)`.
pub(super) fn sigmoid<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    e.through(x, |e, x| {
        let x = e.max_k(x, -120.0);
        let x = e.min_k(x, 120.0);
        let x = e.neg(x);
        let (scale, t) = short_exp(e, x);
        let power = e.fma(scale, t, scale);
        let below = e.add_k(power, 1.0);
        let one = e.f64(1.0);
        e.div(one, below)
    })
}

/// `erf(x) / x` by `x²`, for `0 <= x <= 1`: error below 2^-34.
const ERF: [f64; 8] = [
    1.1283791670580245,
    -0.3761263843466129,
    0.11283781974221156,
    -0.026865400047696896,
    0.005220945446235749,
    -0.0008482829016374354,
    0.000112569490061569,
    -9.641518867661598e-6,
];
/// `-log(erfc x) / x` by `x`, for `0.9 <= x <= 4`: error of `erf` below 2^-34.
const ERFC: [f64; 9] = [
    1.1284537895900515,
    0.6361561253374088,
    0.10402955611094478,
    -0.021071638579005264,
    0.0016568403494079626,
    0.000583502894545007,
    -0.0002378321451552954,
    3.75267653880436e-5,
    -2.360258990352086e-6,
];

/// Error function.
pub(super) fn erf<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let value = e.through(magnitude, |e, x| {
        let square = e.mul(x, x);
        let inner = e.horner(square, &ERF);
        let inner = e.mul(inner, x);
        // erf(4) rounds to 1.
        let clamped = e.min_k(x, 4.0);
        let exponent = e.horner(clamped, &ERFC);
        let exponent = e.mul(exponent, clamped);
        let exponent = e.neg(exponent);
        let (scale, t) = short_exp(e, exponent);
        let one = e.f64(1.0);
        let outer = e.sub(one, scale);
        let outer = e.fnma(scale, t, outer);
        let small = e.lt_k(x, 0.95);
        e.select(small, inner, outer)
    });
    e.copysign(value, x)
}

/// `(log((1 + s) / (1 - s)) / s - 2) / s²` by `s²` for `|s| <= 0.172`, over ln 2: error of the logarithm
/// below 2^-37.
const LOG2: [f64; 4] = [
    0.6666666563710916 * std::f64::consts::LOG2_E,
    0.40000337251668716 * std::f64::consts::LOG2_E,
    0.2853716790237752 * std::f64::consts::LOG2_E,
    0.23584989136916634 * std::f64::consts::LOG2_E,
];

/// `x^y = 2^(y log2 x)`, `log2 x = k + s (2 + s² L(s²)) / ln 2`, `s = (m - 1) / (m + 1)`.
pub(super) fn pow<E: Emit>(e: &mut E, x: E::Value, y: E::Value) -> E::Value {
    let (base, power) = (e.convert(x, DType::F64), e.convert(y, DType::F64));
    let parts = log::split(e, base);
    let above = e.add_k(parts.mantissa, -1.0);
    let below = e.add_k(parts.mantissa, 1.0);
    let s = e.div(above, below);
    let z = e.mul(s, s);
    let p = e.horner(z, &LOG2);
    let p = e.fma_k(z, p, 2.0 * std::f64::consts::LOG2_E);
    let log2 = e.fma(s, p, parts.exponent);
    let exponent = e.mul(log2, power);
    let exponent = e.max_k(exponent, -160.0);
    let exponent = e.min_k(exponent, 130.0);
    let round = e.f64(WIDE_ROUND);
    let shifted = e.add(exponent, round);
    let k = e.sub(shifted, round);
    let r = e.sub(exponent, k);
    let r = e.mul_k(r, std::f64::consts::LN_2);
    let (scale, t) = short(e, shifted, r);
    let value = e.fma(scale, t, scale);
    let common = e.convert(value, DType::F32);
    let (zero, infinity) = (e.c(0.0), e.c(f32::INFINITY));
    let positive = e.lt(zero, x);
    let finite = e.lt(x, infinity);
    let usual = e.and(positive, finite);
    let magnitude = e.abs(y);
    let finite = e.lt(magnitude, infinity);
    let usual = e.and(usual, finite);
    let rare = e.not(usual);
    e.rare(rare, common, |e| {
        let value = wide_pow::pow(e, base, power);
        e.convert(value, DType::F32)
    })
}
