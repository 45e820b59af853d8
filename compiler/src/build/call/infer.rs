//! Sizes that only the result of a function among the arguments determines, such as `m` in
//! `fn fit[n, m](r: fn(f64[n]) -> f64[m], start: f64[n])`.
//!
//! The function is called once on zeros of its declared parameters, in a copy of the builder that is
//! thrown away: only the type of the result is looked at. The instance that the call makes stays, and
//! the body that calls the function finds it.

use crate::build::elab::{Elab, R, Reported};
use crate::build::types::Pat;
use crate::build::unify::Place;
use crate::build::val::{Func, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, FunctionType, TypeKind};
use dfn_ir::{Scalar, Size, Type};
use std::rc::Rc;

use super::ArgVal;

impl<'a> Elab<'a> {
    /// Determines what is left open by the results of the functions among the arguments.
    pub(super) fn infer_from_functions(
        &mut self,
        function: &'a ast::Function,
        args: &[Val<'a>],
        at: Span,
    ) -> R<()> {
        for (param, val) in function.params.iter().zip(args) {
            if let (TypeKind::Function(declared), Val::Func(func)) = (&param.ty.kind, val) {
                self.infer_from(declared, func, at)?;
            }
        }
        Ok(())
    }

    fn infer_from(&mut self, declared: &'a FunctionType, func: &Rc<Func<'a>>, at: Span) -> R<()> {
        let Some(result) = &declared.result else {
            return Ok(());
        };
        let wanted = self.resolve(result)?;
        let params: R<Vec<Pat<'a>>> = declared.params.iter().map(|ty| self.resolve(ty)).collect();
        let params = params?;
        if !self.is_open(&wanted) || params.iter().any(|pat| self.is_open(pat)) {
            return Ok(());
        }
        let (builder, facts) = (self.cx.b.clone(), self.cx.facts.clone());
        let known = builder.func().values.len();
        let before = self.unknowns.clone();
        let fitted = self.result_on_zeros(func, &params, at).and_then(|val| {
            let place = Place {
                at,
                declared: result.span,
                what: "the result of the function",
            };
            self.fit(&wanted, &val, place, &mut Vec::new())
        });
        self.cx.b = builder;
        self.cx.facts = facts;
        // A size that only the call has made is not known outside of it.
        for (unknown, before) in self.unknowns.iter_mut().zip(before) {
            let outside = |size: &Size| size.values().all(|v| v.as_u32() < known as u32);
            if !unknown.solved.as_ref().is_none_or(outside) {
                *unknown = before;
            }
        }
        fitted.map(|_| ())
    }

    /// Whether a size in a type is still unknown; functions are never known before they are called.
    fn is_open(&self, pat: &Pat<'a>) -> bool {
        match pat {
            Pat::Array(_, shape) => shape.iter().any(|size| {
                let size = self.solved(size);
                size.values().any(|v| self.unknown_of(v).is_some())
            }),
            Pat::Tuple(parts) | Pat::Struct(_, parts) => parts.iter().any(|p| self.is_open(p)),
            Pat::Func(_) => true,
        }
    }

    fn result_on_zeros(&mut self, func: &Rc<Func<'a>>, params: &[Pat<'a>], at: Span) -> R<Val<'a>> {
        let mut args = Vec::new();
        for pat in params {
            args.push(ArgVal {
                name: None,
                val: self.zeros_of(pat, at)?,
                span: at,
            });
        }
        self.apply(func, args, at)
    }

    fn zeros_of(&mut self, pat: &Pat<'a>, at: Span) -> R<Val<'a>> {
        let parts = match pat {
            Pat::Array(dtype, shape) => {
                let shape: Vec<Size> = shape.iter().map(|size| self.solved(size)).collect();
                let ty = Type::array(*dtype, shape);
                return Ok(Val::Ir(self.filled(Scalar::zero(*dtype), ty, at)?));
            }
            Pat::Tuple(parts) | Pat::Struct(_, parts) => parts,
            Pat::Func(_) => return Err(Reported),
        };
        let parts: R<Vec<Val<'a>>> = parts.iter().map(|part| self.zeros_of(part, at)).collect();
        match pat {
            Pat::Struct(def, _) => Ok(Val::Struct(*def, parts?)),
            _ => Ok(Val::Tuple(parts?)),
        }
    }
}
