//! `reshape x`: the same elements, row by row, in another shape.

use super::elementwise::{first, take};
use super::structural::{linear_in_first, no_attributes, traits};
use crate::derive::{Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// Another shape with as many elements; the result's type gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reshape;

impl Primitive for Reshape {
    const NAME: &'static str = "reshape";

    no_attributes!(Reshape);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (x, wanted) = (site.array(0)?, site.wanted_type()?);
        if wanted.dtype != x.dtype || wanted.is_accumulator() {
            return Err(TypeError::new("the element type must stay"));
        }
        match (x.elements(), wanted.elements()) {
            (Some(a), Some(b)) if a == b => Ok(vec![wanted.clone()]),
            _ => Err(TypeError::new("the number of elements must stay")),
        }
    }
    linear_in_first!();
    // x̄ += ȳ in the shape of x.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let x = first(step.args)?;
        let ty = cx.ty(x);
        let ct = cx.b.op_as(Reshape, &[ct], ty)?;
        cx.add(x, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let x = cx.take(at, 0)?;
        let dims = cx.result_dims(at)?;
        let reshaped = x.reshaped(&dims).ok_or_else(|| RunError::fault("a wrong number of elements"))?;
        Ok(smallvec::smallvec![reshaped])
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64[2, 3])", "%y = reshape %x : f64[3, 2]"),
            Example::one("(%x: f64)", "%y = reshape %x : f64[1, 1]"),
            Example::one("(%x: f64[1])", "%y = reshape %x : f64"),
            Example::one("[%n, %m](%x: f32[%n, %m])", "%y = reshape %x : f32[%n * %m]").sizes(&[2, 2]),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[2, 3])", "%y = reshape %x : f64[5]"),
            ("(%x: f64[2, 3])", "%y = reshape %x : f32[6]"),
            ("[%n](%x: f64[%n])", "%y = reshape %x : f64[%n + 1]"),
            ("(%x: f64[2])", "%y = reshape %x : acc f64[2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
