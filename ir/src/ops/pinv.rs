//! `pinv a, p`: `p`, the pseudoinverse of `a`, with the derivative that it has as a function of `a` where
//! the rank does not change.
//!
//! How `p` was computed does not matter, so its tangent is not needed.

use super::algorithm::floats;
use super::elementwise::{first, never_linear};
use super::matrix;
use super::structural::{no_attributes, traits};
use super::{Add, Sub};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// A pseudoinverse that is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pinv;

impl Primitive for Pinv {
    const NAME: &'static str = "pinv";

    no_attributes!(Pinv);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(2)?;
        let (a, p) = (floats(site, 0, 2)?, floats(site, 1, 2)?);
        if a.dtype != p.dtype || !a.shape.iter().rev().eq(&p.shape) {
            return Err(TypeError::new("operand 1 must have the shape of the transpose of operand 0"));
        }
        Ok(vec![p.clone()])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    // P = A⁺ at constant rank: dP = -P dA P + P Pᵀ dAᵀ (1 - A P) + (1 - P A) dAᵀ Pᵀ P
    // (Golub and Pereyra 1973).
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let result = first(&cx.copy(step))?;
        let &[a, _] = step.args else { return Ok(()) };
        let Some(da) = cx.tangent(a) else { return Ok(()) };
        let (a, p) = (cx.residual(a)?, cx.residual(result)?);
        let lin = &mut cx.lin;
        let flipped = matrix::transpose(lin, da)?;
        let inner = matrix::product(lin, da, p)?;
        let inner = matrix::product(lin, p, inner)?;
        // Pᵀ dAᵀ (1 - A P), then P of that.
        let right = matrix::transposed_product(lin, p, flipped)?;
        let back = matrix::product(lin, right, a)?;
        let back = matrix::product(lin, back, p)?;
        let right = lin.op(Sub, &[right, back])?;
        let right = matrix::product(lin, p, right)?;
        // (1 - P A) dAᵀ Pᵀ, then that times P.
        let left = matrix::product_transposed(lin, flipped, p)?;
        let back = matrix::product(lin, a, left)?;
        let back = matrix::product(lin, p, back)?;
        let left = lin.op(Sub, &[left, back])?;
        let left = matrix::product(lin, left, p)?;
        let sum = lin.op(Add, &[right, left])?;
        let tangent = lin.op(Sub, &[sum, inner])?;
        cx.set_tangent(result, Some(tangent));
        Ok(())
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        never_linear(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        Ok(smallvec::smallvec![cx.take(at, 1)?])
    }
    fn examples() -> Vec<Example> {
        // The inverse of a square matrix, and (AᵀA)⁻¹ Aᵀ of one with more rows than columns.
        let square = "%one = dense {values = f64 [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]} : f64[3, 3]
             %f, %r = lu %a : f64[3, 3], i64[3]
             %i = lu_solve %a, %f, %r, %one {form = plain} : f64[3, 3]
             %p = pinv %a, %i : f64[3, 3]";
        let tall = Example::module(
            "func @f(%x: f64[3, 2]) -> (f64[2, 3]) {
               %far = dense {values = f64 [3.0, 0.0, 0.0, 2.0, 1.0, 0.0]} : f64[3, 2]
               %a = add %x, %far : f64[3, 2]
               %t = transpose %a {axes = [1, 0]} : f64[2, 3]
               %s = dot %t, %a {batch = [], contract = [1, 0]} : f64[2, 2]
               %l = cholesky %s : f64[2, 2]
               %i = cholesky_solve %s, %l, %t : f64[2, 3]
               %p = pinv %a, %i : f64[2, 3]
               return %p
             }",
        );
        // Aᵀ (A Aᵀ)⁻¹ of one with more columns than rows.
        let wide = Example::module(
            "func @f(%x: f64[2, 3]) -> (f64[3, 2]) {
               %far = dense {values = f64 [3.0, 0.0, 1.0, 0.0, 2.0, 0.0]} : f64[2, 3]
               %a = add %x, %far : f64[2, 3]
               %t = transpose %a {axes = [1, 0]} : f64[3, 2]
               %s = dot %a, %t {batch = [], contract = [1, 0]} : f64[2, 2]
               %l = cholesky %s : f64[2, 2]
               %i = cholesky_solve %s, %l, %a : f64[2, 3]
               %j = transpose %i {axes = [1, 0]} : f64[3, 2]
               %p = pinv %a, %j : f64[3, 2]
               return %p
             }",
        );
        vec![
            super::lu::pivoted("(%x: f64[3, 3])", "f64", square),
            tall.within(-0.5, 0.5),
            wide.within(-0.5, 0.5),
        ]
    }
    fn refused() -> Vec<Example> {
        let on = |a: &str, p: &str| {
            let params = format!("(%a: {a}, %p: {p})");
            Example::one(&params, &format!("%q = pinv %a, %p : {p}"))
        };
        vec![on("f64[2, 3]", "f64[2, 3]"), on("f64[2, 3]", "f32[3, 2]"), on("f64[2]", "f64[2]")]
    }
    traits!(Pure, Free);
}
