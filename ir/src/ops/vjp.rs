//! `vjp @f args, cotangents`: the results of a function, then the cotangents of its active arguments.

use super::structural::traits;
use super::transform::{self, expanded_by_passes, Target, tangent_types};
use crate::builder::Builder;
use crate::function::{Inst, Value};
use crate::module::Module;
use crate::op::{Attribute, Example, Attributes, Primitive, Reader, Site, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// A reverse derivative; the cotangents are those of the differentiable results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vjp {
    /// The function and its active parameters.
    pub target: Target,
    /// Whether the function must be linear in them; it is refused if it is not.
    pub linear: bool,
}

impl Primitive for Vjp {
    const NAME: &'static str = "vjp";

    fn attributes(&self) -> Attributes {
        let mut attributes = self.target.attributes();
        if self.linear {
            attributes.push(("linear", Attribute::Int(1)));
        }
        attributes
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let target = Target::read(reader)?;
        let linear = reader.optional("linear") == Some(Attribute::Int(1));
        Ok(Vjp { target, linear })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        let Some(module) = site.module else { return Ok(site.wanted.to_vec()) };
        let primal = self.target.primal_types(module, site.func, site.sizes, site.args, site.results)?;
        self.target.check(module, site, Some(&primal))?;
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
                 func @f(%x: f64[2], %y: f64, %k: i64, %a: f64[2], %b: f64) -> (f64[2], f64) {
                   %p, %l, %e, %cx, %cy = vjp [2] %x, %k, %y, %a, %b {func = @g, active = [1, 0, 1]} : f64[2], i64, f64, f64[2], f64
                   return %cx, %cy
                 }",
            )
            .not_run(),
            Example::module(
                "func @g(%x: f64, %y: f64) -> (f64) {
                   %p = mul %x, %y : f64
                   return %p
                 }
                 func @f(%x: f64, %y: f64, %a: f64) -> (f64) {
                   %p, %cx = vjp %x, %y, %a {func = @g, active = [1, 0], linear = 1} : f64, f64
                   return %cx
                 }",
            )
            .not_run(),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%p, %l, %e, %cx = vjp [2] %x, %k, %y {func = @g, active = [1, 0, 0]} : f64[2], i64, f64, f64[2]",
            "%p, %l, %e, %cx = vjp [2] %x, %k, %y, %x {func = @g, active = [1, 0, 0]} : f64[2], i64, f64, f64[2]",
            "%p, %l, %e, %cx = vjp [2] %x, %k, %y, %x, %x {func = @g, active = [1, 0, 0]} : f64[2], i64, f64, f64[2]",
            "%p, %l, %e, %cx = vjp [2] %x, %k, %y, %x, %y {func = @g, active = [1, 0, 0]} : f64[2], i64, f64, f64",
            "%p, %l, %e, %cx = vjp [2] %x, %k, %y, %x, %y {func = @g, active = [1]} : f64[2], i64, f64, f64[2]",
            "%p, %l, %e, %cx = vjp [2] %x, %k, %y, %x, %y {func = @h, active = [1, 0, 0]} : f64[2], i64, f64, f64[2]",
        ];
        refused.map(transform::refused).to_vec()
    }
    traits!(Check, Work);
}

impl Vjp {
    fn types(&self, mut primal: Vec<Type>, args: &[Type]) -> Vec<Type> {
        let active = args.iter().zip(&self.target.active).filter(|(_, active)| **active);
        primal.extend(tangent_types(&active.map(|(ty, _)| ty.clone()).collect::<Vec<_>>()));
        primal
    }

    /// Emits it; `args` are the function's arguments, then the cotangents of the differentiable results.
    pub fn emit(
        target: Target,
        b: &mut Builder,
        module: &Module,
        sizes: &[Size],
        args: Vec<Value>,
    ) -> Result<Inst, TypeError> {
        Vjp { target, linear: false }.emit_as(b, module, sizes, args)
    }

    /// The same for this operation, linear or not.
    pub fn emit_as(
        self,
        b: &mut Builder,
        module: &Module,
        sizes: &[Size],
        args: Vec<Value>,
    ) -> Result<Inst, TypeError> {
        let (op, target) = (self.clone(), self.target);
        let given = b.func().types(&args);
        transform::emit(b, module, &target, op.clone().into(), sizes, args, |primal| op.types(primal, &given))
    }
}
