//! What loops, comprehensions and generators run through: ranges, the elements of arrays, and several
//! arrays together.

use super::each::{Below, Run};
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::expr::Entry;
use crate::build::val::Val;
use crate::diagnostic::Span;
use crate::syntax::ast::{Arg, Expr, ExprKind, Iterable};
use dfn_ir::{Size, Value};

/// What a step gives.
#[derive(Clone, Debug)]
pub(in crate::build) enum Each<'a> {
    /// The number of the range; without one, the position.
    Number,
    /// The element of an array at the position.
    Element(Val<'a>),
    /// A tuple: `zip(x, y)`, `enumerate(x)`.
    Several(Vec<Each<'a>>),
}

impl<'a> Elab<'a> {
    /// What a loop runs through, and what each step gives.
    pub(in crate::build) fn iterable(
        &mut self,
        iterable: &'a Iterable,
        below: Below,
    ) -> R<(Run, Each<'a>)> {
        match iterable {
            Iterable::Range(range) => Ok((self.range(range, below)?, Each::Number)),
            Iterable::Values(expr) => {
                let (size, each) = self.run_through(expr)?;
                Ok((Run::of_size(size), each))
            }
        }
    }

    /// The number of steps through a value, and what each gives.
    fn run_through(&mut self, expr: &'a Expr) -> R<(Size, Each<'a>)> {
        match self.together(expr) {
            Some(("enumerate", args)) => match args {
                [arg] if arg.name.is_none() => {
                    let (size, each) = self.run_through(&arg.value)?;
                    Ok((size, Each::Several(vec![Each::Number, each])))
                }
                _ => Err(self.fail(errors::functions::arity(
                    "enumerate",
                    "1 argument",
                    args.len(),
                    expr.span,
                    None,
                ))),
            },
            Some((_, args)) => self.zipped(args, expr.span),
            None => self.elements_of(expr),
        }
    }

    /// The call of `enumerate` or `zip` that an expression is, unless the program has such a function.
    fn together(&self, expr: &'a Expr) -> Option<(&'static str, &'a [Arg])> {
        let ExprKind::Call { callee, args } = &expr.unparenthesized().kind else {
            return None;
        };
        let ExprKind::Name(name) = &callee.kind else {
            return None;
        };
        let own = self.cx.scope.get(name.as_str()).is_some() || self.item(name.as_str()).is_some();
        let known = ["enumerate", "zip"]
            .into_iter()
            .find(|n| *n == name.as_str());
        known.filter(|_| !own).map(|name| (name, args.as_slice()))
    }

    fn zipped(&mut self, args: &'a [Arg], at: Span) -> R<(Size, Each<'a>)> {
        if args.len() < 2 || args.iter().any(|arg| arg.name.is_some()) {
            let takes = "at least 2 arrays";
            return Err(self.fail(errors::functions::arity("zip", takes, args.len(), at, None)));
        }
        let mut all = Vec::new();
        let mut first: Option<Size> = None;
        for arg in args {
            let (size, each) = self.run_through(&arg.value)?;
            let wanted = first.get_or_insert_with(|| size.clone()).clone();
            if wanted != size {
                let what = "the arrays of `zip`";
                return Err(self.sizes_differ(what, &wanted, &size, arg.value.span));
            }
            all.push(each);
        }
        Ok((first.unwrap_or_default(), Each::Several(all)))
    }

    /// The elements of an array along its first axis.
    fn elements_of(&mut self, expr: &'a Expr) -> R<(Size, Each<'a>)> {
        let val = self.expr(expr)?;
        let rows = val.rows(|leaf| self.cx.b.ty(leaf));
        let (size, val) = match rows.into_iter().next() {
            Some(size) => (Some(size), val),
            None => {
                let array = self.ir(&val, expr.span)?;
                (self.ty(array).shape.first().cloned(), Val::Ir(array))
            }
        };
        let Some(size) = size else {
            let found = self.show(&val);
            let wanted = "a range or an array";
            return Err(self.fail(errors::types::mismatch(wanted, &found, expr.span, None)));
        };
        Ok((size, Each::Element(val)))
    }

    /// What step `index` gives, where that is not the number of a range.
    pub(super) fn each_value(&mut self, each: &Each<'a>, index: Value, at: Span) -> R<Val<'a>> {
        match each {
            Each::Number => Ok(Val::Ir(index)),
            Each::Element(array) => self.read_elements(array, &[Entry::At(index)], at),
            Each::Several(parts) => {
                let parts: R<Vec<Val<'a>>> = parts
                    .iter()
                    .map(|part| self.each_value(part, index, at))
                    .collect();
                Ok(Val::Tuple(parts?))
            }
        }
    }
}
