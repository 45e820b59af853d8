//! `acc_new x`: an accumulator that starts with the contents `x`.

use super::elementwise::{first, linearize_linear, take};
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// A new accumulator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccNew;

impl Primitive for AccNew {
    const NAME: &'static str = "acc_new";

    no_attributes!(AccNew);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        Ok(vec![site.array(0)?.accumulator()])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        true
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize_linear(cx, step)
    }
    // x̄ += ā: the cotangent of an accumulator is an array.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        cx.add(first(step.args)?, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        Ok(smallvec::smallvec![cx.take(at, 0)?])
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64[3])", "%a = acc_new %x : acc f64[3]"),
            Example::one("[%n](%x: f32[%n])", "%a = acc_new %x : acc f32[%n]").sizes(&[2]),
            Example::one("(%x: f64)", "%a = acc_new %x : acc f64"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: acc f64[3])", "%a = acc_new %x : acc f64[3]"),
            ("(%x: f64[3])", "%a = acc_new %x : f64[3]"),
            ("(%x: f64[3], %y: f64[3])", "%a = acc_new %x, %y : acc f64[3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}
