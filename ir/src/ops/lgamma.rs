//! `lgamma x`: log |Γ(x)|, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Digamma, Kernel};
use crate::elementary::Elementary;

/// Log |Γ(x)|.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lgamma;

// d log|Γ(x)| = ψ(x) dx.
smooth!(
    Lgamma, "lgamma", Kernel::Elementary(Elementary::Lgamma),
    examples: unary("lgamma OP", 0.3, 4.0),
    refused: refusals("lgamma", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| b.op(Digamma, &[x])).transpose()
    },
);
