//! `stack x, y, …`: equal shapes one after another along a new first axis.

use super::Index;
use super::elementwise::{linearize_linear, take};
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Primitive, RuleError, Site, TypeError};
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
    traits!(Pure, Work);
}
