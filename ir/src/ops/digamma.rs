//! `digamma x`: ψ(x), the derivative of log Γ, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Kernel, Trigamma};
use crate::elementary::Elementary;

/// ψ(x), the derivative of log Γ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digamma;

// dψ(x) = ψ′(x) dx.
smooth!(
    Digamma, "digamma", Kernel::Elementary(Elementary::Digamma),
    examples: unary("digamma OP", 0.3, 4.0),
    refused: refusals("digamma", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| b.op(Trigamma, &[x])).transpose()
    },
);
