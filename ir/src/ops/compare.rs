//! `compare x, y {how}`: elementwise comparison, `how` one of eq, ne, lt, le; the result is bool.

use super::Kernel;
use super::elementwise::{elementwise_rules, linearize_constant, never_linear};
use super::kernel::Elementwise;
use crate::op::{Attribute, Attributes, Primitive, Reader};
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
    elementwise_rules!(|_| false, linearize_constant, never_linear);
}
