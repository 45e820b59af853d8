//! Exponentials: `exp`, `exp2`, `expm1`, and the parts that other functions share.
//!
//! `x = k ln 2 + r` with `|r| <= ln 2 / 2` (Cody and Waite), `e^r = 1 + r + r²/2 + r³ P(r)` with P a
//! minimax polynomial, relative error below 2^-57. `1 + r` is kept as a rounded sum and its rounding error, so that
//! the only full rounding is the last addition.

use super::kit::{Kit, MIN_NORMAL};
use crate::scalar::Emit;

const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// ln 2 in two parts; the first has 42 bits, so that its product with an exponent is exact.
pub(super) const LN2_HIGH: f64 = 0.6931471805598903;
pub(super) const LN2_LOW: f64 = 5.497923018708371e-14;
/// `1.5 · 2^52 + 1023`: adding it rounds to an integer and leaves `k + 1023` in the low bits.
const ROUND: f64 = 6755399441056767.0;

/// P of the file's head, for a relative error of `e^r` of 2^-57.
const EXP: [f64; 9] = [
    0.16666666666666685,
    0.041666666666602716,
    0.008333333333314047,
    0.0013888888927304083,
    0.00019841269904615305,
    2.4801508043142605e-05,
    2.7557226350268194e-06,
    2.7625440621478495e-07,
    2.5115011355027802e-08,
];
/// P of the file's head, for a relative error of `e^r - 1` of 2^-61.
const EXPM1: [f64; 10] = [
    0.16666666666666677,
    0.04166666666666669,
    0.008333333333321672,
    0.0013888888888870681,
    0.0001984126988605753,
    2.4801587355070653e-05,
    2.7557244253960948e-06,
    2.7557246423234857e-07,
    2.5109027833846863e-08,
    2.0923514396989848e-09,
];

/// `2^k (sum + rest)` where `sum` is `1 + r` rounded and `rest` is small.
#[derive(Clone, Copy)]
pub(super) struct Parts<V> {
    pub(super) sum: V,
    pub(super) rest: V,
    /// `k + 1023` in the low bits of an `u64`, anything above.
    pub(super) biased: V,
}

/// Which of the two polynomials: as accurate as a function near 1, or as one near 0, needs it.
#[derive(Clone, Copy)]
pub(super) enum Accuracy {
    /// Relative to `e^r`.
    One,
    /// Relative to `e^r - 1`.
    Zero,
}

/// `e^r` for `r = high + low` as `(sum, rest)`.
fn kernel<E: Emit>(
    e: &mut E,
    high: E::Value,
    low: E::Value,
    how: Accuracy,
) -> (E::Value, E::Value) {
    let one = e.f64(1.0);
    let (r, sum, rest, coefficients) = match how {
        Accuracy::One => {
            let (sum, rest) = e.fast_two_sum(one, high);
            let rest = e.add(rest, low);
            let r = e.add(high, low);
            (r, sum, rest, EXP.as_slice())
        }
        Accuracy::Zero => {
            // e^(r + d) = e^r + d e^r
            let (r, d) = e.fast_two_sum(high, low);
            let (sum, rest) = e.fast_two_sum(one, r);
            let rest = e.fma(d, sum, rest);
            (r, sum, rest, EXPM1.as_slice())
        }
    };
    let square = e.mul(r, r);
    let p = e.two_chains(r, square, coefficients);
    let cube = e.mul(square, r);
    let rest = e.fma(cube, p, rest);
    (sum, e.scale_add(square, 0.5, rest))
}

/// `x = k ln 2 + r` in pieces.
struct Reduced<V> {
    high: V,
    low: V,
    /// `k + 1023` in the low bits of an `u64`, anything above.
    biased: V,
}

/// Takes `x` apart; for `|x| < 2^20`.
fn reduced<E: Emit>(e: &mut E, x: E::Value) -> Reduced<E::Value> {
    let (log2_e, round) = (e.f64(LOG2_E), e.f64(ROUND));
    let shifted = e.fma(x, log2_e, round);
    let k = e.sub(shifted, round);
    let high = e.scale_add(k, -LN2_HIGH, x);
    let low = e.mul_k(k, -LN2_LOW);
    let biased = e.bits(shifted);
    Reduced { high, low, biased }
}

/// `m` as a sum and its correction, and `2^k`, of `e^x = 2^k (1 + m)`; for `0 <= x <= NORMAL`.
pub(super) fn growth<E: Emit>(e: &mut E, x: E::Value) -> ((E::Value, E::Value), E::Value) {
    let Reduced { high, low, biased } = reduced(e, x);
    let square = e.mul(high, high);
    let p = e.two_chains(high, square, &EXPM1);
    let cube = e.mul(square, high);
    let rest = e.mul(cube, p);
    let rest = e.scale_add(square, 0.5, rest);
    let (m, rest) = e.fast_two_sum(high, rest);
    // e^(high + low) - 1 = m + low (1 + m)
    let low = e.fma(low, m, low);
    ((m, e.add(rest, low)), power(e, biased, 0))
}

/// The parts of `e^x`; for `|x| < 2^20`.
pub(super) fn parts<E: Emit>(e: &mut E, x: E::Value, how: Accuracy) -> Parts<E::Value> {
    let part = reduced(e, x);
    let (sum, rest) = kernel(e, part.high, part.low, how);
    let biased = part.biased;
    Parts { sum, rest, biased }
}

