//! `svd a`: the thin singular value decomposition A = U diag(s) Vᵀ of a matrix with at least as many rows
//! as columns; the singular values s descend.
//!
//! Where singular values are equal, or one is 0, the singular vectors are not determined: a derivative
//! that depends on how these turn is infinite or NaN, never a finite number. That there are enough rows
//! is checked before.

use super::algorithm::{self, Algorithm};
use super::elementwise::never_linear;
use super::matrix;
use super::qr::{far, tall};
use super::structural::{no_attributes, traits};
use super::{Add, Div, Mul, Sub};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::Value;
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// Singular values and vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Svd;

impl Algorithm for Svd {
    fn kernel(&self, _: &[usize]) -> Kernel {
        Kernel { file: "svd", name: "svd", skipped: 0 }
    }
}

impl Primitive for Svd {
    const NAME: &'static str = "svd";

    no_attributes!(Svd);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (a, square) = tall(site)?;
        let values = square.drop_axes(1);
        Ok(vec![a.clone(), values, square])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        never_linear(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |rows: &str, float: &str| {
            let inst =
                format!("%u, %s, %v = svd %a : {float}[{rows}, 3], {float}[3], {float}[3, 3]");
            far(rows, float, &inst)
        };
        vec![on("3", "f64"), on("5", "f64"), on("3", "f32")]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[3, 2])", "%u, %s, %v = svd %a : f64[3, 2], f64[3], f64[2, 2]"),
            ("(%a: f64[3])", "%u, %s, %v = svd %a : f64[3], f64[3], f64[3]"),
            ("(%a: i64[2, 2])", "%u, %s, %v = svd %a : i64[2, 2], i64[2], i64[2, 2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

// P = Uᵀ dA V, S = diag s, F_ij = 1 / (s_j² - s_i²) and 0 on the diagonal:
// ds = diag P, dV = V (F ∘ (S P + Pᵀ S)), dU = U (F ∘ (P S + S Pᵀ)) + (1 - U Uᵀ) dA V S⁻¹
// (Townsend 2016; Seeger et al. 2017).
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let (&[u, s, v], &[a]) = (cx.copy(step).as_slice(), step.args) else {
        return Ok(());
    };
    let Some(da) = cx.tangent(a) else { return Ok(()) };
    let gaps = matrix::gaps(&mut cx.primal, s, v, true)?;
    let inverse = inverse_like(&mut cx.primal, s, u)?;
    let (u_value, v_value) = (cx.residual(u)?, cx.residual(v)?);
    let (s_value, gaps) = (cx.residual(s)?, cx.residual(gaps)?);
    let square = cx.primal.ty(u).shape == cx.primal.ty(v).shape;
    let inverse = if square { None } else { Some(cx.residual(inverse)?) };
    let lin = &mut cx.lin;
    let right = matrix::product(lin, da, v_value)?;
    let p = matrix::transposed_product(lin, u_value, right)?;
    let ds = matrix::diagonal(lin, p)?;
    let flipped = matrix::transpose(lin, p)?;
    let (rows, columns) = (
        matrix::as_columns(lin, s_value, p)?,
        matrix::as_rows(lin, s_value, p)?,
    );
    let turn = |lin: &mut Builder, x: Value, y: Value| {
        let (x, y) = (lin.op(Mul, &[columns, x])?, lin.op(Mul, &[rows, y])?);
        let sum = lin.op(Add, &[x, y])?;
        matrix::scaled(lin, gaps, sum)
    };
    let (turn_u, turn_v) = (turn(lin, p, flipped)?, turn(lin, flipped, p)?);
    let dv = matrix::product(lin, v_value, turn_v)?;
    let mut du = matrix::product(lin, u_value, turn_u)?;
    if let Some(inverse) = inverse {
        let within = matrix::product(lin, u_value, p)?;
        let out = lin.op(Sub, &[right, within])?;
        let out = matrix::scaled(lin, inverse, out)?;
        du = lin.op(Add, &[du, out])?;
    }
    cx.set_tangent(u, Some(du));
    cx.set_tangent(s, Some(ds));
    cx.set_tangent(v, Some(dv));
    Ok(())
}

/// The matrix of the size of `like` with `1 / s` in each row.
fn inverse_like(b: &mut Builder, s: Value, like: Value) -> Result<Value, TypeError> {
    let one = b.fill(1.0, &b.ty(s).clone())?;
    let inverse = b.op(Div, &[one, s])?;
    matrix::as_rows(b, inverse, like)
}
