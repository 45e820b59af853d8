//! `acc_read a`: the sum in an accumulator; its last use.

use super::elementwise::{first, linearize_linear, take};
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// The contents of an accumulator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccRead;

impl Primitive for AccRead {
    const NAME: &'static str = "acc_read";

    no_attributes!(AccRead);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let acc = site.arg(0)?;
        if !acc.is_accumulator() {
            return Err(TypeError::new("operand 0 must be an accumulator"));
        }
        Ok(vec![acc.contents()])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        true
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize_linear(cx, step)
    }
    // ā += x̄.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        cx.add(first(step.args)?, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        Ok(smallvec::smallvec![cx.take(at, 0)?])
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%a: acc f64[3])", "%x = acc_read %a : f64[3]"),
            Example::one("[%n](%a: acc f32[%n])", "%x = acc_read %a : f32[%n]").sizes(&[2]),
            Example::body(
                "(%x: f64[3])",
                "f64[3]",
                "%y = mul %x, %x : f64[3] %a = acc_new %y : acc f64[3]
                 %z = acc_read %a : f64[3] return %z",
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3])", "%a = acc_read %x : f64[3]"),
            ("(%x: acc f64[3])", "%a = acc_read %x : acc f64[3]"),
            ("(%x: acc f64[3], %y: acc f64[3])", "%a = acc_read %x, %y : f64[3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}
