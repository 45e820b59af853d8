//! `expm1`: e to the power x, less 1, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Exp, Kernel};
use crate::elementary::Elementary;

/// e to the power x, less 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expm1;

// d(eˣ - 1) = eˣ dx.
smooth!(
    Expm1, "expm1", Kernel::Elementary(Elementary::Expm1),
    examples: unary("expm1 OP", -2.0, 2.0),
    refused: refusals("expm1", 1, NOT_FLOATS),
    |b, args, _, _| { args.first().map(|&x| b.op(Exp, &[x])).transpose() });
