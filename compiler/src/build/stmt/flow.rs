//! Statements that control may leave early: `break`, `continue`, and `return` inside of loops.
//!
//! The IR has no jumps, which is what lets it be differentiated and run backwards. What follows a way out
//! goes into the branch that is not left; where both branches may go on, behind a test of a variable that
//! says so. A loop with a way out is a `while` that tests such a variable. These variables have names that
//! no program can write.

use super::exits::{self, Exits};
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::types::Pat;
use crate::build::unify::Place;
use crate::build::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, If, Stmt, StmtKind};
use dfn_ir::ops::{And, Not};
use dfn_ir::{Scalar, Value};
use std::sync::Arc;

/// Whether the loop around goes on after this step.
pub(super) const LIVE: &str = " live";
/// Whether the rest of this step is run.
const GOING: &str = " going";
/// Whether a `return` was met.
pub(super) const RETURNED: &str = " returned";
/// Its value.
pub(super) const RESULT: &str = " result";

/// Statements, and the expression behind them.
type Rest<'a> = (&'a [Stmt], Option<&'a Expr>);

impl<'a> Elab<'a> {
    /// Binds a variable of the compiler.
    pub(super) fn bind_hidden(&mut self, name: &str, val: Val<'a>, at: Span) {
        let name: Arc<str> = name.into();
        self.cx.scope.bind(&name, Meaning::Val(val), true, at);
    }

