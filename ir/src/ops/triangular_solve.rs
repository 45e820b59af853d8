//! `triangular_solve a, b {triangle, form, diagonal}`: the `x` with `T x = b`, where T is a triangle of `a`
//! or the transpose of that. `b` is a vector, or a matrix whose columns are right-hand sides.
//!
//! The other triangle of `a` is not read, nor is the diagonal if it is taken for 1. A zero on the diagonal
//! gives infinities or NaN, as the division does.

use super::algorithm::{self, Algorithm, right_side, square};
use super::elementwise::{first, take};
use super::matrix::{self, Part};
use super::structural::traits;
use super::{Neg, Sub};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::ty::Type;

/// The solution of a triangular system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TriangularSolve {
    /// Whether the triangle is the lower one of `a`; otherwise it is the upper one.
    pub lower: bool,
    /// Whether the transpose of the triangle is meant.
    pub transposed: bool,
    /// Whether the diagonal is taken for 1.
    pub unit: bool,
}

impl TriangularSolve {
    /// With the lower triangle.
    pub const LOWER: TriangularSolve = TriangularSolve { lower: true, transposed: false, unit: false };
    /// With the upper triangle.
    pub const UPPER: TriangularSolve = TriangularSolve { lower: false, ..TriangularSolve::LOWER };

    /// With the transpose of the matrix.
    pub fn transposed(self) -> TriangularSolve {
        TriangularSolve { transposed: !self.transposed, ..self }
    }

    /// With a diagonal of ones.
    pub fn unit(self) -> TriangularSolve {
        TriangularSolve { unit: true, ..self }
    }

    /// The part of `a` that is read.
    fn part(self) -> Part {
        match (self.lower, self.unit) {
            (true, false) => Part::Lower,
            (true, true) => Part::StrictLower,
            (false, false) => Part::Upper,
            (false, true) => Part::StrictUpper,
        }
    }
}

impl Algorithm for TriangularSolve {
    fn kernel(&self, ranks: &[usize]) -> Kernel {
        let name = match (ranks.get(1) == Some(&2), self.lower, self.transposed, self.unit) {
            (false, true, false, false) => "lower",
            (false, true, false, true) => "lower_unit",
            (false, true, true, false) => "lower_transposed",
            (false, true, true, true) => "lower_transposed_unit",
            (false, false, false, false) => "upper",
            (false, false, false, true) => "upper_unit",
            (false, false, true, false) => "upper_transposed",
            (false, false, true, true) => "upper_transposed_unit",
            (true, true, false, false) => "lower_all",
            (true, true, false, true) => "lower_unit_all",
            (true, true, true, false) => "lower_transposed_all",
            (true, true, true, true) => "lower_transposed_unit_all",
            (true, false, false, false) => "upper_all",
            (true, false, false, true) => "upper_unit_all",
            (true, false, true, false) => "upper_transposed_all",
            (true, false, true, true) => "upper_transposed_unit_all",
        };
        Kernel { file: "triangular_solve", name, skipped: 0 }
    }
}

/// One of two words, the first for true.
pub(super) fn either(reader: &mut Reader<'_>, key: &str, words: [&str; 2]) -> Result<bool, String> {
    let word = reader.word(key)?;
    let [yes, no] = words;
    match words.iter().position(|w| *w == word) {
        Some(position) => Ok(position == 0),
        None => Err(format!("`{key}` must be {yes} or {no}, not `{word}`")),
    }
}

const TRIANGLE: [&str; 2] = ["lower", "upper"];
const FORM: [&str; 2] = ["transposed", "plain"];
const DIAGONAL: [&str; 2] = ["unit", "stored"];

impl Primitive for TriangularSolve {
    const NAME: &'static str = "triangular_solve";

