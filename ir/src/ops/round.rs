//! `round x {to}`: elementwise rounding to an integer, `to` one of floor, ceil, trunc, nearest. Locally
//! constant.

use super::examples::{unary};
use super::Kernel;
use super::elementwise::{elementwise_rules, linearize_constant, never_linear};
use super::kernel::Elementwise;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader};
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
    fn examples() -> Vec<Example> {
        let modes = ["floor", "ceil", "trunc", "nearest"];
        modes.iter().flat_map(|to| unary(&format!("round OP {{to = {to}}}"), -3.0, 3.0)).collect()
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: i64)", "%y = round %x {to = floor} : i64"),
            ("(%x: f64)", "%y = round %x {to = sqrt} : f64"),
            ("(%x: f64)", "%y = round %x : f64"),
            ("(%x: f64, %z: f64)", "%y = round %x, %z {to = floor} : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    elementwise_rules!(|_, _| false, linearize_constant, never_linear);
}
