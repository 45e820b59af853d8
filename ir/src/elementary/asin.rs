//! `asin`, `acos`.
//!
//! For `|x| <= 1/2`, `asin x = x + x z B(z)` with `z = x²`; beyond, `asin x = pi/2 - 2 asin s` with
//! `s = sqrt((1 - |x|)/2)`; relative error of the polynomial below 2^-59.

use super::kit::{Kit, MIN_NORMAL};
use crate::scalar::Emit;

/// B of the file's head.
const B: [f64; 13] = [
    0.16666666666666763,
    0.07499999999970101,
    0.044642857175283705,
    0.03038194267538851,
    0.02237221590287069,
    0.017351595555149514,
    0.013981017862035627,
    0.01139729867404183,
    0.010789289124428031,
    0.003672307153184591,
    0.021790349297755883,
    -0.021116298782182595,
    0.03270190073383172,
];

/// Whether `|x| > 1/2`, and `asin` of `|x|` or of `s`: an exact part, its correction, and the series.
struct Core<V> {
    outer: V,
    argument: V,
    correction: V,
    series: V,
}

fn core<E: Emit>(e: &mut E, x: E::Value) -> Core<E::Value> {
    let magnitude = e.abs(x);
    let outer = e.gt_k(magnitude, 0.5);
    let half = e.f64(0.5);
    let complement = e.fnma(magnitude, half, half);
    let root = e.sqrt(complement);
    let argument = e.select(outer, root, magnitude);
    let square = e.mul(magnitude, magnitude);
    let z = e.select(outer, complement, square);
    // sqrt(c) = root + (c - root²) / (2 root); nothing is added for a root of 0.
    let rest = e.fnma(root, root, complement);
    let twice = e.add(root, root);
    let twice = e.add_k(twice, MIN_NORMAL);
    let correction = e.div(rest, twice);
    let zero = e.f64(0.0);
    let correction = e.select(outer, correction, zero);
    let p = e.horner(z, &B);
    let cube = e.mul(argument, z);
    let series = e.mul(cube, p);
    Core {
        outer,
        argument,
        correction,
        series,
    }
}

const HALF_PI: (f64, f64) = (std::f64::consts::FRAC_PI_2, 6.123233995736766e-17);

/// Arc sine, at most 0.7 ulp; NaN beyond ±1.
pub(super) fn asin<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let c = core(e, x);
    let inner = e.add(c.argument, c.series);
    // pi/2 - 2 (argument + correction + series)
    let base = e.f64(HALF_PI.0);
    let twice = e.mul_k(c.argument, -2.0);
    let (sum, rest) = e.fast_two_sum(base, twice);
    let rest = e.add_k(rest, HALF_PI.1);
    let tail = e.add(c.series, c.correction);
    let rest = e.scale_add(tail, -2.0, rest);
    let outer = e.add(sum, rest);
    let value = e.select(c.outer, outer, inner);
    e.copysign(value, x)
}

/// Arc cosine, at most 0.7 ulp; NaN beyond ±1.
///
/// `x > 1/2`: `2 asin s`; `x < -1/2`: `pi - 2 asin s`; between: `pi/2 - asin x`.
pub(super) fn acos<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let c = core(e, x);
    let right = e.gt_k(x, 0.5);
    let (near_zero, minus_two) = (e.f64(0.0), e.f64(-2.0));
    let base = e.choose(c.outer, std::f64::consts::PI, HALF_PI.0);
    let base = e.select(right, near_zero, base);
    let base_low = e.choose(c.outer, 2.0 * HALF_PI.1, HALF_PI.1);
    let base_low = e.select(right, near_zero, base_low);
    // The factor of the argument: -1 with the sign of x between, 2 on the right, -2 on the left.
    let one = e.f64(-1.0);
    let sign = e.copysign(one, x);
    let between = e.neg(sign);
    let two = e.f64(2.0);
    let factor = e.select(c.outer, minus_two, between);
    let factor = e.select(right, two, factor);
    let term = e.mul(c.argument, factor);
    let (sum, rest) = e.fast_two_sum(base, term);
    let rest = e.add(rest, base_low);
    let tail = e.add(c.series, c.correction);
    let rest = e.fma(tail, factor, rest);
    e.add(sum, rest)
}
