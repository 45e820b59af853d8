//! `tanh`, `sech2` (the derivative of `tanh`) and `sigmoid`: quotients of exponentials.
//!
//! Numerator and denominator carry their rounding errors, so that the quotient is rounded nearly once.

use super::exp::{Accuracy, NORMAL, exp_wide, growth, join_wide, parts, power};
use super::kit::Kit;
use crate::scalar::Emit;

/// `e^(2|x|) = 2^k (1 + m)`, for `|x| <= SATURATED`; beyond it that at this point. Sums have corrections.
struct Doubled<V> {
    m: (V, V),
    /// `2^k`
    scale: V,
    /// `2^k m`
    part: (V, V),
    /// `2^k + 1`, rounded.
    plus: V,
    /// `e^(2|x|) + 1`
    above: (V, V),
    /// `1 / above`, rounded.
    inverse: V,
}

/// What `tanh` and `sech2` share. As `|m| < 1/2`, `2^k ± 1` is 0 or not less than `2^k m`.
fn doubled<E: Emit>(e: &mut E, magnitude: E::Value) -> Doubled<E::Value> {
    let clamped = e.min_k(magnitude, SATURATED);
    let twice = e.add(clamped, clamped);
    let (m, scale) = growth(e, twice);
    let part = (e.mul(m.0, scale), e.mul(m.1, scale));
    let plus = e.add_k(scale, 1.0);
    let (sum, rest) = e.fast_two_sum(plus, part.0);
    let above = (sum, e.add(rest, part.1));
    let one = e.f64(1.0);
    let inverse = e.div(one, above.0);
    Doubled {
        m,
        scale,
        part,
        plus,
        above,
        inverse,
    }
}

/// `(ah + al) / (bh + bl)` for an approximate `1 / bh`, rounded nearly once.
fn divide<E: Emit>(
    e: &mut E,
    a: (E::Value, E::Value),
    b: (E::Value, E::Value),
    inverse: E::Value,
) -> E::Value {
    let q = e.mul(a.0, inverse);
    let rest = e.fnma(q, b.0, a.0);
    let rest = e.add(rest, a.1);
    let rest = e.fnma(q, b.1, rest);
    e.fma(rest, inverse, q)
}

/// Where `tanh` rounds to 1.
const SATURATED: f64 = 22.0;

/// `tanh |x| = (e^(2|x|) - 1) / (e^(2|x|) + 1)`; at most 0.7 ulp.
pub(super) fn tanh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let d = doubled(e, magnitude);
    let minus = e.add_k(d.scale, -1.0);
    // From 2^53 on, 2^k ± 1 are rounded. The quotient is then 1 to nearly the last bit, so that what both
    // have lost counts as if it were missing here.
    let gap = e.sub(d.plus, minus);
    let lost = e.add_k(gap, -2.0);
    let low = e.add(d.part.1, lost);
    let (sum, rest) = e.fast_two_sum(minus, d.part.0);
    let below = (sum, e.add(rest, low));
    let value = divide(e, below, d.above, d.inverse);
    e.copysign(value, x)
}

/// `y` and `1 + 2^k y` as sums with their rounding errors, and the parts they come from: `2^k y = e^x`,
/// for `-NORMAL <= x <= 0`.
type Logistic<V> = ((V, V), (V, V), super::exp::Parts<V>);

fn logistic<E: Emit>(e: &mut E, x: E::Value) -> Logistic<E::Value> {
    let p = parts(e, x, Accuracy::One);
    let y = e.fast_two_sum(p.sum, p.rest);
    let scale = power(e, p.biased, 0);
    let (high, low) = (e.mul(y.0, scale), e.mul(y.1, scale));
    let one = e.f64(1.0);
    let (total, rest) = e.fast_two_sum(one, high);
    let rest = e.add(rest, low);
    (y, (total, rest), p)
}

/// `1 - tanh(x)²` without cancellation, `4 · 2^k (1 + m) / (e^(2|x|) + 1)²`; at most 0.7 ulp.
///
/// Most of it is what `tanh` of the same number computes, and is computed once beside that.
pub(super) fn sech2<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let d = doubled(e, magnitude);
    let one = e.f64(1.0);
    let (sum, rest) = e.fast_two_sum(one, d.m.0);
    let rest = e.add(rest, d.m.1);
    let square = e.mul_dd(d.above, d.above);
    let inverse = e.mul(d.inverse, d.inverse);
    let value = divide(e, (sum, rest), square, inverse);
    let scale = e.mul_k(d.scale, 4.0);
    let common = e.mul(value, scale);
    let usual = e.le_k(magnitude, 18.0);
    let extreme = e.not(usual);
    e.rare(extreme, common, |e| sech2_wide(e, magnitude))
}

/// [`sech2`] from 18 on: `4 E / (1 + E)² = 4 E (1 - 2 E)` to far below the last bit, `E = e^(-2|x|)`.
fn sech2_wide<E: Emit>(e: &mut E, magnitude: E::Value) -> E::Value {
    let scaled = e.mul_k(magnitude, -2.0);
    let clamped = e.max_k(scaled, -748.0);
    let mut p = parts(e, clamped, Accuracy::One);
    // Below e^-100 the factor is 1.
    let far = e.lt_k(clamped, -100.0);
    let scale = power(e, p.biased, 1);
    let zero = e.f64(0.0);
    let twice = e.select(far, zero, scale);
    p.rest = e.fnma(twice, p.sum, p.rest);
    p.biased = e.add_u(p.biased, 2);
    join_wide(e, p)
}

/// `1 / (1 + e^-x)`: with `E = e^-|x|`, `1 / (1 + E)` above 0 and `E / (1 + E)` below; at most 0.7 ulp.
pub(super) fn sigmoid<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let negated = e.neg(magnitude);
    let clamped = e.max_k(negated, -NORMAL);
    let (y, denominator, p) = logistic(e, clamped);
    let negative = e.lt_k(x, 0.0);
    let (one, zero) = (e.f64(1.0), e.f64(0.0));
    let high = e.select(negative, y.0, one);
    let low = e.select(negative, y.1, zero);
    let (q, correction) = e.div_dd((high, low), denominator);
    let quotient = e.add(q, correction);
    let scale = power(e, p.biased, 0);
    let scale = e.select(negative, scale, one);
    let common = e.mul(quotient, scale);
    let least = e.f64(-NORMAL);
    let usual = e.le(least, x);
    let extreme = e.not(usual);
    e.rare(extreme, common, |e| exp_wide(e, x))
}
