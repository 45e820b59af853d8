//! `acos x`: the arc cosine, elementwise.

use super::asin::slope;
use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::{Kernel, Neg};
use crate::elementary::Elementary;

/// The arc cosine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acos;

// d(acos x) = -dx / √((1 - x)(1 + x)).
smooth!(
    Acos, "acos", Kernel::Elementary(Elementary::Acos),
    examples: unary("acos OP", -0.9, 0.9),
    refused: refusals("acos", 1, NOT_FLOATS),
    |b, args, _, _| {
        let &[x] = args else { return Ok(None) };
        let slope = slope(b, x)?;
        b.op(Neg, &[slope]).map(Some)
    },
);
