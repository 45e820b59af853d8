//! `tanh`: the hyperbolic tangent, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Kernel, Sech2};
use crate::elementary::Elementary;

/// the hyperbolic tangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tanh;

// d(tanh x) = sech²(x) dx; 1 - tanh² would cancel.
smooth!(
    Tanh, "tanh", Kernel::Elementary(Elementary::Tanh),
    examples: unary("tanh OP", -2.0, 2.0),
    refused: refusals("tanh", 1, NOT_FLOATS),
    |b, args, _, _| { args.first().map(|&x| b.op(Sech2, &[x])).transpose() });