    fn truth(&mut self, value: bool, at: Span) -> R<Val<'a>> {
        Ok(Val::Ir(self.constant(Scalar::Bool(value), at)?))
    }

    /// Binds a variable of the compiler that is true.
    pub(super) fn bind_true(&mut self, name: &str, at: Span) -> R<()> {
        let truth = self.truth(true, at)?;
        self.bind_hidden(name, truth, at);
        Ok(())
    }

    fn set(&mut self, name: &str, val: Val<'a>) {
        if let Some(position) = self.cx.scope.position(name) {
            self.cx.scope.assign(position, val);
        }
    }

    /// The value of a variable of the compiler.
    pub(super) fn hidden(&mut self, name: &str, at: Span) -> R<Value> {
        match self.cx.scope.get(name).map(|binding| &binding.meaning) {
            Some(Meaning::Val(Val::Ir(value))) => Ok(*value),
            _ => Err(self.fail(errors::types::internal("a way out has no variable", at))),
        }
    }

    /// The body of a loop.
    pub(super) fn loop_body(&mut self, body: &'a Block) -> R<()> {
        if !exits::of_block(body).any() {
            return self.block(body).map(|_| ());
        }
        let mark = self.cx.scope.mark();
        self.bind_true(GOING, body.span)?;
        let done = self.flow((&body.stmts, body.value.as_deref()));
        self.cx.scope.forget(mark);
        done
    }

    /// Statements that control may leave.
    fn flow(&mut self, (stmts, value): Rest<'a>) -> R<()> {
        let mark = self.cx.scope.mark();
        let done = self.flow_in_scope((stmts, value));
        self.cx.scope.forget(mark);
        done
    }

    fn flow_in_scope(&mut self, (stmts, value): Rest<'a>) -> R<()> {
        let mut result = Ok(());
        for (k, stmt) in stmts.iter().enumerate() {
            let rest = (stmts.get(k + 1..).unwrap_or_default(), value);
            let found = exits::of_stmt(stmt);
            match &stmt.kind {
                StmtKind::Break(given) => return result.and(self.leave(given.as_ref(), stmt.span)),
                StmtKind::Continue => return result.and(self.stop_step(stmt.span)),
                StmtKind::Return(given) => {
                    return result.and(self.return_early(given.as_ref(), stmt.span));
                }
                StmtKind::Expr(expr) if found.any() => {
                    return result.and(self.flow_expr(expr, rest));
                }
                _ if found.returns => {
                    self.stmt(stmt)?;
                    return result.and(self.after_loop(rest, stmt.span));
                }
                _ => result = result.and(self.stmt(stmt)),
            }
        }
        match value {
            Some(expr) if exits::of_expr(expr).any() => {
                result.and(self.flow_expr(expr, (&[], None)))
            }
            Some(expr) => result.and(self.expr(expr).map(|_| ())),
            None => result,
        }
    }

    /// `break`
    fn leave(&mut self, value: Option<&'a Expr>, at: Span) -> R<()> {
        if let Some(value) = value {
            let title = "`break` with a value";
            let help = "assign the value to a variable that is declared before the loop";
            return Err(self.fail(errors::functions::form(title, value.span, help)));
        }
        let stopped = self.truth(false, at)?;
        self.set(LIVE, stopped);
        self.stop_step(at)
    }

    /// `continue`
    fn stop_step(&mut self, at: Span) -> R<()> {
        let stopped = self.truth(false, at)?;
        self.set(GOING, stopped);
        Ok(())
    }

    /// `return` where the function cannot end at once.
    fn return_early(&mut self, value: Option<&'a Expr>, at: Span) -> R<()> {
        self.cx.hint = self.cx.result;
        let val = match value {
            Some(value) => self.expr(value)?,
            None => Val::unit(),
        };
        let Some(pat) = self.cx.returns.clone() else {
            return Err(Reported);
        };
        let place = Place {
            at: value.map_or(at, |value| value.span),
            declared: at,
            what: "the result",
        };
        let val = self.fit_known(&pat, &val, place)?;
        self.set(RESULT, val);
        let truth = self.truth(true, at)?;
        self.set(RETURNED, truth);
        self.leave(None, at)
    }

    /// A branch or a block with a way out, and what follows it.
    fn flow_expr(&mut self, expr: &'a Expr, rest: Rest<'a>) -> R<()> {
        match &expr.kind {
            ExprKind::Block(block) => self.flow_then(block, rest, expr.span),
            ExprKind::If(choice) => self.flow_if(choice, rest, expr.span),
            _ => {
                self.expr(expr)?;
                self.after_loop(rest, expr.span)
            }
        }
    }

    /// A block, and then what follows where the block is not left.
    fn flow_then(&mut self, block: &'a Block, rest: Rest<'a>, at: Span) -> R<()> {
        self.flow((&block.stmts, block.value.as_deref()))?;
        match exits::of_block(block).any() {
            true => self.if_going(rest, at),
            false => self.flow(rest),
        }
    }

    fn flow_if(&mut self, choice: &'a If, rest: Rest<'a>, at: Span) -> R<()> {
        let condition = self.condition(&choice.condition)?;
        let other = choice.otherwise.as_ref();
        let then_leaves = exits::always_leaves(&choice.then);
        // What follows belongs to the one branch that goes on; to neither if it is not clear which.
        let shared = !then_leaves && !other.is_some_and(exits::expr_leaves);
        let nothing: Rest<'a> = (&[], None);
        let after = if shared { nothing } else { rest };
        let then = |elab: &mut Self| {
            elab.flow_then(&choice.then, if then_leaves { nothing } else { after }, at)
                .map(|()| Val::unit())
        };
        let otherwise = |elab: &mut Self| {
            let after = if then_leaves { after } else { nothing };
            match other {
                None => elab.flow(after),
                Some(expr) => elab.flow_expr(expr, after),
            }
            .map(|()| Val::unit())
        };
        self.branch(condition, None, at, then, otherwise)?;
        match shared {
            true => self.if_going(rest, at),
            false => Ok(()),
        }
    }

    /// What follows, where the step goes on.
    fn if_going(&mut self, rest: Rest<'a>, at: Span) -> R<()> {
        if rest.0.is_empty() && rest.1.is_none() {
            return Ok(());
        }
        let going = self.hidden(GOING, at)?;
        let then = |elab: &mut Self| elab.flow(rest).map(|()| Val::unit());
        self.branch(going, None, at, then, |_| Ok(Val::unit()))?;
        Ok(())
    }

    /// What follows a loop that may return: the loop around ends as well.
    fn after_loop(&mut self, rest: Rest<'a>, at: Span) -> R<()> {
        let returned = self.hidden(RETURNED, at)?;
        let not = self.emit(Not, &[returned], at)?;
        if self.cx.scope.position(LIVE).is_some() {
            let live = self.hidden(LIVE, at)?;
            let live = self.emit(And, &[live, not], at)?;
            self.set(LIVE, Val::Ir(live));
        }
        let going = self.hidden(GOING, at)?;
        let going = self.emit(And, &[going, not], at)?;
        self.set(GOING, Val::Ir(going));
        self.if_going(rest, at)
    }

    /// A statement of a function's body with a `return` that the function does not end with at once, and
    /// what follows it.
    pub(super) fn tail_with_flow(&mut self, stmt: &'a Stmt, rest: Rest<'a>) -> R<Val<'a>> {
        let at = stmt.span;
        let Some(pat) = self.cx.returns.clone() else {
            let title =
                "a `return` inside of a loop, in a function whose result has no declared type";
            let help = "declare it: `|x| -> f64 { … }`";
            return Err(self.fail(errors::functions::form(title, at, help)));
        };
        if !self.cx.bounded.is_empty() {
            return Err(self.fail(errors::sizes::bound_early(at)));
        }
        let zero = self.zero_of(&pat, at)?;
        self.bind_hidden(RESULT, zero, at);
        let not_yet = self.truth(false, at)?;
        self.bind_hidden(RETURNED, not_yet, at);
        self.bind_true(GOING, at)?;
        self.flow((std::slice::from_ref(stmt), None))?;
        let returned = self.hidden(RETURNED, at)?;
        let early = |elab: &mut Self| match elab.cx.scope.get(RESULT).map(|b| b.meaning.clone()) {
            Some(Meaning::Val(val)) => Ok(val),
            _ => Err(Reported),
        };
        let late = |elab: &mut Self| elab.tail(rest.0, rest.1);
        self.branch(returned, self.cx.result, at, early, late)
    }

    /// A value of a type, which a `return` will replace.
    fn zero_of(&mut self, pat: &Pat<'a>, at: Span) -> R<Val<'a>> {
        let all = |elab: &mut Self, parts: &[Pat<'a>]| -> R<Vec<Val<'a>>> {
            parts.iter().map(|part| elab.zero_of(part, at)).collect()
        };
        match pat {
            Pat::Array(dtype, shape) => {
                self.natural_shape(shape, at)?;
                let ty = dfn_ir::Type::array(*dtype, shape.iter().cloned());
                Ok(Val::Ir(self.filled(Scalar::zero(*dtype), ty, at)?))
            }
            Pat::Tuple(parts) => Ok(Val::Tuple(all(self, parts)?)),
            Pat::Struct(def, parts) => Ok(Val::Struct(*def, all(self, parts)?)),
            Pat::Func(_) => {
                let what = "returned from inside of a loop";
                Err(self.fail(errors::functions::function_value(what, at)))
            }
        }
    }

    /// The variables of the compiler that a loop with these ways out carries.
    pub(super) fn carried_for(&self, found: Exits) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = Vec::new();
        if found.breaks || found.returns {
            names.push(LIVE.into());
        }
        if found.returns {
            names.extend([RETURNED.into(), RESULT.into()]);
        }
        names
    }
}
