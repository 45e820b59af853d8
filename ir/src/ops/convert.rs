//! `convert x {to}`: elementwise conversion to another element type. Linear between floats.

use super::Kernel;
use super::elementwise::{elementwise_rules, first, linearize_linear, take};
use super::kernel::Elementwise;
use crate::derive::{Linearize, Step, Transpose};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError};
use crate::scalar::{DType, ScalarOp};

/// `x` as another type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Convert {
    /// The type of the result.
    pub to: DType,
}

impl Elementwise for Convert {
    fn kernel(&self) -> Kernel {
        Kernel::Op(ScalarOp::Convert(self.to))
    }
}

impl Primitive for Convert {
    const NAME: &'static str = "convert";

    fn attributes(&self) -> Attributes {
        vec![("to", Attribute::Word(self.to.name().to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("to")?;
        let to = DType::from_name(&word).ok_or_else(|| format!("there is no type `{word}`"))?;
        Ok(Convert { to })
    }
    fn examples() -> Vec<Example> {
        let to = |from: &str, to: &str| {
            Example::one(&format!("(%x: {from})"), &format!("%y = convert %x {{to = {to}}} : {to}"))
        };
        vec![
            to("f64", "f32"),
            to("f32", "f64"),
            Example::one("(%x: f32[3])", "%y = convert %x {to = f64} : f64[3]"),
            to("f64", "i64"),
            to("f64", "u32"),
            to("i64", "f64"),
            to("bool", "f32"),
            to("u64", "i32"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64)", "%y = convert %x {to = bool} : bool"),
            ("(%x: f64)", "%y = convert %x {to = f32} : f64"),
            ("(%x: f64)", "%y = convert %x {to = f16} : f64"),
            ("(%x: f64, %z: f64)", "%y = convert %x, %z {to = f32} : f32"),
            ("(%x: acc f64)", "%y = convert %x {to = f32} : f32"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    elementwise_rules!(|op, _| op.to.is_float(), linearize, transpose);
}

// To a float: the tangent is converted likewise. To anything else: there is no tangent.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    linearize_linear(cx, step)
}

// y = x as T: x̄ += ȳ as the type of x.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let x = first(step.args)?;
    let to = cx.source.ty(x).dtype;
    let ct = cx.b.op(Convert { to }, &[ct])?;
    cx.add(x, ct)
}
