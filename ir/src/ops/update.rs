//! `update x, v, i, j, …`: the array `x` with its part at leading indices replaced by `v`. That the indices
//! are in bounds is checked before. Where `x` is not used afterwards it is changed in place.

use super::Index;
use super::elementwise::{first, take};
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;

/// A part of an array, replaced.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Update;

impl Primitive for Update {
    const NAME: &'static str = "update";

    no_attributes!(Update);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        let x = site.array(0)?;
        let indices = site.args.len().saturating_sub(2);
        for k in 2..site.args.len() {
            site.scalar(k, DType::I64)?;
        }
        if indices > x.rank() || *site.array(1)? != x.drop_axes(indices) {
            return Err(TypeError::new("the new part does not fit the array"));
        }
        Ok(vec![x.clone()])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        // Without indices nothing of the old array is left.
        linear == [false, true] || linear.iter().enumerate().all(|(k, l)| *l == (k < 2))
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let mut x = cx.take(at, 0)?;
        let v = cx.take(at, 1)?;
        let part = cx.part(at, 2, x.dims())?;
        let meter = cx.machine.arithmetic.meter();
        if x.is_shared() {
            meter.copies(x.elements().len() as u64);
        }
        meter.loads(part.len() as u64);
        meter.stores(part.len() as u64);
        let part = x.elements_mut().get_mut(part).unwrap_or_default();
        for (element, &new) in part.iter_mut().zip(v.elements()) {
            *element = new;
        }
        Ok(smallvec::smallvec![x])
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64[3], %v: f64, %i: i64)", "%y = update %x, %v, %i : f64[3]").ints(0, 2),
            Example::one("[%n](%x: f64[%n, 2], %v: f64[2], %i: i64)", "%y = update %x, %v, %i : f64[%n, 2]")
                .sizes(&[2]),
            Example::one("(%x: f32[2], %v: f32[2])", "%y = update %x, %v : f32[2]"),
            Example::one("(%x: i64[3], %v: i64, %i: i64)", "%y = update %x, %v, %i : i64[3]").ints(0, 2),
            Example::body(
                "(%x: f64[3], %y: f64, %i: i64, %j: i64)",
                "f64[3]",
                "%a = sin %x : f64[3]
                 %b = update %a, %y, %i : f64[3]
                 %c = index %b, %j : f64
                 %d = exp %c : f64
                 %e = update %b, %d, %j : f64[3]
                 return %e",
            )
            .ints(0, 2),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3], %v: f64, %i: i32)", "%y = update %x, %v, %i : f64[3]"),
            ("(%x: f64[3], %v: f32, %i: i64)", "%y = update %x, %v, %i : f64[3]"),
            ("(%x: f64[3], %v: f64)", "%y = update %x, %v : f64[3]"),
            ("(%x: f64[3], %v: f64, %i: i64)", "%y = update %x, %v, %i, %i : f64[3]"),
            ("(%x: acc f64[3], %v: f64, %i: i64)", "%y = update %x, %v, %i : acc f64[3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

// d(x with x[i] = v) = dx with dx[i] = dv.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[x, v, ref indices @ ..] = step.args else { return Ok(()) };
    if !cx.primal.ty(result).is_differentiable() {
        return Ok(());
    }
    let mut args = vec![cx.tangent_or_zero(x)?, cx.tangent_or_zero(v)?];
    for &index in indices {
        args.push(cx.residual(index)?);
    }
    let tangent = cx.lin.op(Update, &args)?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

// v̄ += ȳ[i], x̄ += ȳ with ȳ[i] = 0.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[x, v, ref indices @ ..] = step.args else { return Ok(()) };
    let indices = indices.iter().map(|&v| cx.fixed(step, v));
    let indices: Vec<_> = indices.collect::<Result<_, _>>()?;
    if cx.is_linear(v) {
        let mut args = vec![ct];
        args.extend(&indices);
        let part = if indices.is_empty() { ct } else { cx.b.op(Index, &args)? };
        cx.add(v, part)?;
    }
    if cx.is_linear(x) {
        let zero = cx.b.fill(0.0, &cx.ty(v))?;
        let mut args = vec![ct, zero];
        args.extend(&indices);
        let rest = cx.b.op(Update, &args)?;
        cx.add(x, rest)?;
    }
    Ok(())
}
