//! `lu a`: P A = L U by elimination with partial pivoting.
//!
//! The first result holds L below its diagonal (that of L is 1) and U above; the second lists the rows
//! of `a` in the order of P A. Where a column has no pivot, U has a 0 on its diagonal.

use super::algorithm::{self, Algorithm, square};
use super::elementwise::never_linear;
use super::matrix::{self, Part};
use super::structural::{no_attributes, traits};
use super::{Add, TriangularSolve};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;

/// Both factors and the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lu;

impl Algorithm for Lu {
    fn kernel(&self, _: &[usize]) -> Kernel {
        Kernel { file: "lu", name: "lu", skipped: 0 }
    }
}

impl Primitive for Lu {
    const NAME: &'static str = "lu";

    no_attributes!(Lu);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (a, n) = square(site, 0)?;
        Ok(vec![a.clone(), Type::array(DType::I64, [n.clone()])])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    // P A = L U, M = L⁻¹ P dA U⁻¹: dL = L (M below its diagonal), dU = (the rest of M) U.
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let (&[factors, rows], &[a]) = (cx.copy(step).as_slice(), step.args) else {
            return Ok(());
        };
        let Some(da) = cx.tangent(a) else { return Ok(()) };
        let (f, rows) = (cx.residual(factors)?, cx.residual(rows)?);
        let lin = &mut cx.lin;
        let moved = matrix::gather_rows(lin, da, rows)?;
        let left = lin.op(TriangularSolve::LOWER.unit(), &[f, moved])?;
        let left = matrix::transpose(lin, left)?;
        let m = lin.op(TriangularSolve::UPPER.transposed(), &[f, left])?;
        let m = matrix::transpose(lin, m)?;
        let tangent = factors_times(lin, f, m)?;
        cx.set_tangent(factors, Some(tangent));
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
            pivoted("(%x: f64[3, 3])", "f64", "%f, %p = lu %a : f64[3, 3], i64[3]"),
            pivoted("(%x: f32[3, 3])", "f32", "%f, %p = lu %a : f32[3, 3], i64[3]"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[2, 3])", "%f, %p = lu %a : f64[2, 3], i64[2]"),
            ("(%a: f64[2, 2])", "%f, %p = lu %a : f64[2, 2], i64[3]"),
            ("(%a: i64[2, 2])", "%f, %p = lu %a : i64[2, 2], i64[2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

/// L (m below its diagonal) + (the rest of m) U for the factors `f` of a matrix.
fn factors_times(b: &mut Builder, f: Value, m: Value) -> Result<Value, TypeError> {
    let one = b.fill(1.0, &b.ty(f).clone())?;
    let below = matrix::only(b, f, Part::StrictLower)?;
    let diagonal = matrix::only(b, one, Part::Diagonal)?;
    let l = b.op(Add, &[below, diagonal])?;
    let u = matrix::only(b, f, Part::Upper)?;
    let lower = matrix::only(b, m, Part::StrictLower)?;
    let upper = matrix::only(b, m, Part::Upper)?;
    let dl = matrix::product(b, l, lower)?;
    let du = matrix::product(b, upper, u)?;
    b.op(Add, &[dl, du])
}

/// A function with these parameters, `%x: float[3, 3]` among them, in which `inst`,
/// `results = operation : types`, has the matrix `%a`: far from singular, with rows that must be
/// exchanged.
pub(super) fn pivoted(params: &str, float: &str, inst: &str) -> Example {
    let results = inst.rsplit('\n').next().unwrap_or_default();
    let results = results.split(" = ").next().unwrap_or_default().trim();
    let types = inst.rsplit(" : ").next().unwrap_or_default();
    let ty = format!("{float}[3, 3]");
    Example::module(format!(
        "func @f{params} -> ({types}) {{
           %far = dense {{values = {float} [0.0, 5.0, 0.0, 0.0, 0.0, 4.0, 6.0, 0.0, 0.0]}} : {ty}
           %a = add %x, %far : {ty}
           {inst}
           return {results}
         }}"
    ))
    .within(-1.0, 1.0)
}
