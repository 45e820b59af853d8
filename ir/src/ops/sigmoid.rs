//! `sigmoid`: the logistic function 1 / (1 + e^-x), elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Kernel, Mul, Neg};
use crate::elementary::Elementary;

/// the logistic function 1 / (1 + e^-x).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sigmoid;

// dσ(x) = σ(x) σ(-x) dx; 1 - σ(x) would cancel.
smooth!(
    Sigmoid, "sigmoid", Kernel::Elementary(Elementary::Sigmoid),
    examples: unary("sigmoid OP", -3.0, 3.0),
    refused: refusals("sigmoid", 1, NOT_FLOATS),
    |b, args, y, _| { let &[x] = args else { return Ok(None) }; let minus = b.op(Neg, &[x])?; let other = b.op(Sigmoid, &[minus])?; b.op(Mul, &[y, other]).map(Some) });
