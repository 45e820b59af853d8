//! `compare x, y {how}`: elementwise comparison, `how` one of eq, ne, lt, le; the result is bool.

use super::Kernel;
use super::elementwise::{elementwise_rules, linearize_constant, never_linear};
use super::kernel::Elementwise;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader};
use crate::scalar::{Compare, ScalarOp};

/// A comparison of `x` and `y`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CompareOp {
    /// Which one.
    pub how: Compare,
}

impl Elementwise for CompareOp {
    fn kernel(&self) -> Kernel {
        Kernel::Op(ScalarOp::Compare(self.how))
    }
}

impl Primitive for CompareOp {
    const NAME: &'static str = "compare";

    fn attributes(&self) -> Attributes {
        vec![("how", Attribute::Word(ScalarOp::Compare(self.how).name().to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("how")?;
        let all = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le];
        let how = all.into_iter().find(|how| ScalarOp::Compare(*how).name() == word);
        how.map(|how| CompareOp { how }).ok_or_else(|| format!("there is no comparison `{word}`"))
    }
    fn examples() -> Vec<Example> {
        let how = |how: &str, ty: &str| {
            let params = format!("(%x: {ty}, %y: {ty})");
            Example::one(&params, &format!("%c = compare %x, %y {{how = {how}}} : bool"))
        };
        vec![how("eq", "i64"), how("ne", "bool"), how("lt", "f64"), how("le", "u32"), how("le", "f32")]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64, %y: f32)", "%c = compare %x, %y {how = lt} : bool"),
            ("(%x: f64[2], %y: f64)", "%c = compare %x, %y {how = lt} : bool[2]"),
            ("(%x: f64, %y: f64)", "%c = compare %x, %y {how = lt} : f64"),
            ("(%x: f64, %y: f64)", "%c = compare %x, %y {how = gt} : bool"),
            ("(%x: f64, %y: f64)", "%c = compare %x, %y : bool"),
            ("(%x: f64)", "%c = compare %x {how = lt} : bool"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    elementwise_rules!(|_, _| false, linearize_constant, never_linear);
}
