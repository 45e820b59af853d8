//! `sinh`, `cosh`, and the inverses `asinh`, `acosh`, `atanh`; `softplus`.

use super::exp::{Accuracy, NORMAL, expm1_parts, join_wide, parts, power};
use super::kit::Kit;
use super::log::{log, log1p_dd};
use crate::scalar::Emit;

/// `e^|x| / 2` where the other exponential does not count, rounded once.
fn half_exp<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let clamped = e.min_k(magnitude, 711.0);
    let mut p = parts(e, clamped, Accuracy::One);
    p.biased = e.add_u(p.biased, (-1i64) as u64);
    join_wide(e, p)
}

/// Hyperbolic sine, `(E + E / (E + 1)) / 2` with `E = e^|x| - 1`; at most 0.75 ulp.
pub(super) fn sinh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let clamped = e.min_k(magnitude, 700.0);
    let (high, low, scale) = expm1_parts(e, clamped);
    let (high, low) = e.fast_two_sum(high, low);
    let (high, low) = (e.mul(high, scale), e.mul(low, scale));
    let one = e.f64(1.0);
    let (total, rest) = e.two_sum(high, one);
    let rest = e.add(rest, low);
    let (q, correction) = e.div_dd((high, low), (total, rest));
    let (sum, rest) = e.fast_two_sum(high, q);
    let low = e.add(low, correction);
    let rest = e.add(rest, low);
    let value = e.add(sum, rest);
    let value = e.mul_k(value, 0.5);
    // Half of a tiny sum may not be exact.
    let tiny = e.lt_k(magnitude, 1e-9);
    let value = e.select(tiny, magnitude, value);
    let common = e.copysign(value, x);
    let extreme = e.beyond(x, 700.0);
    e.rare(extreme, common, |e| {
        let value = half_exp(e, x);
        e.copysign(value, x)
    })
}

/// Hyperbolic cosine, `(e^|x| + e^-|x|) / 2`; at most 0.7 ulp.
pub(super) fn cosh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let clamped = e.min_k(magnitude, 700.0);
    let p = parts(e, clamped, Accuracy::One);
    let (y, rest) = e.fast_two_sum(p.sum, p.rest);
    let scale = power(e, p.biased, 0);
    let (high, low) = (e.mul(y, scale), e.mul(rest, scale));
    let one = e.f64(1.0);
    let inverse = e.div(one, high);
    let (sum, rest) = e.fast_two_sum(high, inverse);
    let rest = e.add(rest, low);
    // 1 / (high + low) = inverse - low inverse²
    let square = e.mul(inverse, inverse);
    let rest = e.fnma(low, square, rest);
    let value = e.add(sum, rest);
    let common = e.mul_k(value, 0.5);
    let extreme = e.beyond(x, 700.0);
    e.rare(extreme, common, |e| half_exp(e, x))
}

/// Inverse hyperbolic sine, `log1p(x + x² / (1 + sqrt(1 + x²)))`; at most 0.9 ulp.
pub(super) fn asinh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let clamped = e.min_k(magnitude, 1e150);
    let (square, square_rest) = e.two_mul(clamped, clamped);
    let one = e.f64(1.0);
    // r = sqrt(1 + x²) with its correction.
    let (sum, sum_rest) = e.two_sum(one, square);
    let sum_rest = e.add(sum_rest, square_rest);
    let root = e.sqrt(sum);
    let residue = e.fnma(root, root, sum);
    let residue = e.add(residue, sum_rest);
    let twice = e.add(root, root);
    let root_rest = e.div(residue, twice);
    let (total, total_rest) = e.two_sum(one, root);
    let total_rest = e.add(total_rest, root_rest);
    let (q, correction) = e.div_dd((square, square_rest), (total, total_rest));
    let (argument, rest) = e.two_sum(clamped, q);
    let rest = e.add(rest, correction);
    let value = log1p_dd(e, argument, rest);
    let tiny = e.lt_k(magnitude, 1e-9);
    let value = e.select(tiny, magnitude, value);
    let common = e.copysign(value, x);
    let extreme = e.beyond(x, 1e150);
    e.rare(extreme, common, |e| {
        let value = log_twice(e, magnitude);
        e.copysign(value, x)
    })
}

