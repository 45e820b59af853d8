//! `min x, y`: elementwise smaller one; NaN if either is. Ties share the derivative equally.

use super::examples::{NOT_NUMBERS, binary, refusals};
use super::Kernel;
use super::elementwise::smooth;
use super::max::share;
use crate::op::Example;
use crate::scalar::{Compare, ScalarOp};

/// `min(x, y)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Min;

// d min(x, y) = dx where x < y, dy where y < x, (dx + dy) / 2 where x = y.
smooth!(
    Min, "min", Kernel::Op(ScalarOp::Min),
    examples: {
        let mut examples = binary("min", -2.0, 2.0);
        let ties = Example::one("(%x: f64[3], %y: f64[3])", "%z = min %x, %y : f64[3]");
        examples.push(ties.special(
            &[&[1.0, 2.0, -1.0], &[1.0, 1.0, 4.0]],
            &[&[3.0, 5.0, 7.0], &[4.0, 6.0, 8.0]],
            &[&[3.5, 6.0, 7.0]],
        ));
        examples
    },
    refused: refusals("min", 2, NOT_NUMBERS),
    |b, args, _, k| share(b, args, k, Compare::Lt));
