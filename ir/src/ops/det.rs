//! `det a, f, rows {of}`: the determinant of `a`, the logarithm of its size, or its sign, from the factors
//! of `a` (`lu`).
//!
//! The derivative is that of the determinant in `a`; the tangents of the factors are not needed. Of a
//! singular matrix the determinant is 0, the logarithm -∞ and the sign 0, and the first two have the
//! derivative NaN.

use super::algorithm::{self, Algorithm, square};
use super::elementwise::{first, never_linear};
use super::lu::pivoted;
use super::matrix;
use super::structural::traits;
use super::{Broadcast, Dot, LuSolve, Mul, Order};
use crate::derive::{Linearize, Step, Transpose};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::linalg::Kernel;
use crate::op::{Attribute, Attributes, Example, Primitive, Reader, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    /// The determinant.
    Value,
    /// The logarithm of its absolute value.
    LogSize,
    /// -1, 0 or 1.
    Sign,
}

/// A determinant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Det {
    /// What of it.
    pub of: Of,
}

const WORDS: [(Of, &str); 3] = [(Of::Value, "value"), (Of::LogSize, "log_size"), (Of::Sign, "sign")];

impl Det {
    fn word(self) -> &'static str {
        let found = WORDS.iter().find(|(of, _)| *of == self.of);
        found.map_or("", |(_, word)| word)
    }
}

impl Algorithm for Det {
    fn kernel(&self, _: &[usize]) -> Kernel {
        Kernel { file: "det", name: self.word(), skipped: 1 }
    }
}

impl Primitive for Det {
    const NAME: &'static str = "det";

    fn attributes(&self) -> Attributes {
        vec![("of", Attribute::Word(self.word().to_owned()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let word = reader.word("of")?;
        let found = WORDS.iter().find(|(_, known)| *known == word);
        let found = found.map(|&(of, _)| Det { of });
        found.ok_or_else(|| format!("a determinant has no `{word}`"))
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(3)?;
        let (a, n) = square(site, 0)?;
        let rows = Type::array(DType::I64, [n.clone()]);
        if site.arg(1)? != a || *site.arg(2)? != rows {
            return Err(TypeError::new("operands 1 and 2 must be the factors of operand 0"));
        }
        Ok(vec![Type::scalar(a.dtype)])
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    // d log |det A| = Σ A⁻ᵀ ∘ dA, d det A = det A · that.
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        let result = first(&cx.copy(step))?;
        let &[a, f, rows] = step.args else { return Ok(()) };
        let Some(da) = cx.tangent(a).filter(|_| self.of != Of::Sign) else {
            return Ok(());
        };
        let b = &mut cx.primal;
        let one = matrix::identity_like(b, a)?;
        let mut slope = b.op(LuSolve { transposed: true }, &[a, f, rows, one])?;
        if self.of == Of::Value {
            let ty = b.ty(slope).clone();
            let factor = b.op_as(Broadcast { axes: Vec::new() }, &[result], ty)?;
            slope = b.op(Mul, &[factor, slope])?;
        }
        let slope = cx.residual(slope)?;
        let sum = Dot { batch: Vec::new(), contract: vec![(0, 0), (1, 1)], order: Order::Any };
        let tangent = cx.lin.op(sum, &[slope, da])?;
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
        let on = |of: &str, float: &str| {
            let inst = format!(
                "%f, %p = lu %a : {float}[3, 3], i64[3]
                 %d = det %a, %f, %p {{of = {of}}} : {float}"
            );
            pivoted(&format!("(%x: {float}[3, 3])"), float, &inst)
        };
        vec![on("value", "f64"), on("log_size", "f64"), on("sign", "f64"), on("value", "f32")]
    }
    fn refused() -> Vec<Example> {
        let on = |f: &str, p: &str, of: &str, result: &str| {
            let params = format!("(%a: f64[2, 2], %f: {f}, %p: {p})");
            Example::one(&params, &format!("%d = det %a, %f, %p {{of = {of}}} : {result}"))
        };
        vec![
            on("f64[2, 3]", "i64[2]", "value", "f64"),
            on("f64[2, 2]", "i64[3]", "value", "f64"),
            on("f64[2, 2]", "i64[2]", "value", "f64[2]"),
            on("f64[2, 2]", "i64[2]", "root", "f64"),
        ]
    }
    traits!(Pure, Work);
}