    fn attributes(&self) -> Attributes {
        let word = |[yes, no]: [&str; 2], holds| {
            Attribute::Word(if holds { yes } else { no }.to_owned())
        };
        vec![
            ("triangle", word(TRIANGLE, self.lower)),
            ("form", word(FORM, self.transposed)),
            ("diagonal", word(DIAGONAL, self.unit)),
        ]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(TriangularSolve {
            lower: either(reader, "triangle", TRIANGLE)?,
            transposed: either(reader, "form", FORM)?,
            unit: either(reader, "diagonal", DIAGONAL)?,
        })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(2)?;
        let (a, n) = square(site, 0)?;
        Ok(vec![right_side(site, 1, a.dtype, n)?.clone()])
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        matches!(linear, [false, true])
    }
    // T x = b: dx = T⁻¹ (db - dT x).
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let result = first(&cx.copy(step))?;
        let &[a, b] = step.args else { return Ok(()) };
        let mut side = cx.tangent(b);
        if let Some(da) = cx.tangent(a) {
            let x = cx.residual(result)?;
            let lin = &mut cx.lin;
            let dt = matrix::only(lin, da, self.part())?;
            let moved = match self.transposed {
                true => matrix::transposed_product(lin, dt, x)?,
                false => matrix::product(lin, dt, x)?,
            };
            side = Some(match side {
                Some(db) => lin.op(Sub, &[db, moved])?,
                None => lin.op(Neg, &[moved])?,
            });
        }
        let Some(side) = side else { return Ok(()) };
        let a = cx.residual(a)?;
        let tangent = cx.lin.op(*self, &[a, side])?;
        cx.set_tangent(result, Some(tangent));
        Ok(())
    }
    // x = T⁻¹ b: b̄ += T⁻ᵀ x̄.
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let Some(ct) = take(cx, step)? else { return Ok(()) };
        let &[a, b] = step.args else { return Ok(()) };
        let a = cx.fixed(step, a)?;
        let ct = cx.b.op(self.transposed(), &[a, ct])?;
        cx.add(b, ct)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        algorithm::evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let on = |n: usize, b: &str, attributes: &str, float: &str| {
            // Away from zeros on the diagonal.
            let params = format!("(%a: {float}[{n}, {n}], %b: {float}[{b}])");
            let inst = format!("%x = triangular_solve %a, %b {{{attributes}}} : {float}[{b}]");
            Example::one(&params, &inst).within(0.5, 2.0)
        };
        let mut examples = Vec::new();
        for triangle in TRIANGLE {
            for form in FORM {
                for diagonal in DIAGONAL {
                    let attributes =
                        format!("triangle = {triangle}, form = {form}, diagonal = {diagonal}");
                    examples.push(on(3, "3", &attributes, "f64"));
                    examples.push(on(3, "3, 2", &attributes, "f64"));
                }
            }
        }
        let plain = "triangle = lower, form = plain, diagonal = stored";
        examples.extend([
            on(1, "1", plain, "f64"),
            on(2, "2", plain, "f32"),
            Example::one(
                "[%n, %m](%a: f32[%n, %n], %b: f32[%n, %m])",
                &format!("%x = triangular_solve %a, %b {{{plain}}} : f32[%n, %m]"),
            )
            .sizes(&[2, 3])
            .within(0.5, 2.0),
        ]);
        examples
    }
    fn refused() -> Vec<Example> {
        let plain = "triangle = lower, form = plain, diagonal = stored";
        let refused = [
            ("f64[2, 2]", "f64[3]", plain),
            ("f64[2, 3]", "f64[2]", plain),
            ("f64[2, 2]", "f32[2]", plain),
            ("f64[2]", "f64[2]", plain),
            ("i64[2, 2]", "i64[2]", plain),
            ("f64[2, 2]", "f64[2, 2, 2]", plain),
            ("f64[2, 2]", "f64[2]", "triangle = left, form = plain, diagonal = stored"),
            ("f64[2, 2]", "f64[2]", "triangle = lower"),
        ];
        let one = |(a, b, attributes): (&str, &str, &str)| {
            let inst = format!("%x = triangular_solve %a, %b {{{attributes}}} : {b}");
            Example::one(&format!("(%a: {a}, %b: {b})"), &inst)
        };
        refused.map(one).to_vec()
    }
    traits!(Pure, Work);
}
