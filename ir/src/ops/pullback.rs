//! `pullback @f.lin residuals, cotangents`: the transpose of a linear function, applied. The pass
//! `transpose` replaces it by a call of the transposed function.

use super::call::Binding;
use super::structural::traits;
use crate::builder::{Builder, Parts};
use crate::derive::{Linearize, Step, Transpose};
use crate::function::{FuncId, Inst, Value};
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::module::Module;
use crate::op::{Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
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
            Some(module) => self.types(module, site.sizes, site.args),
        }
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
    traits!(Pure, Work);
}

impl Pullback {
    fn types(
        &self,
        module: &Module,
        sizes: &[Size],
        args: &[Value],
    ) -> Result<Vec<Type>, TypeError> {
        let callee = module.find(self.func);
        let callee = callee.ok_or_else(|| TypeError::new("there is no such function"))?;
        let bind = Binding::new(callee, sizes, args);
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
        let types = self.types(module, sizes, &args)?;
        let parts = Parts { args: args.into(), sizes: sizes.into(), ..Parts::default() };
        Ok(b.push(self.into(), parts, types))
    }
}
