//! `sin`: the sine, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Cos, Kernel};
use crate::elementary::Elementary;

/// the sine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sin;

// d(sin x) = cos x dx.
smooth!(
    Sin, "sin", Kernel::Elementary(Elementary::Sin),
    examples: unary("sin OP", -4.0, 4.0),
    refused: refusals("sin", 1, NOT_FLOATS),
    |b, args, _, _| { args.first().map(|&x| b.op(Cos, &[x])).transpose() });
