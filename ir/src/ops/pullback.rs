//! `pullback @f.lin residuals, cotangents`: the transpose of a linear function, applied. The pass
//! `transpose` replaces it by a call of the transposed function.

use super::call::Binding;
use super::structural::traits;
use super::transform::expanded_by_passes;
use crate::builder::{Builder, Parts};
use crate::function::{FuncId, Function, Inst, Value};
use crate::module::Module;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, Site, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// The transpose of a linear function, applied; gives the cotangents of its linear parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pullback {
    /// The linear function.
    pub func: FuncId,
}

impl Primitive for Pullback {
    const NAME: &'static str = "pullback";

    fn attributes(&self) -> Attributes {
        vec![("func", Attribute::Function(self.func))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Pullback { func: reader.function("func")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        match site.module {
            None => Ok(site.wanted.to_vec()),
            Some(module) => {
                self.check(module, site)?;
                self.types(module, site.func, site.sizes, site.args)
            }
        }
    }
    expanded_by_passes!();
    fn examples() -> Vec<Example> {
        vec![
            Example::module(
                "func @g[%n](%k: f64; lin %x: f64[%n], %y: f64) -> (f64[%n], f64) {
                   %ks = broadcast %k {axes = []} : f64[%n]
                   %p = mul %ks, %x : f64[%n]
                   return %p, %y
                 }
                 func @f(%k: f64, %a: f64[2], %b: f64) -> (f64[2], f64) {
                   %cx, %cy = pullback [2] %k, %a, %b {func = @g} : f64[2], f64
                   return %cx, %cy
                 }",
            )
            .not_run(),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%cx, %cy = pullback [2] %k, %a {func = @g} : f64[2], f64",
            "%cx, %cy = pullback [2] %a, %k, %k {func = @g} : f64[2], f64",
            "%cx, %cy = pullback [3] %k, %a, %k {func = @g} : f64[3], f64",
            "%cx, %cy = pullback [2] %k, %a, %k {func = @g} : f64, f64[2]",
            "%cx, %cy = pullback %k, %a, %k {func = @g} : f64[2], f64",
            "%cx, %cy = pullback [2] %k, %a, %k {func = @h} : f64[2], f64",
        ];
        let callee = "func @g[%n](%k: f64; lin %x: f64[%n], %y: f64) -> (f64[%n], f64) { return %x, %y }";
        let whole = |inst: &str| {
            let caller = Example::body("(%k: f64, %a: f64[2])", "f64", &format!("{inst} return %cx"));
            Example::module(format!("{callee} {}", caller.source))
        };
        refused.map(whole).to_vec()
    }
    traits!(Pure, Work);
}

impl Pullback {
    /// Refuses what is not the callee's residuals and the cotangents of its results.
    fn check(&self, module: &Module, site: &Site<'_>) -> Result<(), TypeError> {
        let callee = module.find(self.func);
        let callee = callee.ok_or_else(|| TypeError::new("there is no such function"))?;
        let fixed = callee.params().len().saturating_sub(callee.linear);
        let bind = Binding::new(site.func, callee, site.sizes, site.args);
        let residuals = callee.params().iter().take(fixed);
        let residuals = residuals.map(|&v| bind.translate(callee.ty(v)));
        let results = callee.body.results.iter();
        let cotangents = results.map(|&v| Ok(bind.translate(callee.ty(v))?.contents()));
        let wanted: Vec<Type> = residuals.chain(cotangents).collect::<Result<_, _>>()?;
        super::transform::check_args(site, &wanted)?;
        site.shape(callee.sizes, 0)
    }

    fn types(
        &self,
        module: &Module,
        caller: &Function,
        sizes: &[Size],
        args: &[Value],
    ) -> Result<Vec<Type>, TypeError> {
        let callee = module.find(self.func);
        let callee = callee.ok_or_else(|| TypeError::new("there is no such function"))?;
        let bind = Binding::new(caller, callee, sizes, args);
        let linear = callee.linear_params().iter();
        linear.map(|&v| Ok(bind.translate(callee.ty(v))?.contents())).collect()
    }

    /// Emits it; `args` are the residuals, then the cotangents.
    pub fn emit(
        self,
        b: &mut Builder,
        module: &Module,
        sizes: &[Size],
        args: Vec<Value>,
    ) -> Result<Inst, TypeError> {
        let types = self.types(module, b.func(), sizes, &args)?;
        let parts = Parts { args: args.into(), sizes: sizes.into(), ..Parts::default() };
        Ok(b.push(self.into(), parts, types))
    }
}
