//! `erf x`: the error function, elementwise.

use super::elementwise::{finite, smooth};
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Exp, Kernel, Mul, Neg};
use crate::builder::Builder;
use crate::elementary::Elementary;
use crate::function::Value;
use crate::op::TypeError;

/// The error function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Erf;

// d(erf x) = 2/√π exp(-x²) dx.
smooth!(
    Erf, "erf", Kernel::Elementary(Elementary::Erf),
    examples: unary("erf OP", -2.0, 2.0),
    refused: refusals("erf", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| bell(b, x, std::f64::consts::FRAC_2_SQRT_PI)).transpose()
    },
);

/// `k exp(-x²)`
pub(super) fn bell(b: &mut Builder, x: Value, k: f64) -> Result<Value, TypeError> {
    let factor = b.fill(k, &b.ty(x).clone())?;
    let x = finite(b, x)?;
    let square = b.op(Mul, &[x, x])?;
    let minus = b.op(Neg, &[square])?;
    let decay = b.op(Exp, &[minus])?;
    b.op(Mul, &[factor, decay])
}
