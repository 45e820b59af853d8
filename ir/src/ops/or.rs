//! `or`: `x | y`, bitwise on integers, logical on truth values; elementwise. Has no tangent.

use super::Kernel;
use super::elementwise::locally_constant;
use crate::scalar::ScalarOp;

/// `x | y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Or;

locally_constant!(Or, "or", Kernel::Op(ScalarOp::Or));
