//! `trigamma x`: ψ′(x), the second derivative of log Γ, elementwise.

use super::Kernel;
use super::elementwise::{elementwise, never_linear};
use super::examples::{NOT_FLOATS, refusals, unary};
use crate::derive::{Linearize, Step};
use crate::elementary::Elementary;
use crate::op::{Example, RuleError};

/// ψ′(x).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trigamma;

elementwise! {
    Trigamma, "trigamma", Kernel::Elementary(Elementary::Trigamma),
    examples: unary("trigamma OP", 0.3, 4.0).into_iter().map(Example::without_derivative).collect(),
    refused: refusals("trigamma", 1, NOT_FLOATS),
    linear: |_, _| false,
    linearize: linearize,
    transpose: never_linear
}

fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    Err(cx.refuse(step, "the polygamma functions of higher order are not available"))
}
