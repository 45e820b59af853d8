//! `erfinv`.
//!
//! `w = -log(1 - x²)`. Up to `w = 6.3` (`|x| < 0.999`), `x P(w)` with a minimax polynomial, relative error
//! 2^-58 (the variable is that of Giles, "Approximating the erfinv function"). Beyond, in the rare branch, a
//! polynomial in `sqrt(w)`, relative error 2^-39, and one step of Newton's method on `erfc`.

use super::erf::erfc;
use super::exp::exp;
use super::kit::Kit;
use super::log::log_sum;
use crate::scalar::Emit;

/// The constant term of P, in `t = 2 w / 6.3 - 1`, and the others.
const P0: f64 = 1.6596547346987778;
const P: [f64; 24] = [
    0.7555436333816485,
    -0.060413394127561276,
    -0.02257037681011008,
    0.01821301448610357,
    -0.004367282523045992,
    -0.0012620705258078418,
    0.001285012940107786,
    -0.00029048102640525676,
    -0.00011761269213141231,
    9.96289342929725e-05,
    -1.7545297510390536e-05,
    -1.1575318560726414e-05,
    7.81549824050167e-06,
    -9.025349989167325e-07,
    -1.1159955260750379e-06,
    6.111443816351675e-07,
    -2.7607586672069258e-08,
    -1.0803324822961492e-07,
    4.643382342841327e-08,
    4.6746000877054404e-09,
    -9.835978529074643e-09,
    1.7241731333762009e-09,
    8.697612153979728e-10,
    -2.812966379791194e-10,
];
/// `erfinv` in `t = (sqrt(w) - 4.27) / 1.79` for `2.48 <= sqrt(w) <= 6.06`.
const TAIL: [f64; 17] = [
    4.112423244669641,
    1.8079112237389308,
    0.002165820143249872,
    -0.0033782710241304094,
    0.002072108909183463,
    -0.00103039969676318,
    0.00046054805298131966,
    -0.00018789851523260304,
    6.459269915000646e-05,
    -1.113423667934406e-05,
    -6.965039989178544e-06,
    1.0978772930252976e-05,
    -1.3889979692630002e-05,
    1.1072848816834652e-05,
    -1.4319058778397015e-06,
    -3.1980220174591726e-06,
    1.3386307169803144e-06,
];

/// The bound of the polynomial in `w`.
const LIMIT: f64 = 6.3;
/// sqrt(pi) / 2
const HALF_SQRT_PI: f64 = 0.886226925452758;

/// Inverse of `erf`, at most 2.5 ulp; infinite at ±1, NaN beyond.
pub(super) fn erfinv<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let one = e.f64(1.0);
    let complement = e.fnma(x, x, one);
    let clamped = e.max_k(complement, 1e-20);
    let (log, rest) = log_sum(e, clamped);
    let w = e.add(log, rest);
    let w = e.neg(w);
    let t = e.mul_k(w, 2.0 / LIMIT);
    let t = e.add_k(t, -1.0);
    let p = e.horner(t, &P);
    let p = e.mul(p, t);
    let base = e.f64(P0);
    let (sum, rest) = e.fast_two_sum(base, p);
    let rest = e.mul(rest, x);
    let common = e.fma(sum, x, rest);
    let zero = e.eq_k(x, 0.0);
    let common = e.select(zero, x, common);
    let central = e.le_k(w, LIMIT);
    let magnitude = e.abs(x);
    let inside = e.lt(magnitude, one);
    let usual = e.and(central, inside);
    let extreme = e.not(usual);
    e.rare(extreme, common, |e| {
        let value = tail(e, magnitude, w);
        let pole = e.eq_k(magnitude, 1.0);
        let infinity = e.f64(f64::INFINITY);
        let value = e.select(pole, infinity, value);
        let nan = e.f64(f64::NAN);
        let within = e.le_k(magnitude, 1.0);
        let value = e.select(within, value, nan);
        e.copysign(value, x)
    })
}

/// `y + (erfc y - (1 - x)) sqrt(pi)/2 e^(y²)` for the approximation `y`.
fn tail<E: Emit>(e: &mut E, x: E::Value, w: E::Value) -> E::Value {
    let s = e.sqrt(w);
    let t = e.add_k(s, -4.27);
    let t = e.mul_k(t, 1.0 / 1.79);
    let y = e.horner(t, &TAIL);
    let one = e.f64(1.0);
    let complement = e.sub(one, x);
    let found = erfc(e, y);
    let difference = e.sub(found, complement);
    let square = e.mul(y, y);
    let growth = exp(e, square);
    let slope = e.mul_k(growth, HALF_SQRT_PI);
    e.fma(difference, slope, y)
}
