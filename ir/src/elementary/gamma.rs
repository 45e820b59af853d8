//! `lgamma`, `digamma`, `trigamma`.
//!
//! Above 8 or so the asymptotic series; below, the recurrence from an interval of length 1 around the zero,
//! where a polynomial times the distance to the zero keeps the relative accuracy; below 0, reflection (in the
//! rare branch), with absolute accuracy near zeros.

use super::kit::Kit;
use super::log::{log, log_sum};
use super::trig::{cospi, sinpi};
use crate::scalar::{Emit, ScalarOp};

/// `lgamma(2 + u) / u` for `|u| <= 1/2`, relative error 2^-62.
const G: [f64; 20] = [
    0.42278433509846713,
    0.3224670334241132,
    -0.06735230105319814,
    0.020580808427784925,
    -0.007385551028668402,
    0.0028905103307136784,
    -0.0011927539119908658,
    0.0005096695256874041,
    -0.00022315475095367306,
    9.945749519305536e-05,
    -4.492634869906215e-05,
    2.0507409026875103e-05,
    -9.438475017059321e-06,
    4.373503336854508e-06,
    -2.0448557313981234e-06,
    9.610542445779844e-07,
    -4.3049317080592993e-07,
    1.9667149504431665e-07,
    -1.340062494965291e-07,
    6.916079005918542e-08,
];
/// `x (lgamma x - (x - 1/2) log x + x - log(2 pi)/2)` in `1/x²` for `x >= 8.4`.
const STIRLING: [f64; 7] = [
    0.08333333333333333,
    -0.002777777777774834,
    0.000793650790605845,
    -0.0005952368794834831,
    0.0008415145200004296,
    -0.001893396694612835,
    0.005141309757460941,
];
/// `digamma(3/2 + t) / (t - ZERO)` for `|t| <= 1/2`, relative error 2^-58.
const PSI: [f64; 23] = [
    0.9510558760318328,
    -0.4236274212814606,
    0.24054248424078722,
    -0.1484049230538802,
    0.09498872445285002,
    -0.061922133275550455,
    0.04076083394337775,
    -0.026975796657315438,
    0.01790724823594765,
    -0.01190822015996442,
    0.007927023321430028,
    -0.0052799365465260005,
    0.003518088764711913,
    -0.0023455005719212056,
    0.0015635030246950346,
    -0.0010364281980067087,
    0.0006902836207715892,
    -0.0004860467787793845,
    0.0003258771957600899,
    -0.00014463477455904108,
    9.32997941309136e-05,
    -0.00017834985270857916,
    0.00012117074950983246,
];
/// `x² (log x - 1/(2x) - digamma x)` in `1/x²` for `x >= 8`.
const PSI_LARGE: [f64; 7] = [
    0.08333333333333331,
    -0.008333333333241091,
    0.003968253887507108,
    -0.004166638732206668,
    0.007570985924682425,
    -0.020659903411745267,
    0.0628400262415641,
];
/// `x³ (trigamma x - 1/x - 1/(2x²))` in `1/x²` for `x >= 8`.
const PSI1_LARGE: [f64; 8] = [
    0.16666666666666666,
    -0.03333333333328438,
    0.0238095237525933,
    -0.033333306931978675,
    0.07575136521875671,
    -0.25229679968630603,
    1.1049871551104784,
    -4.497949525444141,
];
/// The positive zero of digamma, minus 1, in two parts.
const ZERO: (f64, f64) = (0.46163214496836236, -1.5522348162858677e-17);
/// log(2 pi)/2 - 1/2
const OFFSET: f64 = 0.4189385332046727;

/// `lgamma x` for `1e-300 < x < 1e300`.
///
/// `u` is the distance of `x` to 2 after `n` steps of the recurrence, `prod` the product of the steps:
/// `x < 1/2`: `u = x`, `x (x + 1)` divides; `x < 3/2`: `u = x - 1`, `x` divides; else
/// `(x - 1) (x - 2) … >= 3/2` multiplies.
fn lgamma_positive<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let tiny = e.lt_k(x, 0.5);
    let low = e.lt_k(x, 1.5);
    let one = e.f64(1.0);
    let next = e.add_k(x, 1.0);
    let twice = e.mul(x, next);
    let divisor = e.select(tiny, twice, x);
    let mut u = {
        let below = e.add_k(x, -1.0);
        let u = e.select(tiny, x, below);
        let above = e.add_k(x, -2.0);
        e.select(low, u, above)
    };
    let mut product = one;
    for step in 1..=6 {
        let step = f64::from(step);
        let active = e.f64(step + 1.5);
        let active = e.le(active, x);
        let factor = e.add_k(x, -step);
        let factor = e.select(active, factor, one);
        product = e.mul(product, factor);
        let shifted = e.add_k(x, -step - 2.0);
        u = e.select(active, shifted, u);
    }
    let large = e.gt_k(x, 8.5);
    let argument = e.select(low, divisor, product);
    let argument = e.select(large, x, argument);
    let (log, log_rest) = log_sum(e, argument);

    let near = lgamma_near(e, u, low, (log, log_rest));
    let far = stirling(e, x, (log, log_rest));
    e.select(large, far, near)
}

