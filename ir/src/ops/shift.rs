//! `shift x, k {to}`: elementwise shift of integers, `to` one of shl, shr; the count is modulo the width.

use super::Kernel;
use super::elementwise::{elementwise_rules, linearize_constant, never_linear};
use super::kernel::Elementwise;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader};
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
    fn examples() -> Vec<Example> {
        let to = |ty: &str, to: &str| {
            let params = format!("(%x: {ty}, %k: {ty})");
            Example::one(&params, &format!("%y = shift %x, %k {{to = {to}}} : {ty}")).ints(0, 200)
        };
        vec![to("i64", "shl"), to("i32[2]", "shr"), to("u64", "shr"), to("u32", "shl")]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64, %k: f64)", "%y = shift %x, %k {to = shl} : f64"),
            ("(%x: bool, %k: bool)", "%y = shift %x, %k {to = shl} : bool"),
            ("(%x: i64, %k: i32)", "%y = shift %x, %k {to = shl} : i64"),
            ("(%x: i64, %k: i64)", "%y = shift %x, %k {to = add} : i64"),
            ("(%x: i64)", "%y = shift %x {to = shl} : i64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    elementwise_rules!(|_, _| false, linearize_constant, never_linear);
}
