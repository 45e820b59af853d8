//! `cholesky a`: the lower triangular L with positive diagonal and `L Lᵀ = A`.
//!
//! A is the symmetric matrix whose lower triangle is that of `a`; the other is not read. If A is not
//! positive definite, every element of the result is NaN.

use super::algorithm::{self, Algorithm, square};
use super::elementwise::{first, never_linear};
use super::matrix::{self, Part};
use super::structural::{no_attributes, traits};
use super::{Add, Mul, TriangularSolve};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// A Cholesky factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cholesky;

impl Algorithm for Cholesky {
    fn kernel(&self, _: &[usize]) -> Kernel {
        Kernel { file: "cholesky", name: "cholesky", skipped: 0 }
    }
}

impl Primitive for Cholesky {
    const NAME: &'static str = "cholesky";

    no_attributes!(Cholesky);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        Ok(vec![square(site, 0)?.0.clone()])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    // A = L Lᵀ: dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ keeps the lower triangle and half of the diagonal
    // (Giles 2008; Murray 2016).
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let result = first(&cx.copy(step))?;
        let Some(da) = cx.tangent(first(step.args)?) else {
            return Ok(());
        };
        let l = cx.residual(result)?;
        let lin = &mut cx.lin;
        let da = symmetric(lin, da)?;
        let left = lin.op(TriangularSolve::LOWER, &[l, da])?;
        let left = matrix::transpose(lin, left)?;
        let both = lin.op(TriangularSolve::LOWER, &[l, left])?;
        let half = half_lower(lin, both)?;
        let tangent = matrix::product(lin, l, half)?;
        cx.set_tangent(result, Some(tangent));
        Ok(())
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        never_linear(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        vec![
            positive("f64", "%n", "%l = cholesky %a : f64[%n, %n]").sizes(&[3]),
            positive("f64", "1", "%l = cholesky %a : f64[1, 1]"),
            positive("f32", "2", "%l = cholesky %a : f32[2, 2]"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[2, 3])", "%l = cholesky %a : f64[2, 3]"),
            ("(%a: f64[2])", "%l = cholesky %a : f64[2]"),
            ("(%a: i64[2, 2])", "%l = cholesky %a : i64[2, 2]"),
            ("(%a: f64[2, 2], %b: f64[2, 2])", "%l = cholesky %a, %b : f64[2, 2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

/// The symmetric matrix with the lower triangle of `x`.
pub(super) fn symmetric(b: &mut Builder, x: Value) -> Result<Value, TypeError> {
    let lower = matrix::only(b, x, Part::Lower)?;
    let below = matrix::only(b, x, Part::StrictLower)?;
    let above = matrix::transpose(b, below)?;
    b.op(Add, &[lower, above])
}

/// The lower triangle of `x` with half of its diagonal.
fn half_lower(b: &mut Builder, x: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let (half, one) = (b.fill(0.5, &ty)?, b.fill(1.0, &ty)?);
    let weights = matrix::choose(b, Part::Diagonal, half, one)?;
    let lower = matrix::only(b, x, Part::Lower)?;
    b.op(Mul, &[weights, lower])
}

/// A function of `%x: float[n, n]` in which `inst`, `results = operation : types`, has the positive
/// definite matrix `%a = x xᵀ + 1`.
pub(super) fn positive(float: &str, n: &str, inst: &str) -> Example {
    let size = if n.starts_with('%') { format!("[{n}]") } else { String::new() };
    positive_with(&format!("{size}(%x: {float}[{n}, {n}])"), float, n, inst)
}

/// The same with these parameters, `%x` among them; `inst` may be several instructions, one a line.
pub(super) fn positive_with(params: &str, float: &str, n: &str, inst: &str) -> Example {
    let last = inst.rsplit('\n').next().unwrap_or_default();
    let results = last.split(" = ").next().unwrap_or_default().trim();
    let types = inst.rsplit(" : ").next().unwrap_or_default();
    let ty = format!("{float}[{n}, {n}]");
    Example::module(format!(
        "func @f{params} -> ({types}) {{
           %one = const {{value = {float} 1.0}} : {ty}
           %square = dot %x, %x {{batch = [], contract = [1, 1]}} : {ty}
           %a = add %square, %one : {ty}
           {inst}
           return {results}
         }}"
    ))
    .within(0.25, 1.5)
}