/// `log(2 x)` of a large number, infinity or NaN.
fn log_twice<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    // log(2^-8 x) + 9 log 2 would round twice; log(2 x) = 2 log(sqrt(2 x)) does not.
    let half = e.mul_k(x, 0.5);
    let root = e.sqrt(half);
    let root = e.add(root, root);
    let value = log(e, root);
    e.add(value, value)
}

/// Inverse hyperbolic cosine, with `t = x - 1`: `log1p(t + sqrt(2 t + t²))`; at most 0.9 ulp, NaN below 1.
pub(super) fn acosh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let clamped = e.min_k(x, 1e150);
    let minus_one = e.f64(-1.0);
    let (t, t_rest) = e.two_sum(clamped, minus_one);
    // 2 t + t² = t (x + 1)
    let one = e.f64(1.0);
    let above = e.two_sum(clamped, one);
    let (square, square_rest) = e.mul_dd((t, t_rest), above);
    let root = e.sqrt(square);
    let residue = e.fnma(root, root, square);
    let residue = e.add(residue, square_rest);
    let twice = e.add(root, root);
    let root_rest = e.div(residue, twice);
    let zero = e.f64(0.0);
    let flat = e.eq(root, zero);
    let root_rest = e.select(flat, zero, root_rest);
    let (argument, rest) = e.two_sum(root, t);
    let rest = e.add(rest, root_rest);
    let rest = e.add(rest, t_rest);
    let common = log1p_dd(e, argument, rest);
    // Below -1 the square 2 t + t² is positive again.
    let (start, end) = (e.le(one, x), e.le_k(x, 1e150));
    let usual = e.and(start, end);
    let extreme = e.not(usual);
    e.rare(extreme, common, |e| {
        let value = log_twice(e, x);
        let nan = e.f64(f64::NAN);
        let below = e.lt(x, one);
        e.select(below, nan, value)
    })
}

/// Inverse hyperbolic tangent, `log1p(2 x / (1 - x)) / 2`; at most 0.85 ulp, NaN beyond ±1.
pub(super) fn atanh<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let one = e.f64(1.0);
    let zero = e.f64(0.0);
    let minus = e.neg(magnitude);
    let below = e.fast_two_sum(one, minus);
    let twice = e.add(magnitude, magnitude);
    let (q, correction) = e.div_dd((twice, zero), below);
    let (argument, rest) = e.fast_two_sum(q, correction);
    let value = log1p_dd(e, argument, rest);
    let value = e.mul_k(value, 0.5);
    let tiny = e.lt_k(magnitude, 1e-9);
    let value = e.select(tiny, magnitude, value);
    let common = e.copysign(value, x);
    let inside = e.lt(magnitude, one);
    let extreme = e.not(inside);
    e.rare(extreme, common, |e| {
        let pole = e.eq_k(magnitude, 1.0);
        let value = e.choose(pole, f64::INFINITY, f64::NAN);
        e.copysign(value, x)
    })
}

/// `log(1 + e^x)`, `max(x, 0) + log1p(e^-|x|)`; at most 1.0 ulp.
pub(super) fn softplus<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let negated = e.neg(magnitude);
    let clamped = e.max_k(negated, -NORMAL);
    let p = parts(e, clamped, Accuracy::One);
    let (y, rest) = e.fast_two_sum(p.sum, p.rest);
    let scale = power(e, p.biased, 0);
    let (high, low) = (e.mul(y, scale), e.mul(rest, scale));
    let (tail, tail_rest) = super::log::log1p_sum(e, high, low);
    let ramp = e.max_k(x, 0.0);
    let (sum, error) = e.two_sum(ramp, tail);
    let error = e.add(error, tail_rest);
    let common = e.add(sum, error);
    let extreme = e.beyond(x, NORMAL);
    e.rare(extreme, common, |e| {
        let below = super::exp::exp_wide(e, x);
        let positive = e.gt_k(x, 0.0);
        e.select(positive, x, below)
    })
}
