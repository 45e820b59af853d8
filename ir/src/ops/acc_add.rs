//! `acc_add a, x, i, j, …`: the accumulator `a` with `x` added to its part at leading indices.

use super::Index;
use super::elementwise::{first, take};
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::scalar::{DType, ScalarOp};
use crate::ty::Type;

/// An addition to a part of an accumulator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccAdd;

impl Primitive for AccAdd {
    const NAME: &'static str = "acc_add";

    no_attributes!(AccAdd);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        let acc = site.arg(0)?;
        if !acc.is_accumulator() {
            return Err(TypeError::new("operand 0 must be an accumulator"));
        }
        let indices = site.args.len().saturating_sub(2);
        for k in 2..site.args.len() {
            site.scalar(k, DType::I64)?;
        }
        if indices > acc.rank() || *site.array(1)? != acc.contents().drop_axes(indices) {
            return Err(TypeError::new("the addend does not fit the part of the accumulator"));
        }
        Ok(vec![acc.clone()])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        linear.iter().enumerate().all(|(k, l)| *l == (k < 2))
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let mut acc = cx.take(at, 0)?;
        let x = cx.take(at, 1)?;
        let part = cx.part(at, 2, acc.dims())?;
        let arithmetic = &mut cx.machine.arithmetic;
        if acc.is_shared() {
            arithmetic.meter().copies(acc.elements().len() as u64);
        }
        let n = part.len() as u64;
        arithmetic.meter().loads(2 * n);
        arithmetic.meter().stores(n);
        let part = acc.elements_mut().get_mut(part).unwrap_or_default();
        for (sum, &addend) in part.iter_mut().zip(x.elements()) {
            *sum = arithmetic.op(ScalarOp::Add, &[*sum, addend]);
        }
        Ok(smallvec::smallvec![acc])
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("(%a: acc f64[3], %x: f64, %i: i64)", "%b = acc_add %a, %x, %i : acc f64[3]")
                .ints(0, 2),
            Example::one(
                "[%n](%a: acc f64[%n, 2], %x: f64[2], %i: i64)",
                "%b = acc_add %a, %x, %i : acc f64[%n, 2]",
            )
            .sizes(&[2]),
            Example::one("(%a: acc f32[2], %x: f32[2])", "%b = acc_add %a, %x : acc f32[2]"),
            Example::one("(%a: acc f64, %x: f64)", "%b = acc_add %a, %x : acc f64"),
            Example::body(
                "(%x: f64[3], %y: f64[2], %i: i64)",
                "f64[3, 2]",
                "%zero = const {value = f64 0.0} : f64[3, 2]
                 %a = acc_new %zero : acc f64[3, 2]
                 %b = acc_add %a, %y, %i : acc f64[3, 2]
                 %x0 = index %x, %i : f64
                 %s = sin %x0 : f64
                 %c = acc_add %b, %s, %i, %i : acc f64[3, 2]
                 %r = acc_read %c : f64[3, 2]
                 return %r",
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[3], %x: f64, %i: i64)", "%b = acc_add %a, %x, %i : f64[3]"),
            ("(%a: acc f64[3], %x: f64)", "%b = acc_add %a, %x : acc f64[3]"),
            ("(%a: acc f64[3], %x: f64, %i: i32)", "%b = acc_add %a, %x, %i : acc f64[3]"),
            ("(%a: acc f64[3], %x: f32, %i: i64)", "%b = acc_add %a, %x, %i : acc f64[3]"),
            ("(%a: acc f64[3], %x: f64, %i: i64)", "%b = acc_add %a, %x, %i, %i : acc f64[3]"),
            ("(%a: acc f64[3], %x: f64, %i: i64)", "%b = acc_add %a, %x, %i : f64[3]"),
            ("(%a: acc f64[3], %x: acc f64[3])", "%b = acc_add %a, %x : acc f64[3]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

// d(a[i] += x): da[i] += dx.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let &[acc, x, ref indices @ ..] = step.args else { return Ok(()) };
    let before = cx.tangent_or_zero(acc)?;
    let tangent = match cx.tangent(x) {
        None => before,
        Some(dx) => {
            let mut args = vec![before, dx];
            for &index in indices {
                args.push(cx.residual(index)?);
            }
            cx.lin.op(AccAdd, &args)?
        }
    };
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

// The cotangent ā is an array: x̄ += ā[i], and ā goes on to the accumulator before.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let Some(ct) = take(cx, step)? else { return Ok(()) };
    let &[acc, x, ref indices @ ..] = step.args else { return Ok(()) };
    if cx.is_linear(x) {
        let mut args = vec![ct];
        for &index in indices {
            args.push(cx.fixed(step, index)?);
        }
        let part = if indices.is_empty() { ct } else { cx.b.op(Index, &args)? };
        cx.add(x, part)?;
    }
    cx.add(acc, ct)
}
