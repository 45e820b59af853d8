//! `stack x, y, …`: equal shapes one after another along a new first axis.

use super::Index;
use super::elementwise::{linearize_linear, take};
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::scalar::Scalar;
use crate::size::Size;
use crate::ty::Type;

/// Arrays along a new first axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stack;

impl Primitive for Stack {
    const NAME: &'static str = "stack";

    no_attributes!(Stack);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        let n = site.args.len() as i64;
        Ok(vec![site.same_types()?.stacked(&[Size::constant(n)])])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        linear.iter().all(|l| *l)
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize_linear(cx, step)
    }
    // x̄ₖ += ȳ[k].
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        for (k, &arg) in step.args.iter().enumerate() {
            if cx.is_linear(arg) {
                let k = cx.b.constant(Scalar::I64(k as i64))?;
                let part = cx.b.op(Index, &[ct, k])?;
                cx.add(arg, part)?;
            }
        }
        Ok(())
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let parts = cx.take_all(at)?;
        let dims = cx.result_dims(at)?;
        let mut elements = cx.room(&dims)?;
        parts.iter().for_each(|part| elements.extend_from_slice(part.elements()));
        cx.machine.arithmetic.meter().copies(elements.len() as u64);
        cx.one(cx.result_dtype(at, 0)?, &dims, elements)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64, %y: f64)", "%z = stack %x, %y : f64[2]"),
            Example::one("(%x: f64[2], %y: f64[2], %w: f64[2])", "%z = stack %x, %y, %w : f64[3, 2]"),
            Example::one("[%n](%x: f32[%n])", "%z = stack %x, %x : f32[2, %n]").sizes(&[3]),
            Example::one("(%x: i64)", "%z = stack %x : i64[1]"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64, %y: f32)", "%z = stack %x, %y : f64[2]"),
            ("(%x: f64, %y: f64[1])", "%z = stack %x, %y : f64[2]"),
            ("(%x: f64, %y: f64)", "%z = stack %x, %y : f64[3]"),
            ("(%x: f64)", "%z = stack : f64[0]"),
            ("(%x: acc f64, %y: acc f64)", "%z = stack %x, %y : f64[2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}
