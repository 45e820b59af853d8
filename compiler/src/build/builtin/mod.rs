//! The functions that the compiler itself provides. What can be written in dfn is in `prelude/`.

mod arguments;
mod arrays;
mod construct;
mod elementwise;
mod linalg;
mod output;
mod reduce;
mod shape;
mod softmax;
mod table;
mod together;

use super::call::ArgVal;
use super::elab::{Elab, R};
use super::errors;
use super::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::ReduceKind;
use dfn_ir::{Op, Value};

/// A function of the compiler.
#[derive(Debug)]
pub(super) struct Builtin {
    /// Its name.
    pub(super) name: &'static str,
    /// The names of its parameters, with the marks that `arguments` explains.
    pub(super) params: &'static [&'static str],
    /// What it does.
    how: How,
}

/// A reduction of an array along axes, by its own rule.
type AlongAxes = for<'a> fn(&mut Elab<'a>, Value, Vec<usize>, Span) -> R<Value>;
type ByValues = for<'a> fn(&mut Elab<'a>, Vec<ArgVal<'a>>, Span) -> R<Val<'a>>;
type ByExprs = for<'a> fn(&mut Elab<'a>, &'a [ast::Arg], Span) -> R<Val<'a>>;

/// How a function of the compiler is applied.
#[derive(Clone, Copy, Debug)]
enum How {
    /// An elementwise operation.
    Elementwise(fn() -> Op),
    /// A reduction of one array or generator.
    Reduce(ReduceKind),
    /// The same by its own rule.
    Along(AlongAxes, Nested),
    /// A reduction of one argument, an elementwise operation of two.
    Either(ReduceKind, fn() -> Op),
    /// One instruction, in the prelude only.
    Primitive(fn() -> Op),
    /// By its own rule, from values.
    Values(ByValues),
    /// By its own rule, from the arguments as they are written: types, names of parameters.
    Exprs(ByExprs),
    /// A transformation of functions.
    Transform(super::transform::Transform),
}

/// What a reduction makes of a generator whose ranges depend on one another, as `i` in
/// `for i in 0..n, j in 0..i`: such ranges are reduced one after the other, the inner ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nested {
    /// The reduction of the parts' reductions is that of the whole.
    Composes,
    /// It is their sum over their number.
    Mean,
    /// There is no such rule.
    Refused,
}

/// The function called `name`.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}

/// The names of the functions that the compiler provides to programs.
pub fn names() -> impl Iterator<Item = &'static str> {
    all()
        .filter(|builtin| builtin.is_public())
        .map(|builtin| builtin.name)
}

/// The functions that the compiler provides to programs, with their parameters: `axis?` need not be given, and
/// `x…` takes all arguments without a name.
pub fn params() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    all()
        .filter(|builtin| builtin.is_public())
        .map(|builtin| (builtin.name, builtin.params))
}

fn all() -> impl Iterator<Item = &'static Builtin> {
    table::BUILTINS.iter().chain(arrays::ARRAYS)
}

impl Builtin {
    /// Whether programs may name it; otherwise it is for the prelude.
    pub(super) fn is_public(&self) -> bool {
        !matches!(self.how, How::Primitive(_))
    }

    /// Whether it works by elements with this number of arguments.
    pub(super) fn is_elementwise(&self, args: usize) -> bool {
        match self.how {
            How::Elementwise(_) => true,
            How::Either(..) => args == 2,
            How::Values(_) => matches!(self.name, "where" | "stop_gradient"),
            How::Reduce(_)
            | How::Along(..)
            | How::Primitive(_)
            | How::Exprs(_)
            | How::Transform(_) => false,
        }
    }
}

impl<'a> Elab<'a> {
    /// A call of a function of the compiler as it is written.
    pub(super) fn builtin_call(
        &mut self,
        builtin: &'static Builtin,
        args: &'a [ast::Arg],
        at: Span,
    ) -> R<Val<'a>> {
        match builtin.how {
            How::Exprs(apply) => apply(self, args, at),
            How::Transform(transform) => self.transform_call(builtin, transform, args, at),
            How::Reduce(kind) | How::Either(kind, _) if is_generator(args) => {
                self.reduce_generator(kind, args, at)
            }
            How::Along(rule, nested) if is_generator(args) => {
                self.reduce_generator_along(builtin.name, rule, nested, args, at)
            }
            How::Elementwise(_)
            | How::Reduce(_)
            | How::Along(..)
            | How::Either(..)
            | How::Primitive(_)
            | How::Values(_) => {
                let args = self.arguments(args)?;
                self.builtin_apply(builtin, args, at)
            }
        }
    }

    /// `max(x, axis)` reduces an array, `max(x, y)` compares two.
    fn either(
        &mut self,
        builtin: &'static Builtin,
        kind: ReduceKind,
        op: Op,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        let second = |(k, arg): (usize, &ArgVal<'a>)| match arg.name {
            Some(name) => name.as_str() == "y",
            None => k == 1,
        };
        match args.iter().enumerate().any(second) {
            true => {
                let slots = self.slots(builtin.name, &["x", "y"], args, at)?;
                self.elementwise(builtin, op, slots.into_iter().flatten().collect(), at)
            }
            false => self.reduce_call(builtin, kind, args, at),
        }
    }

    /// A function of the compiler applied to values.
    pub(super) fn builtin_apply(
        &mut self,
        builtin: &'static Builtin,
        args: Vec<ArgVal<'a>>,
        at: Span,
    ) -> R<Val<'a>> {
        match builtin.how {
            How::Elementwise(op) => {
                let slots = self.slots(builtin.name, builtin.params, args, at)?;
                self.elementwise(builtin, op(), slots.into_iter().flatten().collect(), at)
            }
            How::Reduce(kind) => self.reduce_call(builtin, kind, args, at),
            How::Along(rule, _) => self.reduce_call_along(builtin.name, rule, args, at),
            How::Either(kind, op) => self.either(builtin, kind, op(), args, at),
            How::Primitive(op) => linalg::primitive(self, builtin, op(), args, at),
            How::Values(apply) => apply(self, args, at),
            How::Exprs(_) | How::Transform(_) => Err(self.fail(errors::functions::form(
                format!("`{}` as a function value", builtin.name),
                at,
                "call it directly, or put the call into a lambda",
            ))),
        }
    }
}

fn is_generator(args: &[ast::Arg]) -> bool {
    args.first()
        .is_some_and(|arg| matches!(arg.value.kind, ast::ExprKind::Generator(_)))
}
