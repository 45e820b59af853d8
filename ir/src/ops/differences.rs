//! `differences @f args, tangents`: the directional derivative of a function by fourth-order central
//! differences in double-double arithmetic; the oracle of `check_grads`. Only where an interpreter is at
//! hand: not in a library.

use super::structural::traits;
use super::transform::{self, Target, tangent_types};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::{Inst, Value};
use crate::module::Module;
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// A derivative by differences; gives the tangents of the differentiable results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Differences {
    /// The function and its active parameters.
    pub target: Target,
}

impl Primitive for Differences {
    const NAME: &'static str = "differences";

    fn attributes(&self) -> Attributes {
        self.target.attributes()
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Differences { target: Target::read(reader)? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        let Some(module) = site.module else { return Ok(site.wanted.to_vec()) };
        let primal = self.target.primal_types(module, site.func, site.sizes, site.args, site.results)?;
        self.target.check(module, site, None)?;
        Ok(self.types(primal, &site.func.types(site.args)))
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, "a difference quotient is not differentiable"))
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, "a difference quotient is not differentiable"))
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        crate::interp::differences(cx, at, &self.target)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::module(
                "func @g[%n](%x: f64[%n], %k: i64, %y: f64) -> (f64[%n], i64, f64) {
                   %ys = broadcast %y {axes = []} : f64[%n]
                   %p = mul %x, %ys : f64[%n]
                   %e = exp %y : f64
                   return %p, %k, %e
                 }
                 func @f(%x: f64[2], %y: f64, %k: i64, %dx: f64[2], %dy: f64) -> (f64[2], f64) {
                   %dp, %de = differences [2] %x, %k, %y, %dx, %dy {func = @g, active = [1, 0, 1]} : f64[2], f64
                   return %dp, %de
                 }",
            )
            .without_derivative(),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%dp, %de = differences [2] %x, %k, %y {func = @g, active = [1, 0, 0]} : f64[2], f64",
            "%dp, %de = differences [2] %x, %k, %y, %y {func = @g, active = [1, 0, 0]} : f64[2], f64",
            "%dp, %de = differences %x, %k, %y, %x {func = @g, active = [1, 0, 0]} : f64[2], f64",
            "%dp = differences [2] %x, %k, %y, %x {func = @g, active = [1, 0, 0]} : f64[2]",
            "%dp, %de = differences [2] %x, %k, %y, %x {func = @h, active = [1, 0, 0]} : f64[2], f64",
        ];
        refused.map(transform::refused).to_vec()
    }
    traits!(Output, Work);
}

impl Differences {
    fn types(&self, primal: Vec<Type>, _: &[Type]) -> Vec<Type> {
        tangent_types(&primal)
    }

    /// Emits it; `args` are the function's arguments, then the tangents of the active ones.
    pub fn emit(
        target: Target,
        b: &mut Builder,
        module: &Module,
        sizes: &[Size],
        args: Vec<Value>,
    ) -> Result<Inst, TypeError> {
        let op = Differences { target: target.clone() };
        let given = b.func().types(&args);
        transform::emit(b, module, &target, op.clone().into(), sizes, args, |primal| op.types(primal, &given))
    }
}
