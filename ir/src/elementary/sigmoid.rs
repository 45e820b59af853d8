//! `tanh`, `sech2` (the derivative of `tanh`) and `sigmoid`: quotients of exponentials.
//!
//! Numerator and denominator carry their rounding errors, so that the quotient is rounded nearly once.

use super::exp::{Accuracy, NORMAL, exp_wide, expm1_parts, join_wide, parts, power};
use super::kit::Kit;
use crate::scalar::Emit;

/// `tanh x = E / (E + 2)`, `E = e^(2|x|) - 1`; at most 0.7 ulp.
pub(super) fn tanh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    // tanh(22) rounds to 1.
    let clamped = e.min_k(magnitude, 22.0);
    let twice = e.add(clamped, clamped);
    let (high, low, scale) = expm1_parts(e, twice);
    let (high, low) = e.fast_two_sum(high, low);
    let (high, low) = (e.mul(high, scale), e.mul(low, scale));
    let two = e.f64(2.0);
    let (total, rest) = e.two_sum(high, two);
    let rest = e.add(rest, low);
    let (q, correction) = e.div_dd((high, low), (total, rest));
    let value = e.add(q, correction);
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

/// `1 - tanh(x)²` without cancellation, `4 E / (1 + E)²` with `E = e^(-2|x|)`; at most 0.7 ulp.
pub(super) fn sech2<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let scaled = e.mul_k(magnitude, -2.0);
    let clamped = e.max_k(scaled, -NORMAL);
    let (y, denominator, p) = logistic(e, clamped);
    let square = e.mul_dd(denominator, denominator);
    let (q, correction) = e.div_dd(y, square);
    let quotient = e.add(q, correction);
    // 2^k times 4, in the order that stays normal.
    let scale = power(e, p.biased, 0);
    let quotient = e.mul_k(quotient, 4.0);
    let common = e.mul(quotient, scale);
    let extreme = e.beyond(magnitude, 354.0);
    // Here (1 + E)² = 1 to far below the last bit.
    e.rare(extreme, common, |e| {
        let clamped = e.max_k(scaled, -748.0);
        let mut p = parts(e, clamped, Accuracy::One);
        p.biased = e.add_u(p.biased, 2);
        join_wide(e, p)
    })
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
