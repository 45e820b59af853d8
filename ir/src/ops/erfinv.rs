//! `erfinv x`: the inverse of erf, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Exp, Kernel, Mul};
use crate::elementary::Elementary;

/// The inverse of erf.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Erfinv;

// d(erf⁻¹ x) = √π/2 exp(y²) dx.
smooth!(
    Erfinv, "erfinv", Kernel::Elementary(Elementary::Erfinv),
    examples: unary("erfinv OP", -0.9, 0.9),
    refused: refusals("erfinv", 1, NOT_FLOATS),
    |b, _, y, _| {
        let half_root_pi = b.fill(1.0 / std::f64::consts::FRAC_2_SQRT_PI, &b.ty(y).clone())?;
        let square = b.op(Mul, &[y, y])?;
        let growth = b.op(Exp, &[square])?;
        b.op(Mul, &[half_root_pi, growth]).map(Some)
    },
);
