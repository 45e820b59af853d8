//! Loops: `for` and `while`, which carry the variables that their bodies assign.

use super::exits;
use super::flow::LIVE;
use super::{Below, Each, Run};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::names;
use crate::build::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast;
use dfn_ir::ops::{Add, CompareOp, For, While};
use dfn_ir::scalar::Compare;
use dfn_ir::{Block, DType, Parts, Size, Type, Value};
use std::sync::Arc;

/// The step of a `for` loop that may end early.
const INDEX: &str = " index";

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
        let (run, through) = self.iterable(&each.iterable, Below::Empty)?;
        let found = exits::of_block(&each.body);
        if found.breaks || found.returns {
            return self.for_with_exits(each, &run, &through, at);
        }
        let carried = self.carried(&each.body, &[]);
        let (block, _) = self.region(&carried, true, |elab, index| {
            let index = index.ok_or(Reported)?;
            let number = elab.step_value(&run, &through, index, at)?;
            elab.for_body(each, number)
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
        self.checkpoint_loop(each.checkpoint.as_ref(), &results)?;
        self.leave_with(&carried, results);
        Ok(())
    }

    /// The same with a way out: `while live && index < count { …; index += 1 }`.
    fn for_with_exits(
        &mut self,
        each: &'a ast::For,
        run: &Run,
        through: &Each<'a>,
        at: Span,
    ) -> R<()> {
        let mark = self.cx.scope.mark();
        let zero = self.integer(0, at)?;
        self.bind_hidden(INDEX, Val::Ir(zero), at);
        let done = self.repeat(
            &each.body,
            at,
            Some(INDEX),
            |elab| {
                let index = elab.hidden(INDEX, at)?;
                let count = elab.size_value(&run.count, at)?;
                elab.emit(CompareOp { how: Compare::Lt }, &[index, count], at)
            },
            |elab| {
                let index = elab.hidden(INDEX, at)?;
                let number = elab.stepped(run, through, index, at)?;
                elab.for_body(each, number)?;
                let one = elab.integer(1, at)?;
                let next = elab.emit(Add, &[index, one], at)?;
                if let Some(position) = elab.cx.scope.position(INDEX) {
                    elab.cx.scope.assign(position, Val::Ir(next));
                }
                Ok(())
            },
        );
        self.cx.scope.forget(mark);
        self.checkpoint_loop(each.checkpoint.as_ref(), &done?)
    }

    /// `while condition { … }`
    pub(super) fn while_stmt(&mut self, each: &'a ast::While, at: Span) -> R<()> {
        let condition = |elab: &mut Self| {
            let limit = elab.cx.scope.mark();
            let held = std::mem::replace(&mut elab.cx.held, limit);
            let asked = std::mem::replace(&mut elab.cx.asked, limit);
            let again = elab.condition(&each.condition);
            (elab.cx.held, elab.cx.asked) = (held, asked);
            again
        };
        let body = |elab: &mut Self| elab.loop_body(&each.body);
        let results = self.repeat(&each.body, at, None, condition, body)?;
        self.checkpoint_loop(each.checkpoint.as_ref(), &results)
    }

    /// `loop { … }`
    pub(in crate::build) fn loop_expr(&mut self, block: &'a ast::Block, at: Span) -> R<Val<'a>> {
        let found = exits::of_block(block);
        if !found.breaks && !found.returns {
            let title = "a `loop` without end";
            let help = "leave it with `break`, or use `for` or `while`";
            return Err(self.fail(errors::functions::form(title, at, help)));
        }
        let condition = |elab: &mut Self| elab.constant(dfn_ir::Scalar::Bool(true), at);
        self.repeat(block, at, None, condition, |elab| elab.loop_body(block))?;
        Ok(Val::unit())
    }

    /// A `while` whose step is `step`; gives its results, as the IR has them; where `body` has a way out, it also ends there. `counter` is a
    /// variable that it carries besides those that `body` assigns.
    fn repeat(
        &mut self,
        body: &'a ast::Block,
        at: Span,
        counter: Option<&str>,
        condition: impl FnOnce(&mut Self) -> R<Value>,
        step: impl FnOnce(&mut Self) -> R<()>,
    ) -> R<Vec<Value>> {
        let mark = self.cx.scope.mark();
        let found = exits::of_block(body);
        let leaves = found.breaks || found.returns;
        if leaves {
            self.bind_true(LIVE, at)?;
        }
        let mut hidden = self.carried_for(found);
        hidden.extend(counter.map(Arc::from));
        let carried = self.carried(body, &hidden);
        let (mut head, again) = self.region(&carried, false, |elab, _| {
            if !leaves {
                return condition(elab);
            }
            // Behind a way out the condition may not be evaluated.
            let live = elab.hidden(LIVE, at)?;
            let stop =
                |elab: &mut Self| elab.constant(dfn_ir::Scalar::Bool(false), at).map(Val::Ir);
            let again = elab.branch(live, None, at, |elab| condition(elab).map(Val::Ir), stop)?;
            elab.ir(&again, at)
        })?;
        head.results = vec![again];
        let (body, ()) = self.region(&carried, false, |elab, _| step(elab))?;
        let parts = Parts {
            args: carried.leaves().into(),
            blocks: vec![head, body],
            ..Parts::default()
        };
        let results = self.emit_parts(While, parts, at)?;
        self.leave_with(&carried, results.clone());
        self.cx.scope.forget(mark);
        Ok(results)
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
    fn carried(&self, body: &ast::Block, hidden: &[Arc<str>]) -> Carried<'a> {
        let scope = &self.cx.scope;
        let assigned = names::assigned_in_block(body);
        let places = assigned
            .iter()
            .chain(hidden)
            .filter_map(|name| scope.position(name));
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

    fn for_body(&mut self, each: &'a ast::For, number: Val<'a>) -> R<()> {
        let mark = self.cx.scope.mark();
        self.bind_pattern(&each.pattern, number)?;
        let done = self.loop_body(&each.body);
        self.cx.scope.forget(mark);
        done
    }
}
