//! `atan2 y, x`: the angle of the point `(x, y)`, elementwise.

use super::elementwise::{finite, smooth};
use super::examples::{NOT_FLOATS, binary, refusals};
use super::{Div, Hypot, Kernel, Neg};
use crate::elementary::Elementary;

/// The angle of a point.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atan2;

// d atan2(y, x) = (x dy - y dx) / (x² + y²), without overflow.
smooth!(
    Atan2, "atan2", Kernel::Elementary(Elementary::Atan2),
    examples: binary("atan2", 0.3, 2.0),
    refused: refusals("atan2", 2, NOT_FLOATS),
    |b, args, _, k| {
        let &[y, x] = args else { return Ok(None) };
        let radius = b.op(Hypot, &[x, y])?;
        let other = if k == 0 { x } else { b.op(Neg, &[y])? };
        let other = finite(b, other)?;
        let cosine = b.op(Div, &[other, radius])?;
        b.op(Div, &[cosine, radius]).map(Some)
    },
);
