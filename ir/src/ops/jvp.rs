//! `jvp @f args, tangents`: the results of a function, then the tangents of the differentiable ones.

use super::structural::traits;
use super::transform::{self, Target, tangent_types};
use crate::builder::Builder;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::{Inst, Value};
use crate::module::Module;
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::op::{Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// A forward derivative.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Jvp {
    /// The function and its active parameters.
    pub target: Target,
}

impl Primitive for Jvp {
    const NAME: &'static str = "jvp";

    fn attributes(&self) -> Attributes {
        self.target.attributes()
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Jvp { target: Target::read(reader)? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        let Some(module) = site.module else { return Ok(site.wanted.to_vec()) };
        let primal = self.target.primal_types(module, site.sizes, site.args, site.results)?;
        Ok(self.types(primal, &site.func.types(site.args)))
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, "an inner derivative must be expanded first"))
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, "an inner derivative must be expanded first"))
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let _ = (cx, at);
        Err(RunError::fault("this derivative has not been expanded by the compiler"))
    }
    traits!(Check, Work);
}

impl Jvp {
    fn types(&self, mut primal: Vec<Type>, _: &[Type]) -> Vec<Type> {
        primal.extend(tangent_types(&primal));
        primal
    }

    /// Emits it; `args` are the function's arguments, then the tangents of the active ones.
    pub fn emit(
        target: Target,
        b: &mut Builder,
        module: &Module,
        sizes: &[Size],
        args: Vec<Value>,
    ) -> Result<Inst, TypeError> {
        let op = Jvp { target: target.clone() };
        let given = b.func().types(&args);
        transform::emit(b, module, &target, op.clone().into(), sizes, args, |primal| op.types(primal, &given))
    }
}
