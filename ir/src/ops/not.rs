//! `not`: `!x`, bitwise on integers, logical on truth values; elementwise. Has no tangent.

use super::Kernel;
use super::elementwise::locally_constant;
use crate::scalar::ScalarOp;

/// `!x`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Not;

locally_constant!(Not, "not", Kernel::Op(ScalarOp::Not));
