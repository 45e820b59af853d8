//! `and`: `x & y`, bitwise on integers, logical on truth values; elementwise. Has no tangent.

use super::Kernel;
use super::elementwise::locally_constant;
use crate::scalar::ScalarOp;

/// `x & y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct And;

locally_constant!(And, "and", Kernel::Op(ScalarOp::And));
