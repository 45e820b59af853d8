//! `sinh x`: the hyperbolic sine, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Cosh, Kernel};
use crate::elementary::Elementary;

/// The hyperbolic sine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sinh;

// d(sinh x) = cosh x dx.
smooth!(
    Sinh, "sinh", Kernel::Elementary(Elementary::Sinh),
    examples: unary("sinh OP", -2.0, 2.0),
    refused: refusals("sinh", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| b.op(Cosh, &[x])).transpose()
    },
);
