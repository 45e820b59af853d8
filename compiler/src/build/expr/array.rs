//! Arrays: literals, comprehensions, and generators of reductions.

use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::names;
use crate::build::stmt::{Below, Each, Run};
use crate::build::unify::Place;
use crate::build::val::{Numbers, StructDef, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{Clause, Comprehension, Expr, Iterable, Pattern, PatternKind};
use dfn_ir::ops::Stack;
use dfn_ir::{Parts, Size, Value};
use std::rc::Rc;
use std::sync::Arc;

/// The clauses that run together: none depends on another.
struct Level<'a> {
    runs: Vec<(Run, Each<'a>, &'a Pattern)>,
}

impl<'a> Elab<'a> {
    /// `[a, b]`
    pub(super) fn array_literal(&mut self, parts: &'a [Expr], at: Span) -> R<Val<'a>> {
        if parts.is_empty() {
            return Err(self.fail(errors::functions::form(
                "an array without elements has no type",
                at,
                "write its type: `zeros(f64[0])`",
            )));
        }
        let vals: Vec<R<Val<'a>>> = parts.iter().map(|part| self.expr(part)).collect();
        let vals: Vec<Val<'a>> = vals.into_iter().collect::<R<_>>()?;
        if let Some(Val::Struct(..)) = vals.first() {
            return self.array_of_structs(&vals, parts, at);
        }
        if let Some(numbers) = join_numbers(&vals) {
            return Ok(Val::Numbers(Rc::new(numbers)));
        }
        let dtype = vals.iter().find_map(|val| match val {
            Val::Ir(value) => Some(self.ty(*value).dtype),
            _ => None,
        });
        let mut values = Vec::new();
        for (val, part) in vals.iter().zip(parts) {
            values.push(self.ir_as(val, dtype, part.span)?);
        }
        let first = values.first().map(|v| self.ty(*v));
        for (&value, part) in values.iter().zip(parts) {
            if Some(self.ty(value)) != first {
                let wanted = first
                    .as_ref()
                    .map(|ty| format!("`{}`", self.show_type(ty)))
                    .unwrap_or_default();
                let found = self.show(&Val::Ir(value));
                let first = parts.first().map(|part| part.span);
                return Err(self.fail(errors::types::mismatch(&wanted, &found, part.span, first)));
            }
        }
        let packed = Parts {
            args: values.into(),
            ..Parts::default()
        };
        let results = self.emit_parts(Stack, packed, at)?;
        results.first().map(|&v| Val::Ir(v)).ok_or(Reported)
    }

    /// `[P { … }, P { … }]`: the leaves of the structs stacked.
    fn array_of_structs(&mut self, vals: &[Val<'a>], parts: &'a [Expr], at: Span) -> R<Val<'a>> {
        let mut columns: Vec<Vec<Value>> = Vec::new();
        let Some(first) = vals.first() else {
            return Err(Reported);
        };
        let wanted = self.pat_of(first)?;
        for (val, part) in vals.iter().zip(parts) {
            let place = Place {
                at: part.span,
                declared: parts.first().map_or(at, |part| part.span),
                what: "the elements of an array",
            };
            let val = self.fit_known(&wanted, val, place)?;
            columns.push(val.leaves());
        }
        let mut next = 0;
        let stacked = first.map_leaves(&mut |_| {
            let leaves = columns
                .iter()
                .filter_map(|leaves| leaves.get(next).copied());
            let packed = Parts {
                args: leaves.collect(),
                ..Parts::default()
            };
            next += 1;
            let results = self.emit_parts(Stack, packed, at)?;
            results.first().copied().ok_or(Reported)
        })?;
        self.rows_of(stacked, 1, at)
    }

    /// `[for i in 0..n, j in 0..m: e]`
    pub(super) fn comprehension(&mut self, inner: &'a Comprehension, at: Span) -> R<Val<'a>> {
        let mark = self.cx.scope.mark();
        let val = self.levels(&inner.clauses, Below::Fault, at, &mut |elab| {
            elab.expr(&inner.body)
        });
        self.cx.scope.forget(mark);
        let (val, levels) = val?;
        if levels > 1 {
            return Err(self.fail(errors::sizes::not_a_size(
                "a number that differs from row to row",
                at,
            )));
        }
        let axes = inner.clauses.len();
        self.rows_of(val, axes, inner.body.span)
    }

    /// What a comprehension stacked along `axes` first axes, as an array of structs if it is one.
    fn rows_of(&mut self, val: Val<'a>, axes: usize, at: Span) -> R<Val<'a>> {
        match &val {
            Val::Tuple(_) => Err(self.fail(errors::functions::array_of_tuples(at))),
            Val::Struct(def, parts) => {
                let rows = def.rows + axes;
                let parts: R<Vec<Val<'a>>> = parts
                    .iter()
                    .map(|part| self.rows_of(part.clone(), axes, at))
                    .collect();
                Ok(Val::Struct(StructDef { rows, ..*def }, parts?))
            }
            _ => Ok(val),
        }
    }

    /// The values of a generator as an array, and how many leading axes they run through. Clauses that
    /// depend on earlier ones are reduced by `reduce`, innermost first.
    pub(in crate::build) fn generator(
        &mut self,
        inner: &'a Comprehension,
        at: Span,
        reduce: &mut dyn FnMut(&mut Self, Value, usize) -> R<Value>,
    ) -> R<Value> {
        self.generator_of(&inner.clauses, at, reduce, &mut |elab| {
            elab.expr(&inner.body)
        })
    }

    /// The same with another body.
    pub(in crate::build) fn generator_of(
        &mut self,
        clauses: &'a [Clause],
        at: Span,
        reduce: &mut dyn FnMut(&mut Self, Value, usize) -> R<Value>,
        body: &mut dyn FnMut(&mut Self) -> R<Val<'a>>,
    ) -> R<Value> {
        let mark = self.cx.scope.mark();
        let val = self.reduced(clauses, at, body, reduce);
        self.cx.scope.forget(mark);
        val
    }

    fn reduced(
        &mut self,
        clauses: &'a [Clause],
        at: Span,
        body: &mut dyn FnMut(&mut Self) -> R<Val<'a>>,
        reduce: &mut dyn FnMut(&mut Self, Value, usize) -> R<Value>,
    ) -> R<Value> {
        let (now, later) = clauses
            .split_at_checked(independent(clauses))
            .unwrap_or_default();
        let axes = now.len();
        let level = self.level(now, Below::Empty)?;
        let val = self.run_level(&level, at, |elab| match later.is_empty() {
            true => body(elab),
            false => elab
                .reduced(later, at, &mut *body, &mut *reduce)
                .map(Val::Ir),
        })?;
        let array = self.ir(&val, at)?;
        reduce(self, array, axes)
    }

    /// Runs `body` for all clauses; gives the stacked value and how many levels there were.
    fn levels(
        &mut self,
        clauses: &'a [Clause],
        below: Below,
        at: Span,
        body: &mut dyn FnMut(&mut Self) -> R<Val<'a>>,
    ) -> R<(Val<'a>, usize)> {
        let (now, later) = clauses
            .split_at_checked(independent(clauses))
            .unwrap_or_default();
        let level = self.level(now, below)?;
        let mut depth = 1;
        let val = self.run_level(&level, at, |elab| match later.is_empty() {
            true => body(elab),
            false => {
                let (val, levels) = elab.levels(later, below, at, &mut *body)?;
                depth += levels;
                Ok(val)
            }
        })?;
        Ok((val, depth))
    }

    fn level(&mut self, clauses: &'a [Clause], below: Below) -> R<Level<'a>> {
        let mut runs = Vec::new();
        for clause in clauses {
            let (run, each) = self.iterable(&clause.iterable, below)?;
            runs.push((run, each, &clause.pattern));
        }
        Ok(Level { runs })
    }

    fn run_level(
        &mut self,
        level: &Level<'a>,
        at: Span,
        body: impl FnOnce(&mut Self) -> R<Val<'a>>,
    ) -> R<Val<'a>> {
        let extents: Vec<Size> = level
            .runs
            .iter()
            .map(|(run, ..)| run.count.clone())
            .collect();
        self.map_region(&extents, at, |elab, indices| {
            for ((run, each, pattern), &index) in level.runs.iter().zip(indices) {
                let number = elab.stepped(run, each, index, at)?;
                elab.bind_pattern(pattern, number)?;
            }
            body(elab)
        })
    }
}

/// Whether a range depends on an earlier clause.
pub(in crate::build) fn depends(clauses: &[Clause]) -> bool {
    independent(clauses) < clauses.len()
}

/// How many leading clauses do not depend on one another; at least one.
fn independent(clauses: &[Clause]) -> usize {
    let mut bound: Vec<Arc<str>> = Vec::new();
    for (k, clause) in clauses.iter().enumerate() {
        let mentioned = mentioned(&clause.iterable);
        if mentioned.iter().any(|name| bound.contains(name)) {
            return k;
        }
        collect(&clause.pattern, &mut bound);
    }
    clauses.len()
}

fn mentioned(iterable: &Iterable) -> Vec<Arc<str>> {
    match iterable {
        Iterable::Values(expr) => names::mentioned_in_expr(expr),
        Iterable::Range(range) => {
            let parts = [&range.start, &range.end, &range.step];
            parts
                .into_iter()
                .flatten()
                .flat_map(|expr| names::mentioned_in_expr(expr))
                .collect()
        }
    }
}

fn collect(pattern: &Pattern, names: &mut Vec<Arc<str>>) {
    match &pattern.kind {
        PatternKind::Name { name, .. } => names.push(name.text.clone()),
        PatternKind::Tuple(patterns) => patterns.iter().for_each(|pattern| collect(pattern, names)),
        PatternKind::Struct { fields, .. } => fields
            .iter()
            .for_each(|field| collect(&field.pattern, names)),
        PatternKind::Ignore | PatternKind::Error => {}
    }
}

/// Numbers without type as the rows of one array, if all are and have one shape.
fn join_numbers(vals: &[Val<'_>]) -> Option<Numbers> {
    let mut items = Vec::new();
    let mut shape: Option<Vec<i64>> = None;
    for val in vals {
        let own = match val {
            Val::Number(number) => {
                items.push(number.clone());
                Vec::new()
            }
            Val::Numbers(numbers) => {
                items.extend(numbers.items.iter().cloned());
                numbers.shape.clone()
            }
            _ => return None,
        };
        if shape.get_or_insert_with(|| own.clone()) != &own {
            return None;
        }
    }
    let mut whole = vec![vals.len() as i64];
    whole.extend(shape?);
    Some(Numbers {
        shape: whole,
        items,
    })
}
