//! `cos`: the cosine, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Kernel, Neg, Sin};
use crate::elementary::Elementary;

/// the cosine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cos;

// d(cos x) = -sin x dx.
smooth!(
    Cos, "cos", Kernel::Elementary(Elementary::Cos),
    examples: unary("cos OP", -4.0, 4.0),
    refused: refusals("cos", 1, NOT_FLOATS),
    |b, args, _, _| { let &[x] = args else { return Ok(None) }; let sin = b.op(Sin, &[x])?; b.op(Neg, &[sin]).map(Some) });
