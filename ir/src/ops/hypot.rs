//! `hypot x, y`: `√(x² + y²)` without overflow, elementwise. Its derivative at the origin is 0.

use super::elementwise::{finite, largest, smooth};
use super::examples::{NOT_FLOATS, binary, refusals};
use super::{CompareOp, Div, Kernel, Select};
use crate::elementary::Elementary;
use crate::op::Example;
use crate::scalar::Compare;

/// The length of a vector in the plane.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hypot;

// d hypot(x, y) = (x dx + y dy) / hypot(x, y), 0 where that is 0; the sign of x where x is infinite.
smooth!(
    Hypot, "hypot", Kernel::Elementary(Elementary::Hypot),
    examples: {
        let mut examples = binary("hypot", 0.3, 2.0);
        let kink = Example::one("(%x: f64[2], %y: f64[2])", "%z = hypot %x, %y : f64[2]");
        examples.push(kink.special(
            &[&[0.0, 3.0], &[0.0, -4.0]],
            &[&[1.0; 2], &[2.0; 2]],
            &[&[0.0, -1.0]],
        ));
        examples
    },
    refused: refusals("hypot", 2, NOT_FLOATS),
    |b, args, z, k| {
        let &x = args.get(k).unwrap_or(&z);
        let ty = b.ty(z).clone();
        let (zero, one) = (b.fill(0.0, &ty)?, b.fill(1.0, &ty)?);
        let origin = b.op(CompareOp { how: Compare::Eq }, &[z, zero])?;
        let safe = b.op(Select, &[origin, one, z])?;
        let (side, most) = (finite(b, x)?, largest(b, &ty)?);
        let infinite = b.op(CompareOp { how: Compare::Ne }, &[side, x])?;
        let length = b.op(Select, &[infinite, most, safe])?;
        b.op(Div, &[side, length]).map(Some)
    },
);