/// `u G(u) ± log`, the sign negative where `low`.
fn lgamma_near<E: Emit>(
    e: &mut E,
    u: E::Value,
    low: E::Value,
    (log, log_rest): (E::Value, E::Value),
) -> E::Value {
    let g = e.horner(u, &G);
    let sign = e.choose(low, -1.0, 1.0);
    let (signed, signed_rest) = (e.mul(log, sign), e.mul(log_rest, sign));
    let (value, rest) = e.two_mul(u, g);
    let (near, error) = e.two_sum(signed, value);
    let rest = e.add(rest, signed_rest);
    let rest = e.add(error, rest);
    e.add(near, rest)
}

/// `(x - 1/2) (log x - 1) + (log(2 pi) - 1)/2 + S(1/x²)/x`
fn stirling<E: Emit>(e: &mut E, x: E::Value, log: (E::Value, E::Value)) -> E::Value {
    let inverse = e.f64(1.0);
    let inverse = e.div(inverse, x);
    let w = e.mul(inverse, inverse);
    let series = e.horner(w, &STIRLING);
    let series = e.mul(series, inverse);
    let minus_one = e.f64(-1.0);
    let (factor, factor_rest) = e.fast_two_sum(log.0, minus_one);
    let factor_rest = e.add(factor_rest, log.1);
    let minus_half = e.f64(-0.5);
    let base = e.fast_two_sum(x, minus_half);
    let (product, product_rest) = e.mul_dd(base, (factor, factor_rest));
    let series = e.add_k(series, OFFSET);
    let rest = e.add(product_rest, series);
    e.add(product, rest)
}

/// `log |gamma(x)|`, at most 3.5 ulp; for `x < 0`, of the larger of the value and 1. Infinite at 0, -1, -2, …
/// and at infinities.
pub(super) fn lgamma<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    e.apart(x, |e| lgamma_in_place(e, x))
}

fn lgamma_in_place<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let common = lgamma_positive(e, x);
    let least = e.f64(1e-300);
    let above = e.le(least, x);
    let below = e.lt_k(x, 1e300);
    let usual = e.and(above, below);
    let rare = e.not(usual);
    e.rare(rare, common, |e| lgamma_rare(e, x))
}

/// For `x < 0`: `log(pi / |x sin(pi x)|) - lgamma |x|`.
fn lgamma_rare<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let clamped = e.max_k(magnitude, 1e-300);
    let clamped = e.min_k(clamped, 1e300);
    let positive = lgamma_positive(e, clamped);
    let sine = sinpi(e, x);
    let sine = e.abs(sine);
    let product = e.mul(clamped, sine);
    let pi = e.f64(std::f64::consts::PI);
    let quotient = e.div(pi, product);
    let reflected = log(e, quotient);
    let reflected = e.sub(reflected, positive);
    // Near 0, gamma(x) = 1/x.
    let logarithm = log(e, magnitude);
    let pole = e.neg(logarithm);
    let near_pole = e.lt_k(magnitude, 1e-20);
    let negative = e.lt_k(x, 0.0);
    let infinity = e.f64(f64::INFINITY);
    let integer = e.eq_k(sine, 0.0);
    let reflected = e.select(integer, infinity, reflected);
    // Beyond 1e300 only the leading term counts.
    let leading = e.add_k(logarithm, -1.0);
    let leading = e.mul(magnitude, leading);
    let value = e.select(negative, reflected, leading);
    let value = e.select(near_pole, pole, value);
    let infinite = e.eq_k(magnitude, f64::INFINITY);
    e.select(infinite, infinity, value)
}

/// `digamma x` for `0 < x < 1e300`.
fn digamma_positive<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    // v + 1 within [1, 2] after the steps; their reciprocals sum to n / d.
    let first = e.lt_k(x, 1.0);
    let below = e.add_k(x, -1.0);
    let mut v = e.select(first, x, below);
    let minus_one = e.f64(-1.0);
    let (zero, one) = (e.f64(0.0), e.f64(1.0));
    let mut n = e.select(first, minus_one, zero);
    let mut d = e.select(first, x, one);
    for step in 1..=6 {
        let step = f64::from(step);
        let active = e.f64(step + 1.0);
        let active = e.le(active, x);
        let t = e.add_k(x, -step);
        let sum = e.fma(n, t, d);
        n = e.select(active, sum, n);
        let product = e.mul(d, t);
        d = e.select(active, product, d);
        let shifted = e.add_k(x, -step - 1.0);
        v = e.select(active, shifted, v);
    }
    let distance = e.add_k(v, -ZERO.0);
    let distance = e.add_k(distance, -ZERO.1);
    let t = e.add_k(v, -0.5);
    let p = e.horner(t, &PSI);
    let base = e.mul(p, distance);
    let steps = e.div(n, d);
    let near = e.add(base, steps);

    let large = e.f64(8.0);
    let large = e.le(large, x);
    let far = digamma_large(e, x);
    e.select(large, far, near)
}

