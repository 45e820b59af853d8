//! `erf`, `erfc`.
//!
//! `erfc x = e^(-x²) X(t) / (1 + 2x)` for `x >= 0`, `t = (x - 4)/(x + 4)`, X a minimax polynomial on
//! `[0.46, 27.6]` (the transformation of Shepherd and Laframboise), relative error 2^-58; `x²` is used with
//! its rounding error. `erf x = x + x F(x²)` up to 0.84, relative error 2^-62; each is 1 minus the other
//! elsewhere.

use super::exp::{join_wide, parts_dd, power};
use super::kit::Kit;
use crate::scalar::Emit;

/// X of the file's head: its constant term in two parts, and the others.
const X0: (f64, f64) = (1.2329951186255526, -4.561033995606973e-17);
const X: [f64; 22] = [
    -0.1396211168405625,
    0.015379652102619754,
    0.06809705425468864,
    -0.10103906603630373,
    0.09373283499852564,
    -0.06633036581226302,
    0.03716751553397916,
    -0.01619773405684981,
    0.005031970016469573,
    -0.0007577732984288923,
    -0.00019925695152816456,
    0.00015062173622862167,
    -2.439811510549222e-05,
    -1.1222265790957367e-05,
    5.706643075427006e-06,
    2.9439932975299005e-07,
    -8.197394069399083e-07,
    7.373477458311182e-08,
    1.0345584189828887e-07,
    -1.716402781648324e-08,
    -9.725231921627384e-09,
    1.5725647110167533e-09,
];
/// F of the file's head.
const F: [f64; 13] = [
    0.1283791670955126,
    -0.3761263890318375,
    0.11283791670954858,
    -0.026866170645072903,
    0.0052239776247807995,
    -0.0008548326978731067,
    0.00012055331036263046,
    -1.4925593486749649e-05,
    1.6460972425539068e-06,
    -1.6350020430624902e-07,
    1.4657843773063121e-08,
    -1.1365513300379408e-09,
    5.94498343374918e-11,
];

/// `erfc x` for `0.46 <= x <= 27.6` as a rounded product and its correction.
fn complement<E: Emit>(e: &mut E, x: E::Value) -> Complement<E::Value> {
    let (square, rest) = e.two_mul(x, x);
    let (square, rest) = (e.neg(square), e.neg(rest));
    let parts = parts_dd(e, square, rest);
    let gauss = e.fast_two_sum(parts.sum, parts.rest);
    let above = e.add_k(x, 4.0);
    let below = e.add_k(x, -4.0);
    let t = e.div(below, above);
    let p = e.horner(t, &X);
    let p = e.mul(p, t);
    let constant = e.f64(X0.0);
    let (p, p_rest) = e.fast_two_sum(constant, p);
    let p_rest = e.add_k(p_rest, X0.1);
    let numerator = e.mul_dd(gauss, (p, p_rest));
    let one = e.f64(1.0);
    let twice = e.add(x, x);
    let denominator = e.two_sum(one, twice);
    let (sum, rest) = e.div_dd(numerator, denominator);
    Complement {
        sum,
        rest,
        biased: parts.biased,
    }
}

type Complement<V> = super::exp::Parts<V>;

/// `erf x` for `0 <= x <= 1` before its last rounding.
fn series<E: Emit>(e: &mut E, x: E::Value) -> (E::Value, E::Value) {
    let square = e.mul(x, x);
    let p = e.horner(square, &F);
    (x, e.mul(p, x))
}

/// Error function, at most 0.9 ulp.
pub(super) fn erf<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let (inner, inner_rest) = series(e, magnitude);
    let inner = e.add(inner, inner_rest);
    // erf(6) rounds to 1.
    let clamped = e.min_k(magnitude, 6.0);
    let tail = complement(e, clamped);
    let scale = power(e, tail.biased, 0);
    let value = e.add(tail.sum, tail.rest);
    let value = e.mul(value, scale);
    let one = e.f64(1.0);
    let outer = e.sub(one, value);
    let small = e.lt_k(magnitude, 0.84);
    let value = e.select(small, inner, outer);
    e.copysign(value, x)
}

/// Complementary error function `1 - erf x`, at most 0.9 ulp, and for subnormal results too.
pub(super) fn erfc<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let magnitude = e.abs(x);
    let clamped = e.min_k(magnitude, 26.0);
    let tail = complement(e, clamped);
    let scale = power(e, tail.biased, 0);
    let (high, low) = (e.mul(tail.sum, scale), e.mul(tail.rest, scale));
    let positive = e.add(high, low);
    let two = e.f64(2.0);
    let negative = e.sub(two, positive);
    let left = e.lt_k(x, 0.0);
    let outer = e.select(left, negative, positive);
    // 1 - (x + x F)
    let (inner, inner_rest) = series(e, magnitude);
    let inner = e.copysign(inner, x);
    let inner_rest = {
        let minus = e.neg(inner_rest);
        e.select(left, minus, inner_rest)
    };
    let one = e.f64(1.0);
    let minus = e.neg(inner);
    let (near, rest) = e.fast_two_sum(one, minus);
    let rest = e.sub(rest, inner_rest);
    let near = e.add(near, rest);
    let small = e.lt_k(magnitude, 0.65);
    let common = e.select(small, near, outer);
    let bounded = e.le_k(x, 26.0);
    let extreme = e.not(bounded);
    e.rare(extreme, common, |e| {
        let clamped = e.min_k(magnitude, 27.5);
        let tail = complement(e, clamped);
        let (sum, rest) = e.fast_two_sum(tail.sum, tail.rest);
        // The sum is far below 1: bring it to the range that the parts of an exponential have.
        let value = super::exp::Parts {
            sum: e.mul_k(sum, 32.0),
            rest: e.mul_k(rest, 32.0),
            biased: e.add_u(tail.biased, (-5i64) as u64),
        };
        join_wide(e, value)
    })
}
