//! `shift x, k {to}`: elementwise shift of integers, `to` one of shl, shr; the count is modulo the width.

use super::Kernel;
use super::elementwise::{elementwise_rules, linearize_constant, never_linear};
use super::kernel::Elementwise;
use crate::op::{Attribute, Attributes, Primitive, Reader};
use crate::scalar::ScalarOp;

/// `x << k` or `x >> k`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shift {
    /// `Shl` or `Shr`.
    pub to: ScalarOp,
}

impl Elementwise for Shift {
    fn kernel(&self) -> Kernel {
        Kernel::Op(self.to)
    }
}

impl Primitive for Shift {
    const NAME: &'static str = "shift";

    fn attributes(&self) -> Attributes {
        vec![("to", Attribute::Word(self.to.name().to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        match reader.word("to")?.as_str() {
            "shl" => Ok(Shift { to: ScalarOp::Shl }),
            "shr" => Ok(Shift { to: ScalarOp::Shr }),
            other => Err(format!("there is no shift `{other}`")),
        }
    }
    elementwise_rules!(|_| false, linearize_constant, never_linear);
}
