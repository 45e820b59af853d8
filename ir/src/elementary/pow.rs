//! `pow`: `x^y = e^(y log x)` with the logarithm to 2^-65.
//!
//! `x = 2^k m`, `s = (m - 1) / (m + 1)` with its rounding error, `z = s²`,
//! `log m = 2 s + s z (2/3 + z (2/5 + z Q(z)))`: the first two terms in double-double, the rest rounded once.

use super::exp::{LN2_HIGH, LN2_LOW, NORMAL, join, join_wide, parts_dd};
use super::kit::{Kit, SIGN};
use super::log::{normalise, split, unusual};
use crate::scalar::{Emit, ScalarOp};

/// Q of the file's head: relative error of the logarithm below 2^-70.
const Q: [f64; 7] = [
    0.2857142857143316,
    0.2222222222001221,
    0.18181818605475236,
    0.15384572896128926,
    0.13335763245111373,
    0.11685038811644895,
    0.11911001905258971,
];

/// `k ln 2 + log m` as a rounded sum and its correction.
fn log_dd<E: Emit>(e: &mut E, k: E::Value, m: E::Value) -> (E::Value, E::Value) {
    let f = e.add_k(m, -1.0);
    let one = e.f64(1.0);
    let (total, rest) = e.two_sum(m, one);
    let inverse = e.div(one, total);
    let s = e.mul(f, inverse);
    let residue = e.fnma(s, total, f);
    let residue = e.fnma(s, rest, residue);
    let s = (s, e.mul(residue, inverse));

    let z = e.mul_dd(s, s);
    let q = e.horner(z.0, &Q);
    let fifth = e.fma_k(z.0, q, 0.4);
    let low = e.mul(z.1, fifth);
    let u = e.fma(z.0, fifth, low);
    let third = e.f64(2.0 / 3.0);
    let (third, rest) = e.fast_two_sum(third, u);
    let rest = e.add_k(rest, 3.700743415417188e-17);
    let p = e.mul_dd(z, (third, rest));
    let v = e.mul_dd(s, p);

    let twice = (e.add(s.0, s.0), e.add(s.1, s.1));
    let (high, rest) = e.fast_two_sum(twice.0, v.0);
    let low = e.add(twice.1, v.1);
    let low = e.add(rest, low);

    let base = e.mul_k(k, LN2_HIGH);
    let (high, rest) = e.fast_two_sum(base, high);
    let low = e.add(rest, low);
    let low = e.scale_add(k, LN2_LOW, low);
    e.fast_two_sum(high, low)
}

/// `x^y`, at most 0.75 ulp; C's special values; subnormal results are rounded once.
pub(super) fn pow<E: Emit>(e: &mut E, x: E::Value, y: E::Value) -> E::Value {
    let x_parts = split(e, x);
    let (high, low) = log_dd(e, x_parts.exponent, x_parts.mantissa);
    let (product, rest) = e.two_mul(high, y);
    let rest = e.fma(low, y, rest);
    let parts = parts_dd(e, product, rest);
    let common = join(e, parts);
    let extreme = e.beyond(product, NORMAL);
    let odd_base = unusual(e, x);
    let rare = e.or(extreme, odd_base);
    e.rare(rare, common, |e| {
        let magnitude = pow_magnitude(e, x, y);
        specials(e, x, y, magnitude)
    })
}

/// `|x|^y` for finite `x` other than 0.
fn pow_magnitude<E: Emit>(e: &mut E, x: E::Value, y: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let (scaled, shift) = normalise(e, magnitude);
    let x_parts = split(e, scaled);
    let k = e.add(x_parts.exponent, shift);
    let (high, low) = log_dd(e, k, x_parts.mantissa);
    // The least |log x| other than 0 is 2^-53: beyond 1e30 every power is 0, 1 or infinite.
    let y = e.max_k(y, -1e30);
    let y = e.min_k(y, 1e30);
    let (product, rest) = e.two_mul(high, y);
    let rest = e.fma(low, y, rest);
    let clamped = e.max_k(product, -746.0);
    let clamped = e.min_k(clamped, 710.0);
    let kept = e.eq(clamped, product);
    let zero = e.f64(0.0);
    let rest = e.select(kept, rest, zero);
    let parts = parts_dd(e, clamped, rest);
    join_wide(e, parts)
}

/// Signs, zeros, infinities and NaN, as C's Annex F has them.
fn specials<E: Emit>(e: &mut E, x: E::Value, y: E::Value, magnitude: E::Value) -> E::Value {
    let base = e.abs(x);
    let zero_base = e.eq_k(base, 0.0);
    let infinite_base = e.eq_k(base, f64::INFINITY);
    let positive_power = e.gt_k(y, 0.0);
    let at_zero = e.choose(positive_power, 0.0, f64::INFINITY);
    let at_infinity = e.choose(positive_power, f64::INFINITY, 0.0);
    let value = e.select(zero_base, at_zero, magnitude);
    let value = e.select(infinite_base, at_infinity, value);

    let whole = e.op(ScalarOp::Trunc, &[y]);
    let integer = e.eq(whole, y);
    let half = e.mul_k(y, 0.5);
    let half_whole = e.op(ScalarOp::Trunc, &[half]);
    let uneven = e.ne(half, half_whole);
    let odd = e.and(integer, uneven);
    let bits = e.bits(x);
    let negative = e.test(bits, SIGN);
    let flip = e.and(negative, odd);
    let value = e.negate_if(flip, value);

    // A finite negative base with a power that is not an integer.
    let below = e.lt_k(x, 0.0);
    let infinite_or_integer = e.or(infinite_base, integer);
    let fractional = e.not(infinite_or_integer);
    let invalid = e.and(below, fractional);
    let x_nan = e.ne(x, x);
    let y_nan = e.ne(y, y);
    let either = e.or(x_nan, y_nan);
    let invalid = e.or(invalid, either);
    let nan = e.f64(f64::NAN);
    let value = e.select(invalid, nan, value);

    let one = e.f64(1.0);
    let unit_base = e.eq(x, one);
    let zero_power = e.eq_k(y, 0.0);
    let unit = e.or(unit_base, zero_power);
    e.select(unit, one, value)
}
