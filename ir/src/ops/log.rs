//! `log`: the natural logarithm, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Div, Kernel};
use crate::elementary::Elementary;

/// the natural logarithm.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log;

// d(log x) = dx / x.
smooth!(
    Log, "log", Kernel::Elementary(Elementary::Log),
    examples: unary("log OP", 0.1, 3.0),
    refused: refusals("log", 1, NOT_FLOATS),
    |b, args, _, _| { let &[x] = args else { return Ok(None) }; let one = b.fill(1.0, &b.ty(x).clone())?; b.op(Div, &[one, x]).map(Some) });
