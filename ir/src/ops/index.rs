//! `index x, i, j, …`: the part of `x` at leading indices. That they are in bounds is checked before.

use super::elementwise::{first, take};
use super::structural::{linear_in_first, no_attributes, traits};
use crate::derive::{Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;

/// The part at leading indices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Index;

impl Primitive for Index {
    const NAME: &'static str = "index";

    no_attributes!(Index);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        let x = site.array(0)?;
        let indices = site.args.len().saturating_sub(1);
        for k in 1..=indices {
            site.scalar(k, DType::I64)?;
        }
        if indices > x.rank() {
            return Err(TypeError::new(format!("{indices} indices for {} axes", x.rank())));
        }
        Ok(vec![x.drop_axes(indices)])
    }
    linear_in_first!();
    // x̄[i, j] += ȳ.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let indices = step.args.iter().skip(1).map(|&v| cx.fixed(step, v));
        let indices: Vec<_> = indices.collect::<Result<_, _>>()?;
        cx.add_at(first(step.args)?, &indices, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let part = cx.part(at, 1, cx.arg(at, 0)?.dims())?;
        let x = cx.take(at, 0)?;
        if part == (0..x.elements().len()) && at.data.args.len() == 1 {
            return Ok(smallvec::smallvec![x]);
        }
        let dims = x.dims().get(at.data.args.len() - 1..).unwrap_or_default();
        let elements = x.elements().get(part).unwrap_or_default().to_vec();
        match dims.is_empty() {
            true => cx.machine.arithmetic.meter().loads(1),
            false => cx.machine.arithmetic.meter().copies(elements.len() as u64),
        }
        cx.one(x.dtype(), dims, elements)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%x: f64[3], %i: i64)", "%y = index %x, %i : f64").ints(0, 2),
            Example::one("(%x: f64[2, 3], %i: i64)", "%y = index %x, %i : f64[3]"),
            Example::one("(%x: f64[2, 3], %i: i64, %j: i64)", "%y = index %x, %i, %j : f64"),
            Example::one("(%x: f64[2])", "%y = index %x : f64[2]"),
            Example::one("[%n](%x: f32[%n, 2], %i: i64)", "%y = index %x, %i : f32[2]").sizes(&[2]),
            Example::body(
                "(%x: f64[3], %i: i64, %j: i64)",
                "f64",
                "%a = index %x, %i : f64 %b = index %x, %j : f64 %c = mul %a, %b : f64
                 %d = sin %c : f64 return %d",
            )
            .ints(1, 1),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: f64[3], %i: i32)", "%y = index %x, %i : f64"),
            ("(%x: f64[3], %i: i64)", "%y = index %x, %i, %i : f64"),
            ("(%x: f64[3], %i: i64)", "%y = index %x, %i : f64[3]"),
            ("(%x: f64[3], %i: i64[1])", "%y = index %x, %i : f64"),
            ("(%x: acc f64[3], %i: i64)", "%y = index %x, %i : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