/// `log x - 1/(2x) - S(1/x²)/x²`
fn digamma_large<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let clamped = e.max_k(x, 8.0);
    let (log, log_rest) = log_sum(e, clamped);
    let one = e.f64(1.0);
    let inverse = e.div(one, clamped);
    let w = e.mul(inverse, inverse);
    let series = e.horner(w, &PSI_LARGE);
    let tail = e.fnma(w, series, log_rest);
    let tail = e.scale_add(inverse, -0.5, tail);
    e.add(log, tail)
}

/// Derivative of `lgamma`, at most 3.5 ulp; for `x < 0`, of the larger of the value and 1.
/// `digamma(±0) = ∓inf`, NaN at -1, -2, ….
pub(super) fn digamma<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    e.apart(x, |e| digamma_in_place(e, x))
}

fn digamma_in_place<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let common = digamma_positive(e, x);
    let above = e.gt_k(x, 0.0);
    let below = e.lt_k(x, 1e300);
    let usual = e.and(above, below);
    let rare = e.not(usual);
    e.rare(rare, common, |e| {
        // x < 0: digamma |x| - 1/x - pi cot(pi x)
        let magnitude = e.abs(x);
        let clamped = e.min_k(magnitude, 1e300);
        let positive = digamma_positive(e, clamped);
        let one = e.f64(1.0);
        let inverse = e.div(one, x);
        let (sine, cosine) = (sinpi(e, x), cospi(e, x));
        let pi = e.f64(std::f64::consts::PI);
        let cotangent = e.div(cosine, sine);
        let term = e.mul(pi, cotangent);
        let sum = e.add(term, inverse);
        let reflected = e.sub(positive, sum);
        let pole = e.neg(inverse);
        let near_pole = e.lt_k(magnitude, 1e-20);
        let integer = e.eq_k(sine, 0.0);
        let nan = e.f64(f64::NAN);
        let reflected = e.select(integer, nan, reflected);
        let reflected = e.select(near_pole, pole, reflected);
        let logarithm = log(e, x);
        let negative = e.le_k(x, 0.0);
        e.select(negative, reflected, logarithm)
    })
}

/// `trigamma x` for `0 < x`: `Σ 1/(x + i)²` up to 8 and the asymptotic series there.
fn trigamma_positive<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let one = e.f64(1.0);
    let eight = e.f64(8.0);
    let mut z = x;
    let mut sum = e.f64(0.0);
    for _ in 0..8 {
        let active = e.lt(z, eight);
        let square = e.mul(z, z);
        let term = e.div(one, square);
        let total = e.add(sum, term);
        sum = e.select(active, total, sum);
        let next = e.add(z, one);
        z = e.select(active, next, z);
    }
    let inverse = e.div(one, z);
    let w = e.mul(inverse, inverse);
    let series = e.horner(w, &PSI1_LARGE);
    let cube = e.mul(w, inverse);
    let tail = e.mul(cube, series);
    let tail = e.scale_add(w, 0.5, tail);
    let tail = e.add(tail, sum);
    e.add(inverse, tail)
}

/// Derivative of `digamma`, at most 6.0 ulp. Infinite at 0, -1, -2, ….
pub(super) fn trigamma<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let common = trigamma_positive(e, x);
    let above = e.gt_k(x, 0.0);
    let rare = e.not(above);
    e.rare(rare, common, |e| {
        // x < 0: (pi / sin(pi x))² + 1/x² - trigamma |x|
        let magnitude = e.abs(x);
        let positive = trigamma_positive(e, magnitude);
        let sine = sinpi(e, x);
        let pi = e.f64(std::f64::consts::PI);
        let ratio = e.div(pi, sine);
        let square = e.mul(ratio, ratio);
        let x_square = e.mul(x, x);
        let one = e.f64(1.0);
        let inverse = e.div(one, x_square);
        let difference = e.sub(inverse, positive);
        let reflected = e.add(square, difference);
        let near_pole = e.lt_k(magnitude, 1e-20);
        let reflected = e.select(near_pole, inverse, reflected);
        let integer = {
            let whole = e.op(ScalarOp::Trunc, &[x]);
            e.eq(whole, x)
        };
        let infinity = e.f64(f64::INFINITY);
        let finite = e.lt_k(magnitude, f64::INFINITY);
        let pole = e.and(integer, finite);
        let value = e.select(pole, infinity, reflected);
        let nan = e.f64(f64::NAN);
        e.select(finite, value, nan)
    })
}
