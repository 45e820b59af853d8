//! `sech2`: the square of the hyperbolic secant, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Kernel, Mul, Tanh};
use crate::elementary::Elementary;

/// the square of the hyperbolic secant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sech2;

// d(sech² x) = -2 tanh(x) sech²(x) dx.
smooth!(
    Sech2, "sech2", Kernel::Elementary(Elementary::Sech2),
    examples: unary("sech2 OP", -2.0, 2.0),
    refused: refusals("sech2", 1, NOT_FLOATS),
    |b, args, y, _| { let &[x] = args else { return Ok(None) }; let tanh = b.op(Tanh, &[x])?; let two = b.fill(-2.0, &b.ty(x).clone())?; let twice = b.op(Mul, &[two, tanh])?; b.op(Mul, &[twice, y]).map(Some) });
