//! What the calls of derived functions share: `jvp`, `vjp` and `differences` name a function and which
//! of its parameters are active; the passes replace the first two by calls of derived functions.

use super::call::Binding;
use crate::builder::{Builder, Parts};
use crate::function::{FuncId, Function, Inst, Value};
use crate::module::Module;
use crate::op::{Attribute, Attributes, Example, Op, Reader, Site, TypeError};
use crate::size::Size;
use crate::ty::Type;

/// The rules of a derivative that the passes expand: nothing else derives or runs it.
macro_rules! expanded_by_passes {
    () => {
        fn is_linear(&self, _: &[bool]) -> bool {
            false
        }
        fn linearize(
            &self,
            cx: &mut $crate::derive::Linearize<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            Err(cx.refuse(step, "an inner derivative must be expanded first"))
        }
        fn transpose(
            &self,
            cx: &mut $crate::derive::Transpose<'_>,
            step: &$crate::derive::Step<'_>,
        ) -> Result<(), $crate::op::RuleError> {
            Err(cx.refuse(step, "an inner derivative must be expanded first"))
        }
        fn eval<'m, A: $crate::interp::Arithmetic>(
            &self,
            _: &mut $crate::interp::Eval<'_, 'm, A>,
            _: $crate::interp::At<'m>,
        ) -> $crate::interp::Evaluated<A> {
            Err($crate::interp::RunError::fault(
                "this derivative has not been expanded by the compiler",
            ))
        }
    };
}

pub(super) use expanded_by_passes;

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

    /// Refuses arguments that do not have the callee's types, and seeds that are not the tangents of the
    /// active parameters or, where the types of the results are given, their cotangents.
    pub(super) fn check(
        &self,
        module: &Module,
        site: &Site<'_>,
        cotangents_of: Option<&[Type]>,
    ) -> Result<(), TypeError> {
        let callee = module.find(self.func);
        let callee = callee.ok_or_else(|| TypeError::new("there is no such function"))?;
        let bind = Binding::new(site.func, callee, site.sizes, site.args);
        let params = callee
            .params()
            .iter()
            .map(|&v| bind.translate(callee.ty(v)));
        let mut wanted = params.collect::<Result<Vec<Type>, _>>()?;
        if self.active.len() != wanted.len() || site.sizes.len() != callee.sizes {
            return Err(TypeError::new(
                "the number of parameters or sizes is not the callee's",
            ));
        }
        let active = wanted
            .iter()
            .zip(&self.active)
            .filter(|(_, active)| **active);
        let active: Vec<Type> = active.map(|(ty, _)| ty.clone()).collect();
        if !active.iter().all(Type::is_differentiable) {
            return Err(TypeError::new("an active parameter has no tangent"));
        }
        wanted.extend(match cotangents_of {
            Some(results) => tangent_types(results),
            None => active,
        });
        check_args(site, &wanted)
    }

    /// The types of the callee's results at a call, in terms of the caller's values. Results that other
    /// results' types mention are named by `results`, where these exist.
    pub fn primal_types(
        &self,
        module: &Module,
        caller: &Function,
        sizes: &[Size],
        args: &[Value],
        results: &[Value],
    ) -> Result<Vec<Type>, TypeError> {
        let callee = module
            .find(self.func)
            .ok_or_else(|| TypeError::new("there is no such function"))?;
        let mut bind = Binding::new(caller, callee, sizes, args);
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

/// Refuses operands that are not of these types.
pub(super) fn check_args(site: &Site<'_>, wanted: &[Type]) -> Result<(), TypeError> {
    site.arity(wanted.len())?;
    for (k, ty) in wanted.iter().enumerate() {
        if !site.func.agree(site.arg(k)?, ty) {
            return Err(TypeError::new(format!(
                "argument {k} does not have the type it should"
            )));
        }
    }
    Ok(())
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
    let primal = target.primal_types(module, b.func(), sizes, &args, &[])?;
    let parts = Parts {
        args: args.into(),
        sizes: sizes.iter().cloned().collect(),
        ..Parts::default()
    };
    Ok(b.push(op, parts, types(primal)))
}

/// A wrong use of a derivative, beside a callee that it may name.
pub(super) fn refused(inst: &str) -> Example {
    let callee = "func @g[%n](%x: f64[%n], %k: i64, %y: f64) -> (f64[%n], i64, f64) {
                    return %x, %k, %y }";
    let first = inst.split(&[',', ' ']).next().unwrap_or_default();
    let body = format!("{inst} return {first}");
    let caller = Example::body("(%x: f64[2], %k: i64, %y: f64)", "f64", &body);
    Example::module(format!("{callee} {}", caller.source))
}
