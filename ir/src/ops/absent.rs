//! `absent x… {reason}`: a value, linear in all operands, that no rule gives. A program that would compute
//! it is refused: it stands for the tangent of a function that has only a pullback.

use super::structural::traits;
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::ty::Type;
use std::rc::Rc;

/// What cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Absent {
    /// Why, and what to do.
    pub reason: Rc<str>,
}

impl Primitive for Absent {
    const NAME: &'static str = "absent";

    fn attributes(&self) -> Attributes {
        vec![("reason", Attribute::Text(self.reason.to_string()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Absent { reason: reader.text("reason")?.into() })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        let wanted = site.wanted_type()?;
        match wanted.is_differentiable() && !wanted.is_accumulator() {
            true => Ok(vec![wanted.clone()]),
            false => Err(TypeError::new("only what has a tangent can be absent")),
        }
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        true
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, self.reason.to_string()))
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, self.reason.to_string()))
    }
    fn eval<'m, A: Arithmetic>(&self, _: &mut Eval<'_, 'm, A>, _: At<'m>) -> Evaluated<A> {
        Err(RunError::fault(self.reason.to_string()))
    }
    fn examples() -> Vec<Example> {
        let inst = "%y = absent %x {reason = \"there is no rule\"} : f64[2]";
        vec![Example::one("(%x: f64)", inst).without_derivative().not_run()]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%y = absent %x {reason = \"a\"} : i64",
            "%y = absent [2] %x {reason = \"a\"} : f64",
            "%y, %z = absent %x {reason = \"a\"} : f64, f64",
        ];
        refused.map(|inst| Example::body("(%x: f64)", "f64", &format!("{inst} return %x"))).to_vec()
    }
    traits!(Pure, Work);
}
