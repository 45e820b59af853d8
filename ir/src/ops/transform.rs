//! What the calls of derived functions share: `jvp`, `vjp` and `differences` name a function and which
//! of its parameters are active; the passes replace the first two by calls of derived functions.

use super::call::Binding;
use crate::builder::{Builder, Parts};
use crate::function::{FuncId, Inst, Value};
use crate::module::Module;
use crate::op::{Attribute, Attributes, Op, Reader, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// A function and its active parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The function.
    pub func: FuncId,
    /// For each parameter (sizes not counted) whether it is active.
    pub active: Vec<bool>,
}

impl Target {
    /// For the text form.
    pub(super) fn attributes(&self) -> Attributes {
        let active = self.active.iter().map(|&a| i64::from(a)).collect();
        vec![
            ("func", Attribute::Function(self.func)),
            ("active", Attribute::Ints(active)),
        ]
    }

    /// From the text form.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Target, String> {
        let func = reader.function("func")?;
        let active = reader.axes("active")?.into_iter().map(|a| a != 0).collect();
        Ok(Target { func, active })
    }

    /// The types of the callee's results at a call, in terms of the caller's values. Results that other
    /// results' types mention are named by `results`, where these exist.
    pub fn primal_types(
        &self,
        module: &Module,
        sizes: &[Size],
        args: &[Value],
        results: &[Value],
    ) -> Result<Vec<Type>, TypeError> {
        let callee = module
            .find(self.func)
            .ok_or_else(|| TypeError::new("there is no such function"))?;
        let mut bind = Binding::new(callee, sizes, args);
        let mut types = Vec::new();
        for (k, &result) in callee.body.results.iter().enumerate() {
            types.push(bind.translate(callee.ty(result))?);
            if let Some(&outer) = results.get(k) {
                bind.define(result, outer);
            }
        }
        Ok(types)
    }
}

/// The types among `types` that have a tangent.
pub fn tangent_types(types: &[Type]) -> Vec<Type> {
    types
        .iter()
        .filter(|ty| ty.is_differentiable())
        .cloned()
        .collect()
}

/// Emits a call of a derived function whose results have the types that `types` makes of the primal
/// result types.
pub(super) fn emit(
    b: &mut Builder,
    module: &Module,
    target: &Target,
    op: Op,
    sizes: &[Size],
    args: Vec<Value>,
    types: impl FnOnce(Vec<Type>) -> Vec<Type>,
) -> Result<Inst, TypeError> {
    let primal = target.primal_types(module, sizes, &args, &[])?;
    let parts = Parts {
        args: args.into(),
        sizes: sizes.iter().cloned().collect(),
        ..Parts::default()
    };
    Ok(b.push(op, parts, types(primal)))
}
