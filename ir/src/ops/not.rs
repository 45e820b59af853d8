//! `not`: `!x`, bitwise on integers, logical on truth values; elementwise. Has no tangent.

use super::examples::{NOT_BITS, discrete, refusals};
use super::Kernel;
use super::elementwise::locally_constant;
use crate::scalar::ScalarOp;

/// `!x`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Not;

locally_constant!(
    Not, "not", Kernel::Op(ScalarOp::Not),
    examples: ["bool", "i32[2]", "u64"].iter().flat_map(|t| discrete("not", &[t], t)).collect(),
    refused: refusals("not", 1, NOT_BITS),
);
