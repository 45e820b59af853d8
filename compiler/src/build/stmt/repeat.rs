//! Loops: `for` and `while`, which carry the variables that their bodies assign.

use super::{Below, Run};
use crate::build::elab::{Elab, R};
use crate::build::names;
use crate::build::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{For, While};
use dfn_ir::{Block, DType, Parts, Size, Type, Value};

/// The variables that a loop carries.
struct Carried<'a> {
    /// Their places in the scope.
    places: Vec<usize>,
    /// Their values before the loop.
    before: Vec<Val<'a>>,
}

impl Carried<'_> {
    fn leaves(&self) -> Vec<Value> {
        self.before.iter().flat_map(Val::leaves).collect()
    }
}

impl<'a> Elab<'a> {
    /// `for pattern in iterable { … }`
    pub(super) fn for_stmt(&mut self, each: &'a ast::For, at: Span) -> R<()> {
        let (run, array) = self.iterable(&each.iterable, Below::Empty)?;
        let carried = self.carried(&each.body);
        let (block, _) = self.region(&carried, true, |elab, index| {
            elab.for_body(each, &run, array, index, at)
        })?;
        let parts = Parts {
            args: carried.leaves().into(),
            sizes: [run.count].into_iter().collect(),
            blocks: vec![block],
            wanted: Vec::new(),
        };
        let op = For {
            reverse: run.reversed,
        };
        let results = self.emit_parts(op, parts, at)?;
        self.leave_with(&carried, results);
        Ok(())
    }

    /// `while condition { … }`
    pub(super) fn while_stmt(&mut self, each: &'a ast::While, at: Span) -> R<()> {
        let carried = self.carried(&each.body);
        let (mut head, again) =
            self.region(&carried, false, |elab, _| elab.condition(&each.condition))?;
        head.results = vec![again];
        let (body, ()) = self.region(&carried, false, |elab, _| {
            elab.block(&each.body).map(|_| ())
        })?;
        let parts = Parts {
            args: carried.leaves().into(),
            blocks: vec![head, body],
            ..Parts::default()
        };
        let results = self.emit_parts(While, parts, at)?;
        self.leave_with(&carried, results);
        Ok(())
    }

    /// A region with a parameter for each leaf that is carried, and an index before them if there is one;
    /// its results are the carried variables as `body` leaves them. Afterwards they are as before.
    fn region<T>(
        &mut self,
        carried: &Carried<'a>,
        indexed: bool,
        body: impl FnOnce(&mut Self, Option<Value>) -> R<T>,
    ) -> R<(Block, T)> {
        let limit = self.cx.scope.mark();
        let facts = self.cx.facts.clone();
        self.cx.b.open();
        let index = indexed.then(|| self.cx.b.param(Type::scalar(DType::I64), None));
        for (&place, val) in carried.places.iter().zip(&carried.before) {
            let inner = val.map(&mut |v| Val::Ir(self.param_like(v)), &Size::clone);
            self.cx.scope.assign(place, inner);
        }
        let given = body(self, index);
        let after = carried.places.iter().filter_map(|&k| self.variable_at(k));
        let results = after.flat_map(|val| val.leaves()).collect();
        let block = self.cx.b.close(results);
        self.cx.facts = facts;
        self.cx.scope.forget(limit);
        for (&place, val) in carried.places.iter().zip(&carried.before) {
            self.cx.scope.assign(place, val.clone());
        }
        Ok((block, given?))
    }

    fn param_like(&mut self, value: Value) -> Value {
        let b = &mut self.cx.b;
        let name = b
            .func()
            .values
            .get(value)
            .and_then(|data| data.name.clone());
        b.param(b.ty(value).clone(), name)
    }

    /// Gives the carried variables the results of the loop.
    fn leave_with(&mut self, carried: &Carried<'a>, results: Vec<Value>) {
        let mut next = results.into_iter();
        for (&place, val) in carried.places.iter().zip(&carried.before) {
            let val = val.map(&mut |v| Val::Ir(next.next().unwrap_or(v)), &Size::clone);
            self.cx.scope.assign(place, val);
        }
    }

    /// The variables of the enclosing blocks that a body assigns.
    fn carried(&self, body: &ast::Block) -> Carried<'a> {
        let scope = &self.cx.scope;
        let assigned = names::assigned_in_block(body);
        let places = assigned.iter().filter_map(|name| scope.position(name));
        let mutable = |place: &usize| scope.at(*place).is_some_and(|binding| binding.mutable);
        let mut places: Vec<usize> = places.filter(mutable).collect();
        places.sort_unstable();
        places.dedup();
        let before = places
            .iter()
            .filter_map(|&place| self.variable_at(place))
            .collect();
        Carried { places, before }
    }

    fn variable_at(&self, place: usize) -> Option<Val<'a>> {
        match &self.cx.scope.at(place)?.meaning {
            Meaning::Val(val) => Some(val.clone()),
            Meaning::Size(_) | Meaning::DType(_) => None,
        }
    }

    fn for_body(
        &mut self,
        each: &'a ast::For,
        run: &Run,
        array: Option<Value>,
        index: Option<Value>,
        at: Span,
    ) -> R<()> {
        let index = index.ok_or(crate::build::elab::Reported)?;
        let number = self.step_value(run, array, index, at)?;
        self.bind_pattern(&each.pattern, number)?;
        self.block(&each.body).map(|_| ())
    }
}
