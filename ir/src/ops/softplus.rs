//! `softplus x`: log(1 + eˣ), elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Kernel, Sigmoid};
use crate::elementary::Elementary;

/// Log(1 + eˣ).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Softplus;

// d log(1 + eˣ) = σ(x) dx.
smooth!(
    Softplus, "softplus", Kernel::Elementary(Elementary::Softplus),
    examples: unary("softplus OP", -3.0, 3.0),
    refused: refusals("softplus", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| b.op(Sigmoid, &[x])).transpose()
    },
);
