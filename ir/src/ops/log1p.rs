//! `log1p`: the natural logarithm of 1 + x, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Add, Div, Kernel};
use crate::elementary::Elementary;

/// the natural logarithm of 1 + x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log1p;

// d(log(1 + x)) = dx / (1 + x).
smooth!(
    Log1p, "log1p", Kernel::Elementary(Elementary::Log1p),
    examples: unary("log1p OP", -0.8, 3.0),
    refused: refusals("log1p", 1, NOT_FLOATS),
    |b, args, _, _| { let &[x] = args else { return Ok(None) }; let one = b.fill(1.0, &b.ty(x).clone())?; let sum = b.op(Add, &[one, x])?; b.op(Div, &[one, sum]).map(Some) });
