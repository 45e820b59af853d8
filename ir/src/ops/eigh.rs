//! `eigh a`: the eigenvalues w, ascending, and the eigenvectors V, as columns, of the symmetric matrix
//! whose lower triangle is that of `a`: A = V diag(w) Vᵀ.
//!
//! In each eigenvector the first element that has at least nine tenths of the largest one's size is
//! positive. Where eigenvalues are equal, their eigenvectors are not determined: a derivative that
//! depends on how these turn is infinite or NaN, never a finite number.

use super::algorithm::{self, Algorithm, square};
use super::cholesky::symmetric;
use super::elementwise::never_linear;
use super::matrix;
use super::structural::{no_attributes, traits};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// Eigenvalues and eigenvectors of a symmetric matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Eigh;

impl Algorithm for Eigh {
    fn kernel(&self, _: &[usize]) -> Kernel {
        Kernel { file: "eigh", name: "eigh", skipped: 0 }
    }
}

impl Primitive for Eigh {
    const NAME: &'static str = "eigh";

    no_attributes!(Eigh);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (a, n) = square(site, 0)?;
        Ok(vec![Type::array(a.dtype, [n.clone()]), a.clone()])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    // M = Vᵀ dA V: dw = diag M, dV = V (F ∘ M) with F_ij = 1 / (w_j - w_i) and 0 on the diagonal
    // (Giles 2008).
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let (&[w, v], &[a]) = (cx.copy(step).as_slice(), step.args) else {
            return Ok(());
        };
        let Some(da) = cx.tangent(a) else { return Ok(()) };
        let gaps = matrix::gaps(&mut cx.primal, w, v, false)?;
        let (v_value, gaps) = (cx.residual(v)?, cx.residual(gaps)?);
        let lin = &mut cx.lin;
        let da = symmetric(lin, da)?;
        let m = matrix::product(lin, da, v_value)?;
        let m = matrix::transposed_product(lin, v_value, m)?;
        let dw = matrix::diagonal(lin, m)?;
        let turn = matrix::scaled(lin, gaps, m)?;
        let dv = matrix::product(lin, v_value, turn)?;
        cx.set_tangent(w, Some(dw));
        cx.set_tangent(v, Some(dv));
        Ok(())
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        never_linear(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |float: &str| {
            let ty = format!("{float}[3, 3]");
            Example::module(format!(
                "func @f(%x: {ty}) -> ({float}[3], {ty}) {{
                   %far = dense {{values = {float} [3.0, 0.0, 0.0, 0.5, -2.0, 0.0, 0.0, 1.0, 7.0]}} : {ty}
                   %a = add %x, %far : {ty}
                   %w, %v = eigh %a : {float}[3], {ty}
                   return %w, %v
                 }}"
            ))
            .within(-0.5, 0.5)
        };
        vec![on("f64"), on("f32")]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[2, 3])", "%w, %v = eigh %a : f64[2], f64[2, 3]"),
            ("(%a: f64[2, 2])", "%w, %v = eigh %a : f64[2, 2], f64[2]"),
            ("(%a: f64[2])", "%w, %v = eigh %a : f64[2], f64[2]"),
            ("(%a: i64[2, 2])", "%w, %v = eigh %a : i64[2], i64[2, 2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}
