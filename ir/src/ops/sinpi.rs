//! `sinpi x`: sin(π x), elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{CosPi, Kernel, Mul};
use crate::elementary::Elementary;

/// Sin(π x).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SinPi;

// d sin(π x) = π cos(π x) dx.
smooth!(
    SinPi, "sinpi", Kernel::Elementary(Elementary::SinPi),
    examples: unary("sinpi OP", -2.0, 2.0),
    refused: refusals("sinpi", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let (pi, cos) = (b.fill(std::f64::consts::PI, &b.ty(x).clone())?, b.op(CosPi, &[x])?);
        b.op(Mul, &[pi, cos]).map(Some)
    },
);
