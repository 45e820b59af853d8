//! `cospi x`: cos(π x), elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Kernel, Mul, SinPi};
use crate::elementary::Elementary;

/// Cos(π x).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CosPi;

// d cos(π x) = -π sin(π x) dx.
smooth!(
    CosPi, "cospi", Kernel::Elementary(Elementary::CosPi),
    examples: unary("cospi OP", -2.0, 2.0),
    refused: refusals("cospi", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let (pi, sin) = (b.fill(-std::f64::consts::PI, &b.ty(x).clone())?, b.op(SinPi, &[x])?);
        b.op(Mul, &[pi, sin]).map(Some)
    },
);
