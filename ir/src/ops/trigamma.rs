//! `trigamma x`: ψ′(x), the second derivative of log Γ, elementwise.
//!
//! Its own derivative is written out in operations that have derivatives of every order, and so are the
//! polygamma functions: they are rare, and so no primitives.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Add, CompareOp, CosPi, Fma, Kernel, Mul, PowI, Select, SinPi, Sub};
use crate::builder::Builder;
use crate::elementary::Elementary;
use crate::function::Value;
use crate::op::TypeError;
use crate::scalar::Compare;

/// ψ′(x).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trigamma;

// d ψ′(x) = ψ″(x) dx.
smooth!(
    Trigamma, "trigamma", Kernel::Elementary(Elementary::Trigamma),
    examples: {
        let mut examples = unary("trigamma OP", 0.3, 4.0);
        examples.extend(unary("trigamma OP", -0.8, -0.3));
        examples
    },
    refused: refusals("trigamma", 1, NOT_FLOATS),
    |b, args, _, _| args.first().map(|&x| second(b, x)).transpose(),
);

/// How many terms of the series are added up before the asymptotic one, which is good from there on.
const STEPS: i32 = 16;

/// `(2k + 1) B_2k` for k = 10 down to 1, with the Bernoulli numbers.
const ASYMPTOTIC: [f64; 10] = [
    -174_611.0 / 330.0 * 21.0,
    43_867.0 / 798.0 * 19.0,
    -3617.0 / 510.0 * 17.0,
    7.0 / 6.0 * 15.0,
    -691.0 / 2730.0 * 13.0,
    5.0 / 66.0 * 11.0,
    -1.0 / 30.0 * 9.0,
    1.0 / 42.0 * 7.0,
    -1.0 / 30.0 * 5.0,
    1.0 / 6.0 * 3.0,
];

// ψ″(x) = P(x) for x > 0, and P(1 - x) - 2π³ cos(πx) / sin³(πx) elsewhere.
fn second(b: &mut Builder, x: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let (zero, one, half) = (b.fill(0.0, &ty)?, b.fill(1.0, &ty)?, b.fill(0.5, &ty)?);
    let how = Compare::Lt;
    let positive = b.op(CompareOp { how }, &[zero, x])?;
    let reflected = b.op(Sub, &[one, x])?;
    let y = b.op(Select, &[positive, x, reflected])?;
    let series = of_positive(b, y)?;
    // Where it is not wanted, the rest is taken at 1/2, where it and all its derivatives are finite.
    let x = b.op(Select, &[positive, half, x])?;
    let (sine, cosine) = (b.op(SinPi, &[x])?, b.op(CosPi, &[x])?);
    // A power, not a quotient, so that the derivatives at the poles are infinite too.
    let cube = b.op(PowI { n: -3 }, &[sine])?;
    let factor = b.fill(-2.0 * std::f64::consts::PI.powi(3), &ty)?;
    let numerator = b.op(Mul, &[factor, cosine])?;
    let rest = b.op(Mul, &[numerator, cube])?;
    let rest = b.op(Select, &[positive, zero, rest])?;
    b.op(Add, &[series, rest])
}

// P(y) = -Σ 2 / (y + i)³ for i < 16, and for z = y + 16: -1/z² - 1/z³ - Σ (2k + 1) B_2k / z^(2k + 2).
fn of_positive(b: &mut Builder, y: Value) -> Result<Value, TypeError> {
    let ty = b.ty(y).clone();
    let constant = |b: &mut Builder, x: f64| b.fill(x, &ty);
    let last = constant(b, f64::from(STEPS))?;
    let z = b.op(Add, &[y, last])?;
    let inverse = b.op(PowI { n: -1 }, &[z])?;
    let w = b.op(Mul, &[inverse, inverse])?;
    let mut series = constant(b, 0.0)?;
    for k in ASYMPTOTIC {
        let k = constant(b, k)?;
        series = b.op(Fma, &[series, w, k])?;
    }
    // (series / z + 1) / z + 1, over z².
    let one = constant(b, 1.0)?;
    let inner = b.op(Fma, &[series, inverse, one])?;
    let outer = b.op(Fma, &[inner, inverse, one])?;
    let mut sum = b.op(Mul, &[w, outer])?;
    let two = constant(b, 2.0)?;
    // The smallest terms first.
    for step in (0..STEPS).rev() {
        let step = constant(b, f64::from(step))?;
        let place = b.op(Add, &[y, step])?;
        let cube = b.op(PowI { n: -3 }, &[place])?;
        sum = b.op(Fma, &[two, cube, sum])?;
    }
    b.op(super::Neg, &[sum])
}
