//! `exp`: e to the power x, elementwise.

use super::examples::{NOT_FLOATS, refusals, unary};
use super::elementwise::smooth;
use super::{Kernel};
use crate::elementary::Elementary;

/// e to the power x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exp;

// d(eˣ) = eˣ dx.
smooth!(
    Exp, "exp", Kernel::Elementary(Elementary::Exp),
    examples: unary("exp OP", -2.0, 2.0),
    refused: refusals("exp", 1, NOT_FLOATS),
    |_, _, y, _| Ok(Some(y)));