/// The parts of `e^(x + y)` for `|y|` at most a few ulp of `x`.
pub(super) fn parts_dd<E: Emit>(e: &mut E, x: E::Value, y: E::Value) -> Parts<E::Value> {
    let (log2_e, round) = (e.f64(LOG2_E), e.f64(ROUND));
    let shifted = e.fma(x, log2_e, round);
    let k = e.sub(shifted, round);
    let high = e.scale_add(k, -LN2_HIGH, x);
    let low = e.scale_add(k, -LN2_LOW, y);
    let (sum, rest) = kernel(e, high, low, Accuracy::One);
    let biased = e.bits(shifted);
    Parts { sum, rest, biased }
}

/// The parts of `2^x`; `r = (x - k) ln 2` as a product and its rounding error.
fn parts2<E: Emit>(e: &mut E, x: E::Value) -> Parts<E::Value> {
    let round = e.f64(ROUND);
    let shifted = e.add(x, round);
    let k = e.sub(shifted, round);
    let fraction = e.sub(x, k);
    let ln2 = e.f64(std::f64::consts::LN_2);
    let (high, low) = e.two_mul(fraction, ln2);
    let low = e.scale_add(fraction, 2.3190468138462996e-17, low);
    let (sum, rest) = kernel(e, high, low, Accuracy::One);
    let biased = e.bits(shifted);
    Parts { sum, rest, biased }
}

/// `2^(k + offset)`, which must be normal.
pub(super) fn power<E: Emit>(e: &mut E, biased: E::Value, offset: i64) -> E::Value {
    let biased = if offset == 0 {
        biased
    } else {
        e.add_u(biased, offset as u64)
    };
    let bits = e.shl_k(biased, 52);
    e.float(bits)
}

/// The value of `parts`, where it is a normal number.
pub(super) fn join<E: Emit>(e: &mut E, parts: Parts<E::Value>) -> E::Value {
    let scale = power(e, parts.biased, 0);
    let value = e.add(parts.sum, parts.rest);
    e.mul(value, scale)
}

/// The value of `parts` for any `-1080 < k <= 1024`, rounded once even if it is subnormal.
///
/// A subnormal `2^k (sum + rest)` is a multiple of 2^-1074; `2^1022` times it, added to 1, is rounded
/// there by the addition itself.
pub(super) fn join_wide<E: Emit>(e: &mut E, parts: Parts<E::Value>) -> E::Value {
    // k + 1023 of k < -1000 modulo 4096 is below 24, or wrapped.
    let exponent = e.add_u(parts.biased, 100);
    let exponent = e.and_k(exponent, 0xfff);
    let limit = e.u64(124);
    let negative = e.lt(exponent, limit);

    let raised = power(e, parts.biased, 1022);
    let halved = power(e, parts.biased, -1);
    let factor = e.select(negative, raised, halved);
    let back = e.choose(negative, MIN_NORMAL, 2.0);
    let value = e.add(parts.sum, parts.rest);
    let value = e.mul(value, factor);
    let normal = e.mul(value, back);

    let sum = e.mul(parts.sum, raised);
    let rest = e.mul(parts.rest, raised);
    let one = e.f64(1.0);
    let (total, error) = e.fast_two_sum(one, sum);
    let error = e.add(error, rest);
    let total = e.add(total, error);
    let small = e.sub(total, one);
    let small = e.mul_k(small, MIN_NORMAL);
    let below = e.lt_k(sum, 1.0);
    let tiny = e.and(negative, below);
    e.select(tiny, small, normal)
}

/// Largest magnitude whose exponential is normal: `-ln(2^-1022)`.
pub(super) const NORMAL: f64 = 708.3964185322641;

/// `e^x`, at most 0.7 ulp; subnormal results are rounded once.
pub(super) fn exp<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let p = parts(e, x, Accuracy::One);
    let common = join(e, p);
    let extreme = e.beyond(x, NORMAL);
    e.rare(extreme, common, |e| exp_wide(e, x))
}

/// `e^x` for any `x`, without a branch.
pub(super) fn exp_wide<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let x = e.max_k(x, -746.0);
    let x = e.min_k(x, 710.0);
    let p = parts(e, x, Accuracy::One);
    join_wide(e, p)
}

/// `2^x`, at most 0.7 ulp; exact at integers, subnormal results are rounded once.
pub(super) fn exp2<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let p = parts2(e, x);
    let common = join(e, p);
    let extreme = e.beyond(x, 1022.0);
    e.rare(extreme, common, |e| {
        let x = e.max_k(x, -1077.0);
        let x = e.min_k(x, 1024.0);
        let p = parts2(e, x);
        join_wide(e, p)
    })
}

/// `e^x - 1` for `-50 < x <= NORMAL` as `2^k (high + low)`: returns `(high, low, 2^k)`.
///
/// `2^k e^r - 1 = 2^k ((1 + r) - 2^-k + r²/2 + r³ P)`: the only cancellation is in an error-free sum.
pub(super) fn expm1_parts<E: Emit>(e: &mut E, x: E::Value) -> (E::Value, E::Value, E::Value) {
    let p = parts(e, x, Accuracy::Zero);
    let top = e.u64(2046);
    let inverse = e.sub(top, p.biased);
    let inverse = e.shl_k(inverse, 52);
    let inverse = e.float(inverse);
    let minus = e.neg(inverse);
    let (high, low) = e.two_sum(p.sum, minus);
    let low = e.add(low, p.rest);
    (high, low, power(e, p.biased, 0))
}

/// `e^x - 1`, at most 0.85 ulp.
pub(super) fn expm1<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let clamped = e.max_k(x, -40.0);
    let (high, low, scale) = expm1_parts(e, clamped);
    let value = e.add(high, low);
    let value = e.mul(value, scale);
    let common = e.copysign(value, x);
    let small = e.le_k(x, 708.0);
    let large = e.not(small);
    e.rare(large, common, |e| exp_wide(e, x))
}
