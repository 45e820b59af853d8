//! Logarithms: `log`, `log2`, `log10`, `log1p`.
//!
//! `x = 2^k m` with `sqrt(1/2) <= m < sqrt(2)`, `f = m - 1`, `s = f / (2 + f)`,
//! `log(1 + f) = 2 atanh s = f - f²/2 + s (f²/2 + R)`, `R = s² L(s²)` with L a minimax polynomial,
//! relative error below 2^-58 (the form of fdlibm's `e_log.c`, coefficients our own).

use super::exp::{LN2_HIGH, LN2_LOW};
use super::kit::{Kit, MIN_NORMAL};
use crate::scalar::Emit;

/// L of the file's head.
const L: [f64; 7] = [
    0.6666666666666734,
    0.3999999999941394,
    0.2857142874256639,
    0.22222198553419195,
    0.1818356542430405,
    0.15314020708444642,
    0.1479626516469374,
];

/// `k` and `m` of the file's head for a positive normal number.
pub(super) struct Split<V> {
    pub(super) exponent: V,
    pub(super) mantissa: V,
    /// The biased exponent in place, as `u64`.
    field: V,
}

/// Bits of `sqrt(1/2)`.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const EXPONENT: u64 = 0x7ff0_0000_0000_0000;

/// Takes a positive normal number apart.
pub(super) fn split<E: Emit>(e: &mut E, x: E::Value) -> Split<E::Value> {
    let bits = e.bits(x);
    // The exponent of x / sqrt(1/2), biased.
    let shifted = e.add_u(bits, ONE.wrapping_sub(SQRT_HALF));
    let biased = e.shr_k(shifted, 52);
    // An integer below 2^52 in the low bits of 2^52 is that integer added to it.
    let two_52 = e.u64(0x4330_0000_0000_0000);
    let float = e.or(biased, two_52);
    let float = e.float(float);
    let exponent = e.add_k(float, -(4503599627370496.0 + 1023.0));
    let field = e.and_k(shifted, EXPONENT);
    let mantissa = e.sub(bits, field);
    let mantissa = e.add_u(mantissa, ONE);
    let mantissa = e.float(mantissa);
    Split {
        exponent,
        mantissa,
        field,
    }
}

/// `log(1 + f) - f`
fn tail<E: Emit>(e: &mut E, f: E::Value) -> E::Value {
    let denominator = e.add_k(f, 2.0);
    let s = e.div(f, denominator);
    let z = e.mul(s, s);
    let p = e.horner(z, &L);
    let half = e.mul_k(f, 0.5);
    let square = e.mul(half, f);
    // s (f²/2 + R) - f²/2
    let inner = e.fma(z, p, square);
    e.fms(s, inner, square)
}

/// `k ln 2 + log(1 + f + low)`; `low` is at most a rounding error of `f`.
fn assemble<E: Emit>(e: &mut E, k: E::Value, f: E::Value, low: Option<E::Value>) -> E::Value {
    let (high, rest) = assemble_sum(e, k, f, low);
    e.add(high, rest)
}

/// [`assemble`] before its last rounding.
fn assemble_sum<E: Emit>(
    e: &mut E,
    k: E::Value,
    f: E::Value,
    low: Option<E::Value>,
) -> (E::Value, E::Value) {
    let t = tail(e, f);
    let base = e.mul_k(k, LN2_HIGH);
    let (high, rest) = e.fast_two_sum(base, f);
    let rest = e.scale_add(k, LN2_LOW, rest);
    let rest = match low {
        // log(1 + f + low) = log(1 + f) + low / (1 + f)
        Some(low) => {
            let correction = e.fnma(low, f, low);
            e.add(rest, correction)
        }
        None => rest,
    };
    (high, e.add(rest, t))
}

/// `log x` of a positive normal number, before its last rounding.
pub(super) fn log_sum<E: Emit>(e: &mut E, x: E::Value) -> (E::Value, E::Value) {
    let parts = split(e, x);
    let f = e.add_k(parts.mantissa, -1.0);
    assemble_sum(e, parts.exponent, f, None)
}

/// `log(1 + x + low)` for `0 <= x <= 1e160`, `low` at most a few rounding errors of `x`.
pub(super) fn log1p_dd<E: Emit>(e: &mut E, x: E::Value, low: E::Value) -> E::Value {
    let (high, rest) = log1p_sum(e, x, low);
    e.add(high, rest)
}

/// [`log1p_dd`] before its last rounding.
pub(super) fn log1p_sum<E: Emit>(e: &mut E, x: E::Value, low: E::Value) -> (E::Value, E::Value) {
    let one = e.f64(1.0);
    let (u, c) = e.two_sum(one, x);
    let c = e.add(c, low);
    let parts = split(e, u);
    let f = e.add_k(parts.mantissa, -1.0);
    let twice = e.u64(2 * ONE);
    let inverse = e.sub(twice, parts.field);
    let inverse = e.float(inverse);
    let c = e.mul(c, inverse);
    let (f, low) = e.two_sum(f, c);
    assemble_sum(e, parts.exponent, f, Some(low))
}

