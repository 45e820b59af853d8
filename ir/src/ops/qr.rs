//! `qr a`: A = Q R for a matrix with at least as many rows as columns: the columns of Q are orthonormal,
//! R is upper triangular with a diagonal that is not negative.
//!
//! The derivative needs R⁻¹: where the columns of A depend on one another there is none, and it is NaN or
//! infinite. That there are enough rows is checked before.

use super::algorithm::{self, Algorithm, floats};
use super::elementwise::never_linear;
use super::matrix::{self, Part};
use super::structural::{no_attributes, traits};
use super::{Add, Sub, TriangularSolve};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::ty::Type;

/// Both factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Qr;

impl Algorithm for Qr {
    fn kernel(&self, _: &[usize]) -> Kernel {
        Kernel { file: "qr", name: "qr", skipped: 0 }
    }
}

/// The type of the matrix and that of the square factor. That there are enough rows is checked before, also
/// where the sizes are known: the instruction may stand in a branch that is never taken.
pub(super) fn tall<'a>(site: &Site<'a>) -> Result<(&'a Type, Type), TypeError> {
    let a = floats(site, 0, 2)?;
    let [_, columns] = a.shape.as_slice() else {
        return Err(TypeError::new("the operand must be a matrix"));
    };
    Ok((a, Type::array(a.dtype, [columns.clone(), columns.clone()])))
}

impl Primitive for Qr {
    const NAME: &'static str = "qr";

    no_attributes!(Qr);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        let (a, square) = tall(site)?;
        Ok(vec![a.clone(), square])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    // A = Q R, C = dA R⁻¹, B = Qᵀ C: dR = (B - Ω) R and dQ = C - Q (B - Ω), where Ω is the antisymmetric
    // matrix with B's part below the diagonal (Walter and Lehmann 2012). So B - Ω is upper triangular.
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let (&[q, r], &[a]) = (cx.copy(step).as_slice(), step.args) else {
            return Ok(());
        };
        let Some(da) = cx.tangent(a) else { return Ok(()) };
        let (q_value, r_value) = (cx.residual(q)?, cx.residual(r)?);
        let lin = &mut cx.lin;
        let c = matrix::transpose(lin, da)?;
        let c = lin.op(TriangularSolve::UPPER.transposed(), &[r_value, c])?;
        let c = matrix::transpose(lin, c)?;
        let b = matrix::transposed_product(lin, q_value, c)?;
        let above = matrix::only(lin, b, Part::Upper)?;
        let below = matrix::only(lin, b, Part::StrictLower)?;
        let mirrored = matrix::transpose(lin, below)?;
        let upper = lin.op(Add, &[above, mirrored])?;
        let dr = matrix::product(lin, upper, r_value)?;
        let within = matrix::product(lin, q_value, upper)?;
        let dq = lin.op(Sub, &[c, within])?;
        cx.set_tangent(q, Some(dq));
        cx.set_tangent(r, Some(dr));
        Ok(())
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        never_linear(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |rows: &str, float: &str| {
            far(rows, float, &format!("%q, %r = qr %a : {float}[{rows}, 3], {float}[3, 3]"))
        };
        vec![on("3", "f64"), on("5", "f64"), on("4", "f32")]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%a: f64[3, 2])", "%q, %r = qr %a : f64[3, 2], f64[3, 3]"),
            ("(%a: f64[3])", "%q, %r = qr %a : f64[3], f64[3, 3]"),
            ("(%a: i64[2, 2])", "%q, %r = qr %a : i64[2, 2], i64[2, 2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Work);
}

/// A function of `%x: float[rows, 3]` in which `inst`, `results = operation : types`, has the matrix `%a`
/// of that shape: its columns are independent and its singular values far from each other.
pub(super) fn far(rows: &str, float: &str, inst: &str) -> Example {
    let results = inst.split(" = ").next().unwrap_or_default();
    let types = inst.rsplit(" : ").next().unwrap_or_default();
    let n: usize = rows.parse().unwrap_or(3);
    let numbers = (0..3 * n).map(|k| match k {
        1 => "5.0",
        3 => "2.0",
        8 => "-8.0",
        _ => "0.0",
    });
    let numbers: Vec<&str> = numbers.collect();
    let ty = format!("{float}[{rows}, 3]");
    Example::module(format!(
        "func @f(%x: {ty}) -> ({types}) {{
           %far = dense {{values = {float} [{}]}} : {ty}
           %a = add %x, %far : {ty}
           {inst}
           return {results}
         }}",
        numbers.join(", ")
    ))
    .within(-0.5, 0.5)
}
