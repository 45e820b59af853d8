//! Calls: what is called, with which arguments, and what comes of it.

mod batch;
mod bind;
mod body;
mod elementwise;
mod infer;

use super::elab::{Elab, R};
use super::errors;
use super::items::Item;
use super::names;
use super::val::{Binding, Code, Func, Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, ExprKind};
use dfn_ir::{Size, Value};
use std::rc::Rc;
use std::sync::Arc;

/// An argument that is elaborated.
#[derive(Clone, Debug)]
pub(super) struct ArgVal<'a> {
    /// The name before `=`.
    pub(super) name: Option<&'a ast::Name>,
    /// The value.
    pub(super) val: Val<'a>,
    /// Where it stands.
    pub(super) span: Span,
}

/// Arguments in the order of the parameters, as the parameters' types ask for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound<'a> {
    /// The arguments.
    pub(super) args: Vec<Val<'a>>,
    /// What the function's generic parameters stand for.
    pub(super) generics: Vec<Binding<'a>>,
    /// Whether a function of scalars is applied to arrays.
    pub(super) elementwise: bool,
    /// For integer arguments that the signature uses as sizes: what is known of them as a polynomial.
    pub(super) sizes: Vec<Option<Size>>,
}

impl Bound<'_> {
    /// The generic parameter that is exactly the value `atom`.
    pub(super) fn name_of_size(&self, atom: Value) -> Option<String> {
        self.generics
            .iter()
            .find_map(|binding| match &binding.meaning {
                Meaning::Size(size) if size.as_value() == Some(atom) => {
                    Some(binding.name.to_string())
                }
                _ => None,
            })
    }
}

impl<'a> Elab<'a> {
    /// A call as an expression.
    pub(super) fn call_expr(
        &mut self,
        callee: &'a Expr,
        args: &'a [ast::Arg],
        at: Span,
    ) -> R<Val<'a>> {
        if let ExprKind::Name(name) = &callee.unparenthesized().kind
            && let Some(dtype) = self.dtype_called(name.as_str())
        {
            return self.convert_call(dtype, args, at);
        }
        let func = self.expr(callee)?;
        let func = match func {
            Val::Func(func) => func,
            Val::Error => return Err(super::elab::Reported),
            other => {
                let found = self.show(&other);
                return Err(self.fail(errors::types::not_a_function(&found, callee.span)));
            }
        };
        if let Func::Builtin(builtin) = &*func {
            return self.builtin_call(builtin, args, at);
        }
        let args = self.arguments(args)?;
        self.apply(&func, args, at)
    }

    /// The element type that is called as a conversion.
    fn dtype_called(&self, name: &str) -> Option<dfn_ir::DType> {
        match self.cx.scope.get(name).map(|binding| &binding.meaning) {
            Some(Meaning::DType(dtype)) => Some(*dtype),
            Some(_) => None,
            None => dfn_ir::DType::from_name(name),
        }
    }

    /// The arguments, elaborated in order; all faults are reported.
    pub(super) fn arguments(&mut self, args: &'a [ast::Arg]) -> R<Vec<ArgVal<'a>>> {
        let each = |arg: &'a ast::Arg| {
            let val = self.expr(&arg.value)?;
            Ok(ArgVal {
                name: arg.name.as_ref(),
                val,
                span: arg.value.span,
            })
        };
        let all: Vec<R<ArgVal<'a>>> = args.iter().map(each).collect();
        all.into_iter().collect()
    }

    /// A function applied to arguments.
    pub(super) fn apply(
        &mut self,
        func: &Rc<Func<'a>>,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        match &**func {
            Func::Builtin(builtin) => self.builtin_apply(builtin, args, at),
            Func::Declared(code) if self.is_of_matrices(code) => {
                self.apply_to_batches(code, args, at)
            }
            Func::Declared(_) | Func::Lambda(_) | Func::Derived(_) => {
                let bound = self.bind(func, args, at)?;
                self.apply_bound(func, bound, at)
            }
        }
    }

    /// A function applied to arguments that are bound already.
    pub(super) fn apply_bound(
        &mut self,
        func: &Func<'a>,
        bound: Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        match func {
            Func::Builtin(builtin) => {
                let arg = |val| ArgVal {
                    name: None,
                    val,
                    span: at,
                };
                self.builtin_apply(builtin, bound.args.into_iter().map(arg).collect(), at)
            }
            Func::Derived(derived) => self.apply_derived(derived, bound, at),
            Func::Declared(code) if bound.elementwise && !self.is_bulk(code.code, code.home) => {
                self.map_over_elements(func, &bound, at)
            }
            Func::Declared(_) | Func::Lambda(_) => {
                let site = self.specialise(func, &bound, at)?;
                self.call_site(&site, at)
            }
        }
    }

    /// A declared function as a value.
    pub(super) fn declared(&mut self, function: &'a ast::Function, home: usize) -> Val<'a> {
        Val::Func(Rc::new(Func::Declared(Code {
            code: function,
            captured: Vec::new(),
            home,
        })))
    }

    /// A function declared in a block: it captures what it mentions.
    pub(super) fn local_function(&mut self, function: &'a ast::Function) -> Val<'a> {
        let captured = self.capture(names::mentioned_in_function(function));
        Val::Func(Rc::new(Func::Declared(Code {
            code: function,
            captured,
            home: self.cx.home,
        })))
    }

    /// A lambda: it captures what it mentions.
    pub(super) fn lambda(&mut self, lambda: &'a ast::Lambda) -> Val<'a> {
        let captured = self.capture(names::mentioned_in_lambda(lambda));
        Val::Func(Rc::new(Func::Lambda(Code {
            code: lambda,
            captured,
            home: self.cx.home,
        })))
    }

    /// The bindings of the current scope among `names`, as they are now.
    fn capture(&self, names: Vec<Arc<str>>) -> Vec<Binding<'a>> {
        let known = names.iter().filter_map(|name| self.cx.scope.get(name));
        known
            .map(|binding| Binding {
                mutable: false,
                ..binding.clone()
            })
            .collect()
    }

    /// The names of a function's parameters.
    pub(super) fn param_names(&self, func: &Func<'a>) -> Vec<String> {
        match func {
            Func::Declared(code) => code
                .code
                .params
                .iter()
                .map(|param| param.name.to_string())
                .collect(),
            Func::Lambda(code) => {
                let name = |param: &ast::LambdaParam| match &param.pattern.kind {
                    ast::PatternKind::Name { name, .. } => name.to_string(),
                    _ => "_".to_owned(),
                };
                code.code.params.iter().map(name).collect()
            }
            Func::Builtin(builtin) => builtin.required().map(str::to_owned).collect(),
            Func::Derived(derived) => derived.kind.params(self.param_names(&derived.of)),
        }
    }

    /// A name that stands for an item as a value.
    pub(super) fn item_value(&mut self, item: Item<'a>, name: &str, at: Span) -> R<Val<'a>> {
        match item {
            Item::Function(function, home) => Ok(self.declared(function, home)),
            Item::Const(constant, home) => self.const_value(constant, home, at),
            Item::Struct(_) | Item::Alias(..) => {
                Err(self.fail(errors::names::wrong_kind(name, item.kind(), "a value", at)))
            }
        }
    }
}
