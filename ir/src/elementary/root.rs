//! `cbrt`, `hypot`.

use super::kit::Kit;
use super::log::{normalise, split, unusual};
use crate::scalar::{Emit, ScalarOp};

/// `m^(-1/3)` on `[sqrt(1/2), sqrt(2)]`, relative error 2^-14.7.
const START: [f64; 5] = [
    1.8745214382661142,
    -1.8618403080963486,
    1.5613189736568067,
    -0.7023948553052886,
    0.12837134106907955,
];

/// The cube root of `2^k m`, `m` within `[sqrt(1/2), sqrt(2)]`.
///
/// With `k = 3 q + r`, `y` near `(2^r m)^(-1/3)` and `h = 1 - 2^r m y³`, `y (1 - h)^(-1/3)` to third order;
/// then `c = 2^r m y²` is the cube root and `c + (2^r m - c³) y² / 3` rounds it nearly once.
fn body<E: Emit>(e: &mut E, m: E::Value, k: E::Value) -> E::Value {
    let third = e.mul_k(k, 1.0 / 3.0);
    let q = e.op(ScalarOp::Floor, &[third]);
    let r = e.scale_add(q, -3.0, k);
    // floor(k/3) may be one too low where k/3 rounds down: r is 0, 1, 2 or 3.
    let y = e.horner(m, &START);
    let one = e.lt_k(r, 0.5);
    let two = e.lt_k(r, 1.5);
    let three = e.lt_k(r, 2.5);
    let mut by_r = |at: [f64; 4]| {
        let [a, b, c, d] = at;
        let value = e.choose(three, c, d);
        let b = e.f64(b);
        let value = e.select(two, b, value);
        let a = e.f64(a);
        e.select(one, a, value)
    };
    let factor = by_r([1.0, 2.0, 4.0, 8.0]);
    let shrink = by_r([1.0, 0.7937005259840998, 0.6299605249474366, 0.5]);
    let (m, y) = (e.mul(m, factor), e.mul(y, shrink));
    let square = e.mul(y, y);
    let cube = e.mul(square, y);
    let unit = e.f64(1.0);
    let h = e.fnma(m, cube, unit);
    let series = e.horner(h, &[1.0 / 3.0, 2.0 / 9.0, 14.0 / 81.0]);
    let step = e.mul(h, series);
    let y = e.fma(y, step, y);
    let square = e.mul(y, y);
    let c = e.mul(m, square);
    let (c2, rest) = e.two_mul(c, c);
    let residue = e.fnma(c2, c, m);
    let residue = e.fnma(rest, c, residue);
    let slope = e.mul_k(square, 1.0 / 3.0);
    let c = e.fma(residue, slope, c);
    let scale = power_of_two(e, q);
    e.mul(c, scale)
}

/// `2^q` of a float that is an integer: the addition leaves `q + 1023` in the low bits.
fn power_of_two<E: Emit>(e: &mut E, q: E::Value) -> E::Value {
    let biased = e.add_k(q, 6755399441055744.0 + 1023.0);
    let bits = e.bits(biased);
    let bits = e.shl_k(bits, 52);
    e.float(bits)
}

/// Cube root, at most 0.51 ulp.
pub(super) fn cbrt<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let parts = split(e, magnitude);
    let common = body(e, parts.mantissa, parts.exponent);
    let common = e.copysign(common, x);
    let rare = unusual(e, magnitude);
    e.rare(rare, common, |e| {
        let (scaled, shift) = normalise(e, magnitude);
        let parts = split(e, scaled);
        let k = e.add(parts.exponent, shift);
        let value = body(e, parts.mantissa, k);
        let value = e.copysign(value, x);
        let zero = e.eq_k(x, 0.0);
        let infinity = e.f64(f64::INFINITY);
        let finite = e.lt(magnitude, infinity);
        let value = e.select(finite, value, x);
        e.select(zero, x, value)
    })
}

/// `sqrt(a² + b²)` of numbers whose squares neither overflow nor matter where they underflow; `a >= b >= 0`.
fn hypotenuse<E: Emit>(e: &mut E, a: E::Value, b: E::Value) -> E::Value {
    let (a2, a_rest) = e.two_mul(a, a);
    let (b2, b_rest) = e.two_mul(b, b);
    let (sum, rest) = e.fast_two_sum(a2, b2);
    let squares = e.add(a_rest, b_rest);
    let rest = e.add(rest, squares);
    let root = e.sqrt(sum);
    let residue = e.fnma(root, root, sum);
    let residue = e.add(residue, rest);
    let twice = e.add(root, root);
    let correction = e.div(residue, twice);
    e.add(root, correction)
}

/// `sqrt(x² + y²)` without overflow on the way, at most 0.8 ulp; infinite if either argument is.
pub(super) fn hypot<E: Emit>(e: &mut E, x: E::Value, y: E::Value) -> E::Value {
    let (x, y) = (e.abs(x), e.abs(y));
    let less = e.lt(x, y);
    let a = e.select(less, y, x);
    let b = e.select(less, x, y);
    let common = hypotenuse(e, a, b);
    let least = e.f64(1e-130);
    let above = e.le(least, a);
    let below = e.le_k(a, 1e150);
    let usual = e.and(above, below);
    // A NaN in b.
    let ordered = e.eq(b, b);
    let usual = e.and(usual, ordered);
    let rare = e.not(usual);
    e.rare(rare, common, |e| {
        let tiny = e.lt_k(a, 1.0);
        let scale = e.choose(tiny, 2f64.powi(700), 2f64.powi(-700));
        let back = e.choose(tiny, 2f64.powi(-700), 2f64.powi(700));
        let (sa, sb) = (e.mul(a, scale), e.mul(b, scale));
        let value = hypotenuse(e, sa, sb);
        let value = e.mul(value, back);
        let zero = e.eq_k(a, 0.0);
        let value = e.select(zero, a, value);
        let x_infinite = e.eq_k(x, f64::INFINITY);
        let y_infinite = e.eq_k(y, f64::INFINITY);
        let infinite = e.or(x_infinite, y_infinite);
        let sum = e.add(x, y);
        let ordered = e.eq(sum, sum);
        let value = e.select(ordered, value, sum);
        let infinity = e.f64(f64::INFINITY);
        e.select(infinite, infinity, value)
    })
}
