//! `tan x`: the tangent of an angle, elementwise.

use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Fma, Kernel};
use crate::elementary::Elementary;

/// The tangent of an angle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tan;

// d(tan x) = (1 + tan² x) dx.
smooth!(
    Tan, "tan", Kernel::Elementary(Elementary::Tan),
    examples: unary("tan OP", -1.3, 1.3),
    refused: refusals("tan", 1, NOT_FLOATS),
    |b, _, y, _| {
        let one = b.fill(1.0, &b.ty(y).clone())?;
        b.op(Fma, &[y, y, one]).map(Some)
    },
);
