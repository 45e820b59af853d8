//! `find_root`, `fixed_point`, `minimizer`: solvers of the prelude, chosen by the rank of the argument.

use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::{DType, Scalar, Value};

/// `find_root(f, x0)`: where `f` is zero, by Newton's method from `x0`.
pub(in crate::build) fn find_root<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    elab.solver("find_root", args, at)
}

/// `fixed_point(f, x0)`: where `f(x) = x`, by iteration from `x0`.
pub(in crate::build) fn fixed_point<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    elab.solver("fixed_point", args, at)
}

/// `minimizer(f, x0)`: where the gradient of `f` is zero, by Newton's method from `x0`.
pub(in crate::build) fn minimizer<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    elab.solver("minimizer", args, at)
}

impl<'a> Elab<'a> {
    /// Where a solver starts: a number without type is what the function takes.
    fn start(&mut self, func: &ArgVal<'a>, start: &ArgVal<'a>, at: Span) -> R<Value> {
        let untyped = matches!(start.val, Val::Number(_) | Val::Numbers(_));
        let taken = match &func.val {
            Val::Func(of) if untyped => {
                let of = of.clone();
                let bound = self.bind_floats(&of, vec![start.clone()], at)?;
                bound.args.into_iter().next()
            }
            _ => None,
        };
        let val = taken.unwrap_or(start.val.clone());
        self.ir_as(&val, Some(DType::F64), start.span)
    }

    fn solver(&mut self, name: &str, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
        let slots = self.slots(name, &["f", "x0"], args, at)?;
        let slots: Vec<ArgVal<'a>> = slots.into_iter().flatten().collect();
        let Ok([func, start]) = <[ArgVal<'a>; 2]>::try_from(slots) else {
            return Err(Reported);
        };
        let value = self.start(&func, &start, at)?;
        let ty = self.ty(value);
        let (tolerance, kind) = match (ty.dtype, ty.rank()) {
            (DType::F64, 0) => (Scalar::F64(1e-14), "scalar"),
            (DType::F64, 1) => (Scalar::F64(1e-14), "vector"),
            (DType::F32, 0) => (Scalar::F32(1e-6), "scalar"),
            (DType::F32, 1) => (Scalar::F32(1e-6), "vector"),
            _ => {
                let found = self.show(&start.val);
                let wanted = "a float or a vector of floats to start from";
                return Err(self.fail(errors::types::mismatch(wanted, &found, start.span, None)));
            }
        };
        let tolerance = self.constant(tolerance, at)?;
        let prelude = format!("{name}_{kind}");
        let item = self
            .files
            .last()
            .and_then(|file| file.items.get(prelude.as_str()))
            .copied();
        let Some(Item::Function(code, home)) = item else {
            return Err(self.fail(errors::types::internal("the prelude is incomplete", at)));
        };
        let Val::Func(solver) = self.declared(code, home) else {
            return Err(Reported);
        };
        let arg = |val| ArgVal {
            name: None,
            val,
            span: at,
        };
        let args = vec![func, arg(Val::Ir(value)), arg(Val::Ir(tolerance))];
        self.apply(&solver, args, at)
    }
}
