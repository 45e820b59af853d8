//! `and`: `x & y`, bitwise on integers, logical on truth values; elementwise. Has no tangent.

use super::examples::{NOT_BITS, discrete, refusals};
use super::Kernel;
use super::elementwise::locally_constant;
use crate::scalar::ScalarOp;

/// `x & y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct And;

locally_constant!(
    And, "and", Kernel::Op(ScalarOp::And),
    examples: ["bool[3]", "i64", "u32"].iter().flat_map(|t| discrete("and", &[t, t], t)).collect(),
    refused: refusals("and", 2, NOT_BITS),
);
