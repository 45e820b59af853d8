//! `xor`: `x ^ y`, bitwise on integers, logical on truth values; elementwise. Has no tangent.

use super::examples::{NOT_BITS, discrete, refusals};
use super::Kernel;
use super::elementwise::locally_constant;
use crate::scalar::ScalarOp;

/// `x ^ y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Xor;

locally_constant!(
    Xor, "xor", Kernel::Op(ScalarOp::Xor),
    examples: ["bool[3]", "i64", "u32"].iter().flat_map(|t| discrete("xor", &[t, t], t)).collect(),
    refused: refusals("xor", 2, NOT_BITS),
);