/// Whether `x` is not a positive finite normal number.
pub(super) fn unusual<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let least = e.f64(MIN_NORMAL);
    let infinity = e.f64(f64::INFINITY);
    let above = e.le(least, x);
    let below = e.lt(x, infinity);
    let usual = e.and(above, below);
    e.not(usual)
}

/// A positive subnormal number times 2^54 and -54; any other number and 0.
pub(super) fn normalise<E: Emit>(e: &mut E, x: E::Value) -> (E::Value, E::Value) {
    let subnormal = e.lt_k(x, MIN_NORMAL);
    let scaled = e.mul_k(x, 18014398509481984.0);
    let shift = e.choose(subnormal, -54.0, 0.0);
    (e.select(subnormal, scaled, x), shift)
}

/// `value`, except at 0 (`-inf`), below (NaN), at infinity and NaN (themselves).
fn specials<E: Emit>(e: &mut E, x: E::Value, value: E::Value) -> E::Value {
    let infinity = e.f64(f64::INFINITY);
    let finite = e.lt(x, infinity);
    let value = e.select(finite, value, x);
    let negative = e.lt_k(x, 0.0);
    let nan = e.f64(f64::NAN);
    let value = e.select(negative, nan, value);
    let zero = e.eq_k(x, 0.0);
    let pole = e.f64(f64::NEG_INFINITY);
    e.select(zero, pole, value)
}

/// A logarithm made of `body(m, k)` and its rare cases.
fn logarithm<E: Emit>(
    e: &mut E,
    x: E::Value,
    body: fn(&mut E, E::Value, E::Value) -> E::Value,
) -> E::Value {
    let parts = split(e, x);
    let common = body(e, parts.mantissa, parts.exponent);
    let rare = unusual(e, x);
    e.rare(rare, common, |e| {
        let (scaled, shift) = normalise(e, x);
        let parts = split(e, scaled);
        let k = e.add(parts.exponent, shift);
        let value = body(e, parts.mantissa, k);
        specials(e, x, value)
    })
}

/// Natural logarithm, at most 0.9 ulp.
pub(super) fn log<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    logarithm(e, x, |e, m, k| {
        let f = e.add_k(m, -1.0);
        assemble(e, k, f, None)
    })
}

/// `log(m)` as a rounded sum and its correction.
fn log_mantissa<E: Emit>(e: &mut E, m: E::Value) -> (E::Value, E::Value) {
    let f = e.add_k(m, -1.0);
    let t = tail(e, f);
    e.fast_two_sum(f, t)
}

/// Logarithm to base 2, at most 0.95 ulp; exact at powers of two.
pub(super) fn log2<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    logarithm(e, x, |e, m, k| {
        let value = log_mantissa(e, m);
        let factor = (
            e.f64(std::f64::consts::LOG2_E),
            e.f64(2.0355273740931033e-17),
        );
        let (p, low) = e.mul_dd(value, factor);
        let (high, rest) = e.fast_two_sum(k, p);
        let rest = e.add(rest, low);
        e.add(high, rest)
    })
}

/// log10(2) in two parts, the first with 42 bits.
const LOG10_2_HIGH: f64 = 0.30102999566395283;
const LOG10_2_LOW: f64 = 2.8363394551044964e-14;

/// Logarithm to base 10, at most 0.8 ulp; exact at powers of ten.
pub(super) fn log10<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    logarithm(e, x, |e, m, k| {
        let value = log_mantissa(e, m);
        let factor = (
            e.f64(std::f64::consts::LOG10_E),
            e.f64(1.098319650216765e-17),
        );
        let (p, low) = e.mul_dd(value, factor);
        let base = e.mul_k(k, LOG10_2_HIGH);
        let (high, rest) = e.fast_two_sum(base, p);
        let rest = e.add(rest, low);
        let rest = e.scale_add(k, LOG10_2_LOW, rest);
        e.add(high, rest)
    })
}

/// `log(1 + x)`, at most 0.95 ulp.
///
/// `1 + x = u + c` exactly, `u = 2^k m`, and so `f + low = (m - 1) + 2^-k c`.
pub(super) fn log1p<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let one = e.f64(1.0);
    let (u, c) = e.two_sum(one, x);
    let parts = split(e, u);
    let f = e.add_k(parts.mantissa, -1.0);
    // 2^-k
    let twice = e.u64(2 * ONE);
    let inverse = e.sub(twice, parts.field);
    let inverse = e.float(inverse);
    let c = e.mul(c, inverse);
    let (f, low) = e.two_sum(f, c);
    let common = assemble(e, parts.exponent, f, Some(low));
    let common = e.copysign(common, x);
    let above = e.gt_k(x, -1.0);
    let below = e.lt_k(x, 1e300);
    let usual = e.and(above, below);
    let rare = e.not(usual);
    e.rare(rare, common, |e| {
        // Beyond 1e300, 1 + x is x to the last bit.
        let f = e.add_k(parts.mantissa, -1.0);
        let value = assemble(e, parts.exponent, f, None);
        let shifted = e.add_k(x, 1.0);
        specials(e, shifted, value)
    })
}
