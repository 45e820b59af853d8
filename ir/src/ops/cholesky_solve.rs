//! `cholesky_solve a, l, b`: the `x` with `A x = b`, where A is the symmetric matrix whose lower triangle
//! is that of `a`, and `l` its Cholesky factor. `b` is a vector, or a matrix whose columns are right-hand
//! sides.
//!
//! The derivative is that of the solution in `a` and `b`, by the implicit function theorem, so the
//! tangent of the factor is not needed. If A is not positive definite, `l` and the result are NaN.

use super::algorithm::{self, Algorithm, right_side, square};
use super::cholesky::{positive_with, symmetric};
use super::elementwise::{first, take};
use super::matrix;
use super::structural::{no_attributes, traits};
use super::{Neg, Sub};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// The solution of a linear system with a positive definite matrix that is factored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CholeskySolve;

impl Algorithm for CholeskySolve {
    fn kernel(&self, ranks: &[usize]) -> Kernel {
        let name = if ranks.get(2) == Some(&2) { "solve_all" } else { "solve" };
        Kernel { file: "cholesky_solve", name, skipped: 1 }
    }
}

impl Primitive for CholeskySolve {
    const NAME: &'static str = "cholesky_solve";

    no_attributes!(CholeskySolve);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(3)?;
        let (a, n) = square(site, 0)?;
        if site.arg(1)? != a {
            return Err(TypeError::new("operand 1 must be the factor of operand 0"));
        }
        Ok(vec![right_side(site, 2, a.dtype, n)?.clone()])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        matches!(linear, [false, false, true])
    }
    // A x = b: dx = A⁻¹ (db - dA x).
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let result = first(&cx.copy(step))?;
        let &[a, l, b] = step.args else { return Ok(()) };
        let mut side = cx.tangent(b);
        if let Some(da) = cx.tangent(a) {
            let x = cx.residual(result)?;
            let lin = &mut cx.lin;
            let da = symmetric(lin, da)?;
            let moved = matrix::product(lin, da, x)?;
            side = Some(match side {
                Some(db) => lin.op(Sub, &[db, moved])?,
                None => lin.op(Neg, &[moved])?,
            });
        }
        let Some(side) = side else { return Ok(()) };
        let args = [cx.residual(a)?, cx.residual(l)?, side];
        let tangent = cx.lin.op(CholeskySolve, &args)?;
        cx.set_tangent(result, Some(tangent));
        Ok(())
    }
    // x = A⁻¹ b with a symmetric A: b̄ += A⁻¹ x̄.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let &[a, l, b] = step.args else { return Ok(()) };
        let args = [cx.fixed(step, a)?, cx.fixed(step, l)?, ct];
        let ct = cx.b.op(CholeskySolve, &args)?;
        cx.add(b, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |b: &str, float: &str| {
            let params = format!("(%x: {float}[3, 3], %b: {float}[{b}])");
            let inst = format!(
                "%l = cholesky %a : {float}[3, 3]
                 %y = cholesky_solve %a, %l, %b : {float}[{b}]"
            );
            positive_with(&params, float, "3", &inst)
        };
        vec![on("3", "f64"), on("3, 2", "f64"), on("3", "f32")]
    }
    fn refused() -> Vec<Example> {
        let on = |l: &str, b: &str| {
            let params = format!("(%a: f64[2, 2], %l: {l}, %b: {b})");
            Example::one(&params, &format!("%y = cholesky_solve %a, %l, %b : {b}"))
        };
        vec![
            on("f64[2, 3]", "f64[2]"),
            on("f64[2, 2]", "f64[3]"),
            on("f64[2, 2]", "f32[2]"),
            on("f64[2, 2]", "f64"),
        ]
    }
    traits!(Pure, Work);
}
