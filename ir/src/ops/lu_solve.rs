//! `lu_solve a, f, rows, b {form}`: the `x` with `A x = b`, or `Aᵀ x = b`, where `f` and `rows` are the
//! factors of `a` (`lu`). `b` is a vector, or a matrix whose columns are right-hand sides.
//!
//! The derivative is that of the solution in `a` and `b`, by the implicit function theorem, so the
//! tangents of the factors are not needed, and it costs two triangular systems, not another
//! factorization. If A is singular, every element of the result is NaN.

use super::algorithm::{self, Algorithm, right_side, square};
use super::elementwise::{first, take};
use super::lu::pivoted;
use super::matrix;
use super::structural::traits;
use super::triangular_solve::either;
use super::{Neg, Sub};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;

/// The solution of a linear system whose matrix is factored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LuSolve {
    /// Whether the transpose of the matrix is meant.
    pub transposed: bool,
}

const FORM: [&str; 2] = ["transposed", "plain"];

impl Algorithm for LuSolve {
    fn kernel(&self, ranks: &[usize]) -> Kernel {
        let name = match (ranks.get(3) == Some(&2), self.transposed) {
            (false, false) => "solve",
            (false, true) => "transposed",
            (true, false) => "solve_all",
            (true, true) => "transposed_all",
        };
        Kernel { file: "lu_solve", name, skipped: 1 }
    }
}

impl Primitive for LuSolve {
    const NAME: &'static str = "lu_solve";

    fn attributes(&self) -> Attributes {
        let [yes, no] = FORM;
        let word = if self.transposed { yes } else { no };
        vec![("form", Attribute::Word(word.to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(LuSolve { transposed: either(reader, "form", FORM)? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(4)?;
        let (a, n) = square(site, 0)?;
        let rows = Type::array(DType::I64, [n.clone()]);
        if site.arg(1)? != a || *site.arg(2)? != rows {
            return Err(TypeError::new("operands 1 and 2 must be the factors of operand 0"));
        }
        Ok(vec![right_side(site, 3, a.dtype, n)?.clone()])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        matches!(linear, [false, false, false, true])
    }
    // A x = b: dx = A⁻¹ (db - dA x).
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let result = first(&cx.copy(step))?;
        let &[a, f, rows, b] = step.args else { return Ok(()) };
        let mut side = cx.tangent(b);
        if let Some(da) = cx.tangent(a) {
            let x = cx.residual(result)?;
            let lin = &mut cx.lin;
            let moved = match self.transposed {
                true => matrix::transposed_product(lin, da, x)?,
                false => matrix::product(lin, da, x)?,
            };
            side = Some(match side {
                Some(db) => lin.op(Sub, &[db, moved])?,
                None => lin.op(Neg, &[moved])?,
            });
        }
        let Some(side) = side else { return Ok(()) };
        let args = [cx.residual(a)?, cx.residual(f)?, cx.residual(rows)?, side];
        let tangent = cx.lin.op(*self, &args)?;
        cx.set_tangent(result, Some(tangent));
        Ok(())
    }
    // x = A⁻¹ b: b̄ += A⁻ᵀ x̄.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let &[a, f, rows, b] = step.args else { return Ok(()) };
        let args = [cx.fixed(step, a)?, cx.fixed(step, f)?, cx.fixed(step, rows)?, ct];
        let ct = cx.b.op(LuSolve { transposed: !self.transposed }, &args)?;
        cx.add(b, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |form: &str, b: &str, float: &str| {
            let params = format!("(%x: {float}[3, 3], %b: {float}[{b}])");
            let inst = format!(
                "%f, %p = lu %a : {float}[3, 3], i64[3]
                 %y = lu_solve %a, %f, %p, %b {{form = {form}}} : {float}[{b}]"
            );
            pivoted(&params, float, &inst)
        };
        vec![
            on("plain", "3", "f64"),
            on("plain", "3, 2", "f64"),
            on("transposed", "3", "f64"),
            on("transposed", "3, 2", "f64"),
            on("plain", "3", "f32"),
        ]
    }
    fn refused() -> Vec<Example> {
        let on = |f: &str, p: &str, b: &str| {
            let params = format!("(%a: f64[2, 2], %f: {f}, %p: {p}, %b: {b})");
            Example::one(&params, &format!("%y = lu_solve %a, %f, %p, %b {{form = plain}} : {b}"))
        };
        vec![
            on("f64[2, 3]", "i64[2]", "f64[2]"),
            on("f64[2, 2]", "i64[3]", "f64[2]"),
            on("f64[2, 2]", "f64[2]", "f64[2]"),
            on("f64[2, 2]", "i64[2]", "f64[3]"),
            on("f64[2, 2]", "i64[2]", "f32[2]"),
        ]
    }
    traits!(Pure, Work);
}
