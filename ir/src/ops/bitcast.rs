//! `bitcast x {to}`: the same bits as another type of the same width, elementwise. Has no tangent.

use super::Kernel;
use super::elementwise::{elementwise_rules, never_linear};
use super::kernel::Elementwise;
use crate::derive::{Linearize, Step};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError};
use crate::scalar::{DType, ScalarOp};

/// The bits of `x` as another type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bitcast {
    /// The type of the result.
    pub to: DType,
}

impl Elementwise for Bitcast {
    fn kernel(&self) -> Kernel {
        Kernel::Op(ScalarOp::Bitcast(self.to))
    }
}

impl Primitive for Bitcast {
    const NAME: &'static str = "bitcast";

    fn attributes(&self) -> Attributes {
        vec![("to", Attribute::Word(self.to.name().to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("to")?;
        let to = DType::from_name(&word).ok_or_else(|| format!("there is no type `{word}`"))?;
        Ok(Bitcast { to })
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64)", "%y = bitcast %x {to = u64} : u64"),
            Example::one("(%x: u32)", "%y = bitcast %x {to = f32} : f32"),
            Example::one("(%x: i64[2])", "%y = bitcast %x {to = f64} : f64[2]"),
            Example::one("(%x: f64)", "%y = bitcast %x {to = f64} : f64").without_derivative(),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64)", "%y = bitcast %x {to = u32} : u32"),
            ("(%x: bool)", "%y = bitcast %x {to = bool} : bool"),
            ("(%x: u64)", "%y = bitcast %x {to = f64} : u64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    elementwise_rules!(|_, _| false, linearize, never_linear);
}

// From a float to a float is the identity; no other cast of an active value has a float result.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    Err(cx.refuse(step, "the bits of a number are not a differentiable function of it"))
}
