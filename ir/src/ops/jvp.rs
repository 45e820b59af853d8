//! `jvp @f args, tangents`: the results of a function, then the tangents of the differentiable ones.

use super::structural::traits;
use super::transform::{self, expanded_by_passes, Target, tangent_types};
use crate::builder::Builder;
use crate::function::{Inst, Value};
use crate::module::Module;
use crate::op::{Example, Attributes, Primitive, Reader, Site, TypeError};
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
        let primal = self.target.primal_types(module, site.func, site.sizes, site.args, site.results)?;
        self.target.check(module, site, None)?;
        Ok(self.types(primal, &site.func.types(site.args)))
    }
    expanded_by_passes!();
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
                   %p, %l, %e, %dp, %de = jvp [2] %x, %k, %y, %dx, %dy {func = @g, active = [1, 0, 1]} : f64[2], i64, f64, f64[2], f64
                   return %dp, %de
                 }",
            )
            .not_run(),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%p, %l, %e, %dp, %de = jvp [2] %x, %k, %y {func = @g, active = [1, 0, 1]} : f64[2], i64, f64, f64[2], f64",
            "%p, %l, %e, %dp, %de = jvp [2] %x, %k, %y, %x, %x {func = @g, active = [1, 0, 1]} : f64[2], i64, f64, f64[2], f64",
            "%p, %l, %e, %dp, %de = jvp [3] %x, %k, %y, %x {func = @g, active = [1, 0, 0]} : f64[3], i64, f64, f64[3], f64",
            "%p, %l, %e, %dp, %de = jvp [2] %x, %k, %y, %x {func = @g, active = [1, 0]} : f64[2], i64, f64, f64[2], f64",
            "%p, %l, %e, %dp, %de = jvp [2] %x, %k, %y, %k {func = @g, active = [0, 1, 0]} : f64[2], i64, f64, f64[2], f64",
            "%p, %l, %e, %dp = jvp [2] %x, %k, %y, %x {func = @g, active = [1, 0, 0]} : f64[2], i64, f64, f64[2]",
            "%p, %l, %e, %dp, %de = jvp [2] %x, %k, %y, %x {func = @h, active = [1, 0, 0]} : f64[2], i64, f64, f64[2], f64",
        ];
        refused.map(transform::refused).to_vec()
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
