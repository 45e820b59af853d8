//! `sin`, `cos`, `sinpi`, `cospi`.
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
pub(super) fn kernel<E: Emit>(e: &mut E, angle: Reduced<E::Value>) -> (E::Value, E::Value) {
    let (r, low) = (angle.high, angle.low);
    let z = e.mul(r, r);
    let half = e.mul_k(z, 0.5);
    let one = e.f64(1.0);
    let w = e.sub(one, half);

    let s = e.horner(z, &S);
    let cube = e.mul(z, r);
    let tail = e.mul(low, w);
    let tail = e.fma(cube, s, tail);
    let sine = e.add(r, tail);

    let c = e.horner(z, &C);
    let fourth = e.mul(z, z);
    let back = e.sub(one, w);
    let error = e.sub(back, half);
    let tail = e.fnma(r, low, error);
    let tail = e.fma(fourth, c, tail);
    (sine, e.add(w, tail))
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

/// Sine, at most 0.53 ulp at any argument.
pub(super) fn sin<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let value = sine(e, x, 0);
    let zero = e.eq_k(x, 0.0);
    e.select(zero, x, value)
}

/// Cosine, at most 0.53 ulp at any argument.
pub(super) fn cos<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    sine(e, x, 1)
}

/// `sin(pi x)`, at most 0.53 ulp; exact at multiples of 1/2, a zero has the sign of `x`.
pub(super) fn sinpi<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let angle = half_turns(e, x);
    let value = wave(e, angle, 0);
    let zero = e.eq_k(value, 0.0);
    let signed = e.copysign(value, x);
    e.select(zero, signed, value)
}

/// `cos(pi x)`, at most 0.53 ulp; exact at multiples of 1/2, where a zero is positive.
pub(super) fn cospi<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let angle = half_turns(e, x);
    let value = wave(e, angle, 1);
    let zero = e.eq_k(value, 0.0);
    let unsigned = e.abs(value);
    e.select(zero, unsigned, value)
}
