//! `erfc x`: 1 - erf x, elementwise.

use super::erf::bell;
use super::elementwise::smooth;
use super::examples::{NOT_FLOATS, refusals, unary};
use super::Kernel;
use crate::elementary::Elementary;

/// 1 - erf x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Erfc;

// d(erfc x) = -2/√π exp(-x²) dx.
smooth!(
    Erfc, "erfc", Kernel::Elementary(Elementary::Erfc),
    examples: unary("erfc OP", -2.0, 2.0),
    refused: refusals("erfc", 1, NOT_FLOATS),
    |b, args, _, _| {
        args.first().map(|&x| bell(b, x, -std::f64::consts::FRAC_2_SQRT_PI)).transpose()
    },
);
