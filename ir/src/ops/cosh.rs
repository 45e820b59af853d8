//! `cosh x`: the hyperbolic cosine, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Kernel, Sinh};
use crate::elementary::Elementary;

/// The hyperbolic cosine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cosh;

// d(cosh x) = sinh x dx.
smooth!(
    Cosh, "cosh", Kernel::Elementary(Elementary::Cosh),
    examples: unary("cosh OP", -2.0, 2.0),
    refused: refusals("cosh", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| b.op(Sinh, &[x])).transpose()
    },
);
