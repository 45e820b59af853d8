//! `atan`, `atan2`.
//!
//! A quotient `n/d` of non-negative numbers is turned by 0, pi/4 or pi/2 into one with `|q| <= tan(pi/8)`:
//! `n/d`, `(n - d)/(n + d)`, `-d/n`; so one division serves all. `atan q = q + q z A(z)`, `z = q²`, relative
//! error below 2^-59. The quotient has a correction, so that the last addition is the only full rounding.

use super::kit::Kit;
use crate::scalar::Emit;

/// A of the file's head.
const A: [f64; 11] = [
    -0.333333333333332,
    0.1999999999995367,
    -0.14285714280204484,
    0.11111110783835595,
    -0.09090897767617939,
    0.07692060370115236,
    -0.06663105536834572,
    0.058478978934523265,
    -0.050393327319535275,
    0.03806499538610774,
    -0.017907380643648312,
];

const TAN_PI_8: f64 = 0.41421356237309503;
const TAN_3PI_8: f64 = 2.414213562373095;

/// The angle of `n/d`, `n` and `d` not negative, neither tiny nor huge unless the quotient is exact; as a
/// rounded sum and its correction.
fn first_quadrant<E: Emit>(e: &mut E, n: E::Value, d: E::Value) -> (E::Value, E::Value) {
    let low_bound = e.mul_k(d, TAN_PI_8);
    let high_bound = e.mul_k(d, TAN_3PI_8);
    let low = e.le(n, low_bound);
    let high = e.lt(high_bound, n);
    let minus_d = e.neg(d);
    let difference = e.two_sum(n, minus_d);
    let total = e.two_sum(n, d);
    let zero = e.f64(0.0);
    let mut pick = |at_low, at_high, between| {
        let value = e.select(high, at_high, between);
        e.select(low, at_low, value)
    };
    let numerator = (
        pick(n, minus_d, difference.0),
        pick(zero, zero, difference.1),
    );
    let denominator = (pick(d, n, total.0), pick(zero, zero, total.1));
    let base = base_angle(e, low, high);
    let (q, correction) = e.div_dd(numerator, denominator);
    let z = e.mul(q, q);
    let p = e.horner(z, &A);
    // d atan = dq / (1 + z)
    let correction = e.fnma(correction, z, correction);
    let cube = e.mul(q, z);
    let tail = e.fma(cube, p, correction);
    let (sum, rest) = e.fast_two_sum(base.0, q);
    let rest = e.add(rest, base.1);
    (sum, e.add(rest, tail))
}

/// 0 where `low`, pi/2 where `high`, else pi/4; in two parts.
fn base_angle<E: Emit>(e: &mut E, low: E::Value, high: E::Value) -> (E::Value, E::Value) {
    let zero = e.f64(0.0);
    let mut pick = |at_high, between| {
        let value = e.choose(high, at_high, between);
        e.select(low, zero, value)
    };
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
    (
        pick(FRAC_PI_2, FRAC_PI_4),
        pick(6.123233995736766e-17, 3.061616997868383e-17),
    )
}

/// Arc tangent, at most 0.7 ulp.
pub(super) fn atan<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    // Here atan rounds to pi/2.
    let clamped = e.min_k(magnitude, 1e18);
    let one = e.f64(1.0);
    let (sum, rest) = first_quadrant(e, clamped, one);
    let value = e.add(sum, rest);
    // The corrections of a tiny quotient underflow: atan x = x.
    let tiny = e.lt_k(magnitude, 1e-9);
    let value = e.select(tiny, magnitude, value);
    e.copysign(value, x)
}

/// The angle of the point `(x, y)`, at most 0.7 ulp.
pub(super) fn atan2<E: Emit>(e: &mut E, y: E::Value, x: E::Value) -> E::Value {
    let (n, d) = (e.abs(y), e.abs(x));
    let common = half_plane(e, n, d, x);
    let common = e.copysign(common, y);
    let mut moderate = |value| {
        let above = e.f64(1e-140);
        let above = e.le(above, value);
        let below = e.le_k(value, 1e140);
        e.and(above, below)
    };
    let (y_moderate, x_moderate) = (moderate(n), moderate(d));
    let both = e.and(y_moderate, x_moderate);
    let extreme = e.not(both);
    e.rare(extreme, common, |e| atan2_extreme(e, y, x))
}

/// The angle of `(±d, n)` with the sign of `x` on `d`.
fn half_plane<E: Emit>(e: &mut E, n: E::Value, d: E::Value, x: E::Value) -> E::Value {
    let (sum, rest) = first_quadrant(e, n, d);
    let one = e.f64(1.0);
    let sign = e.copysign(one, x);
    let left = e.lt_k(sign, 0.0);
    // pi - angle
    let pi = e.f64(std::f64::consts::PI);
    let minus = e.neg(sum);
    let (turned, error) = e.fast_two_sum(pi, minus);
    let error = e.add_k(error, 1.2246467991473532e-16);
    let error = e.sub(error, rest);
    let sum = e.select(left, turned, sum);
    let rest = e.select(left, error, rest);
    e.add(sum, rest)
}

/// [`atan2`] for zeros, infinities, NaN and numbers near the ends of the range.
fn atan2_extreme<E: Emit>(e: &mut E, y: E::Value, x: E::Value) -> E::Value {
    let (n, d) = (e.abs(y), e.abs(x));
    // Infinities become 1, beside which a finite number becomes 0.
    let y_infinite = e.eq_k(n, f64::INFINITY);
    let x_infinite = e.eq_k(d, f64::INFINITY);
    let infinite = e.or(y_infinite, x_infinite);
    let mut finite = |value, is_infinite| {
        let other = e.choose(is_infinite, 1.0, 0.0);
        e.select(infinite, other, value)
    };
    let (n, d) = (finite(n, y_infinite), finite(d, x_infinite));
    let unscaled = (n, d);
    let (n, d) = centre(e, n, d);
    let zero = e.eq_k(n, 0.0);
    let d_zero = e.eq_k(d, 0.0);
    let both_zero = e.and(zero, d_zero);
    let one = e.f64(1.0);
    let d = e.select(both_zero, one, d);
    let angle = half_plane(e, n, d, x);
    // A tiny quotient in the right half plane is the angle, rounded by the division.
    let small = {
        let bound = e.mul_k(d, 1e-9);
        e.lt(n, bound)
    };
    let divisor = e.select(both_zero, one, unscaled.1);
    let quotient = e.div(unscaled.0, divisor);
    let minus_zero = e.f64(0.0);
    let right = {
        let sign = e.copysign(one, x);
        e.lt(minus_zero, sign)
    };
    let direct = e.and(small, right);
    let angle = e.select(direct, quotient, angle);
    let sum = e.add(x, y);
    let x_nan = e.ne(x, x);
    let y_nan = e.ne(y, y);
    let unordered = e.or(x_nan, y_nan);
    let angle = e.select(unordered, sum, angle);
    e.copysign(angle, y)
}

/// Both numbers scaled by one power of two that brings the larger to the middle of the range.
fn centre<E: Emit>(e: &mut E, n: E::Value, d: E::Value) -> (E::Value, E::Value) {
    let less = e.lt(n, d);
    let larger = e.select(less, d, n);
    let huge = e.gt_k(larger, 1e140);
    let tiny = e.lt_k(larger, 1e-140);
    let up = e.choose(tiny, 2f64.powi(600), 1.0);
    let scale = e.choose(huge, 2f64.powi(-600), 1.0);
    let scale = e.mul(scale, up);
    (e.mul(n, scale), e.mul(d, scale))
}
