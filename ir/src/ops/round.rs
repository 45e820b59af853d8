//! `round x {to}`: elementwise rounding to an integer, `to` one of floor, ceil, trunc, nearest. Locally
//! constant.

use super::Kernel;
use super::elementwise::{elementwise_rules, linearize_constant, never_linear};
use super::kernel::Elementwise;
use crate::op::{Attribute, Attributes, Primitive, Reader};
use crate::scalar::ScalarOp;

/// `x` rounded to an integer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Round {
    /// One of [`Round::MODES`].
    pub to: ScalarOp,
}

impl Round {
    /// The roundings.
    pub const MODES: [ScalarOp; 4] =
        [ScalarOp::Floor, ScalarOp::Ceil, ScalarOp::Trunc, ScalarOp::Nearest];
}

impl Elementwise for Round {
    fn kernel(&self) -> Kernel {
        Kernel::Op(self.to)
    }
}

impl Primitive for Round {
    const NAME: &'static str = "round";

    fn attributes(&self) -> Attributes {
        vec![("to", Attribute::Word(self.to.name().to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("to")?;
        let to = Round::MODES.into_iter().find(|op| op.name() == word);
        to.map(|to| Round { to }).ok_or_else(|| format!("there is no rounding `{word}`"))
    }
    elementwise_rules!(|_| false, linearize_constant, never_linear);
}
