//! `sin`, `cos`, `tan`, `sinpi`, `cospi`.
//!
//! Both polynomials are evaluated on the reduced angle `r + low`, |r| <= pi/4, and chosen by the parity of
//! the quarter turn; their relative errors are below 2^-58. With `z = r²`:
//! `sin = r + (r z S(z) + low cos r)`, `cos = (1 - z/2) + (z² C(z) - r low)`.

use super::kit::Kit;
use super::reduce::{NEAR, Reduced, far, half_turns, near};
use crate::scalar::Emit;

const S: [f64; 6] = [
    -0.16666666666666632,
    0.008333333333322425,
    -0.00019841269829815633,
    2.755731369408789e-06,
    -2.5050758380892187e-08,
    1.589680742659314e-10,
];
const C: [f64; 6] = [
    0.0416666666666666,
    -0.0013888888888874127,
    2.480158728948272e-05,
    -2.755731435232304e-07,
    2.0875723255278955e-09,
    -1.1359646236204934e-11,
];

/// The sine and the cosine of the rest.
fn kernel<E: Emit>(e: &mut E, angle: Reduced<E::Value>) -> (E::Value, E::Value) {
    let (sine, cosine) = kernel_sums(e, angle);
    (e.add(sine.0, sine.1), e.add(cosine.0, cosine.1))
}

/// A number before its last rounding.
type Sum<V> = (V, V);

/// [`kernel`] before its last roundings.
fn kernel_sums<E: Emit>(e: &mut E, angle: Reduced<E::Value>) -> (Sum<E::Value>, Sum<E::Value>) {
    let (r, low) = (angle.high, angle.low);
    let z = e.mul(r, r);
    let half = e.mul_k(z, 0.5);
    let one = e.f64(1.0);
    let w = e.sub(one, half);

    let s = e.horner(z, &S);
    let cube = e.mul(z, r);
    let tail = e.mul(low, w);
    let tail = e.fma(cube, s, tail);
    let sine = (r, tail);

    let c = e.horner(z, &C);
    let fourth = e.mul(z, z);
    let back = e.sub(one, w);
    let error = e.sub(back, half);
    let tail = e.fnma(r, low, error);
    let tail = e.fma(fourth, c, tail);
    (sine, (w, tail))
}

/// `sin(angle + turn pi/2)`
fn wave<E: Emit>(e: &mut E, angle: Reduced<E::Value>, turn: u64) -> E::Value {
    let (sine, cosine) = kernel(e, angle);
    let quarter = if turn == 0 {
        angle.quarter
    } else {
        e.add_u(angle.quarter, turn)
    };
    let odd = e.test(quarter, 1);
    let value = e.select(odd, cosine, sine);
    let lower = e.test(quarter, 2);
    e.negate_if(lower, value)
}

/// `sin(x + turn pi/2)`
fn sine<E: Emit>(e: &mut E, x: E::Value, turn: u64) -> E::Value {
    let angle = near(e, x);
    let common = wave(e, angle, turn);
    let huge = e.beyond(x, NEAR);
    e.rare(huge, common, |e| {
        let angle = far(e, x);
        let value = wave(e, angle, turn);
        // x - x: NaN for infinities and NaN.
        let nothing = e.sub(x, x);
        e.add(value, nothing)
    })
}

/// Sine, at most 0.8 ulp at any argument.
pub(super) fn sin<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let value = sine(e, x, 0);
    let zero = e.eq_k(x, 0.0);
    e.select(zero, x, value)
}

/// Cosine, at most 0.8 ulp at any argument.
pub(super) fn cos<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    sine(e, x, 1)
}

/// `sin(pi x)`, at most 0.95 ulp; exact at multiples of 1/2, a zero has the sign of `x`.
pub(super) fn sinpi<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let angle = half_turns(e, x);
    let value = wave(e, angle, 0);
    let zero = e.eq_k(value, 0.0);
    let signed = e.copysign(value, x);
    e.select(zero, signed, value)
}

/// `cos(pi x)`, at most 0.8 ulp; exact at multiples of 1/2, where a zero is positive.
pub(super) fn cospi<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let angle = half_turns(e, x);
    let value = wave(e, angle, 1);
    let zero = e.eq_k(value, 0.0);
    let unsigned = e.abs(value);
    e.select(zero, unsigned, value)
}

/// `sine / cosine` or `-cosine / sine` of the rest, each with its correction.
fn tangent<E: Emit>(e: &mut E, angle: Reduced<E::Value>) -> E::Value {
    let quarter = angle.quarter;
    let r = angle.high;
    let (sine, mut cosine) = kernel_sums(e, angle);
    // The cosine misses the rounding error of r²/2.
    let (_, rest) = e.two_mul(r, r);
    cosine.1 = e.scale_add(rest, -0.5, cosine.1);
    let sine = e.fast_two_sum(sine.0, sine.1);
    let cosine = e.fast_two_sum(cosine.0, cosine.1);
    let odd = e.test(quarter, 1);
    let numerator = (
        e.select(odd, cosine.0, sine.0),
        e.select(odd, cosine.1, sine.1),
    );
    let denominator = (
        e.select(odd, sine.0, cosine.0),
        e.select(odd, sine.1, cosine.1),
    );
    let (q, correction) = e.div_dd(numerator, denominator);
    let value = e.add(q, correction);
    e.negate_if(odd, value)
}

/// Tangent, at most 0.9 ulp at any argument.
pub(super) fn tan<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let angle = near(e, x);
    let value = tangent(e, angle);
    // The corrections of a tiny angle underflow: tan x = x.
    let magnitude = e.abs(x);
    let tiny = e.lt_k(magnitude, 1e-9);
    let common = e.select(tiny, x, value);
    let huge = e.beyond(x, NEAR);
    e.rare(huge, common, |e| {
        let angle = far(e, x);
        let value = tangent(e, angle);
        let nothing = e.sub(x, x);
        e.add(value, nothing)
    })
}
