//! The body of a function, elaborated inside the function that is made for it.

use super::Bound;
use crate::build::elab::{Elab, R};
use crate::build::transform::Kind;
use crate::build::types::Pat;
use crate::build::unify::Place;
use crate::build::val::{Binding, Func, Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast;

impl<'a> Elab<'a> {
    /// The result of `func` for its arguments, in the current function.
    pub(in crate::build) fn body_of(
        &mut self,
        func: &Func<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        match func {
            Func::Declared(code) if bound.elementwise && !self.is_bulk(code.code, code.home) => {
                self.map_over_elements(func, bound, at)
            }
            Func::Declared(code) => {
                self.open_scope(&code.captured, &bound.generics);
                for (param, val) in code.code.params.iter().zip(&bound.args) {
                    self.name_value(val, &param.name.text);
                    let name = &param.name;
                    self.cx.scope.bind(
                        &name.text,
                        Meaning::Val(val.clone()),
                        param.mutable,
                        name.span,
                    );
                }
                self.function_body(code.code, bound.elementwise)
            }
            Func::Lambda(code) => {
                self.open_scope(&code.captured, &[]);
                for (param, val) in code.code.params.iter().zip(&bound.args) {
                    self.bind_pattern(&param.pattern, val.clone())?;
                }
                let body = &code.code.body;
                if let Some(ty) = &code.code.result {
                    self.cx.returns = Some(self.resolve(ty)?);
                }
                let val = match &body.kind {
                    ast::ExprKind::Block(block) => self.tail_block(block)?,
                    _ => self.expr(body)?,
                };
                match &code.code.result {
                    Some(ty) => {
                        let pat = self.resolve(ty)?;
                        let place = (body.span, "the result of the lambda");
                        self.fit_result(&pat, ty, &val, place, false)
                    }
                    None => Ok(val),
                }
            }
            Func::Derived(derived) if derived.kind == Kind::Checkpoint => {
                self.cx.b.func_mut().marks.checkpoint = true;
                self.apply_bound(&derived.of, bound.clone(), at)
            }
            Func::Derived(derived) if derived.kind == Kind::Root => {
                self.solved_root(derived, bound, at)
            }
            Func::Derived(derived) if matches!(derived.kind, Kind::System | Kind::Transposed) => {
                self.solved_system(derived, bound, at)
            }
            Func::Builtin(_) | Func::Derived(_) => self.apply_bound(func, bound.clone(), at),
        }
    }

    fn open_scope(&mut self, captured: &[Binding<'a>], generics: &[Binding<'a>]) {
        self.cx.captured = captured.len();
        for binding in captured.iter().chain(generics) {
            self.cx.scope.push(binding.clone());
        }
    }

    /// The body of a declared function, its result fitted to the declared type.
    pub(in crate::build) fn function_body(
        &mut self,
        function: &'a ast::Function,
        elementwise: bool,
    ) -> R<Val<'a>> {
        let mark = self.cx.scope.mark();
        if let Some(ty) = &function.result {
            let pat = self.result_type(ty)?;
            self.cx.result = pat.dtype();
            self.cx.returns = Some(pat);
        } else {
            self.cx.returns = Some(Pat::Tuple(Vec::new()));
        }
        let val = self.tail_block(&function.body)?;
        let pat = self.cx.returns.clone();
        self.cx.scope.forget(mark);
        let what = format!("the result of `{}`", function.name);
        let at = function
            .body
            .value
            .as_ref()
            .map_or(function.body.span, |value| value.span);
        match (&function.result, pat) {
            (Some(ty), Some(pat)) => {
                let val = self.fit_result(&pat, ty, &val, (at, &what), elementwise)?;
                self.keep_bounds()?;
                Ok(val)
            }
            _ => {
                let place = Place {
                    at,
                    declared: function.name.span,
                    what: &what,
                };
                self.fit_known(&Pat::Tuple(Vec::new()), &val, place)
            }
        }
    }

    fn fit_result(
        &mut self,
        pat: &Pat<'a>,
        ty: &'a ast::Type,
        val: &Val<'a>,
        (at, what): (Span, &str),
        elementwise: bool,
    ) -> R<Val<'a>> {
        let place = Place {
            at,
            declared: ty.span,
            what,
        };
        match (pat, val) {
            // A function of scalars applied to arrays: the result has their shape.
            (Pat::Array(dtype, shape), Val::Ir(value)) if elementwise && shape.is_empty() => {
                match self.ty(*value).dtype == *dtype {
                    true => Ok(val.clone()),
                    false => Err(self.type_differs(pat, val, place)),
                }
            }
            _ => self.fit_known(pat, val, place),
        }
    }
}
