//! `sign x`: -1, 0 or 1, elementwise; ±0 and NaN stay. Locally constant.

use super::examples::{NOT_NUMBERS, discrete, refusals, unary};
use super::Kernel;
use super::elementwise::locally_constant;

/// The sign of `x`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sign;

locally_constant!(
    Sign, "sign", Kernel::Sign,
    examples: {
        let mut examples = unary("sign OP", -2.0, 2.0);
        examples.extend(discrete("sign", &["i64"], "i64"));
        examples.extend(discrete("sign", &["u32"], "u32"));
        examples
    },
    refused: refusals("sign", 1, NOT_NUMBERS),
);
