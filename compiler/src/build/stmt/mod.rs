//! Statements and blocks.

mod assign;
mod branch;
mod checkpoint;
mod each;
mod exits;
mod flow;
mod pattern;
mod place;
mod repeat;
mod through;

pub(super) use each::{Below, Run};
pub(super) use through::Each;

use super::elab::{Elab, R, Reported};
use super::errors;
use super::types::Pat;
use super::unify::Place;
use super::val::{Meaning, Val};
use crate::syntax::ast::{self, Block, Expr, ItemKind, Stmt, StmtKind};

impl<'a> Elab<'a> {
    /// A block that is not the body of a function: its value.
    pub(super) fn block(&mut self, block: &'a Block) -> R<Val<'a>> {
        let mark = self.cx.scope.mark();
        let hint = self.cx.hint.take();
        let mut result = Ok(());
        for stmt in &block.stmts {
            if self.stmt(stmt).is_err() {
                result = Err(Reported);
            }
        }
        self.cx.hint = hint;
        let value = self.block_value(block.value.as_deref());
        self.cx.hint = None;
        self.cx.scope.forget(mark);
        result.and(value)
    }

    fn block_value(&mut self, value: Option<&'a Expr>) -> R<Val<'a>> {
        match value {
            Some(value) => self.expr(value),
            None => Ok(Val::unit()),
        }
    }

    /// The body of a function: a block in which `return` may stand.
    pub(super) fn tail_block(&mut self, block: &'a Block) -> R<Val<'a>> {
        self.tail(&block.stmts, block.value.as_deref())
    }

    /// Statements after which the function ends. An `if` with a `return` in it takes the statements that
    /// follow it into the branch that goes on.
    pub(super) fn tail(&mut self, stmts: &'a [Stmt], value: Option<&'a Expr>) -> R<Val<'a>> {
        let mark = self.cx.scope.mark();
        let val = self.tail_in_scope(stmts, value);
        self.cx.scope.forget(mark);
        val
    }

    fn tail_in_scope(&mut self, stmts: &'a [Stmt], value: Option<&'a Expr>) -> R<Val<'a>> {
        let mut result = Ok(());
        for (k, stmt) in stmts.iter().enumerate() {
            let rest = stmts.get(k + 1..).unwrap_or_default();
            match &stmt.kind {
                StmtKind::Return(returned) => {
                    self.cx.hint = self.cx.result;
                    let val = self.block_value(returned.as_ref());
                    return result.and(val);
                }
                StmtKind::Expr(expr) if branch::ends_the_function(expr) => {
                    let val = self.tail_branch(expr, rest, value);
                    return result.and(val);
                }
                _ if exits::of_stmt(stmt).returns => {
                    let val = self.tail_with_flow(stmt, (rest, value));
                    return result.and(val);
                }
                _ => result = result.and(self.stmt(stmt)),
            }
        }
        let val = match value {
            Some(expr) if branch::ends_the_function(expr) => self.tail_branch(expr, &[], None),
            _ => {
                self.cx.hint = self.cx.result;
                self.block_value(value)
            }
        };
        self.cx.hint = None;
        result.and(val)
    }

    fn stmt(&mut self, stmt: &'a Stmt) -> R<()> {
        match &stmt.kind {
            StmtKind::Let(binding) => self.let_stmt(binding),
            StmtKind::Assign(assign) => self.assign_stmt(assign),
            StmtKind::For(each) => self.for_stmt(each, stmt.span),
            StmtKind::Expr(expr) => self.expr(expr).map(|_| ()),
            StmtKind::Function(item) => self.function_stmt(item),
            StmtKind::While(each) => self.while_stmt(each, stmt.span),
            StmtKind::Return(_) => Err(self.fail(errors::functions::form(
                "a `return` inside of an expression",
                stmt.span,
                "`return` is a statement: bind the value that the expression gives, and return behind it",
            ))),
            StmtKind::Break(_) | StmtKind::Continue => Err(self.fail(errors::functions::form(
                "leaving a loop from inside of an expression",
                stmt.span,
                "`break` and `continue` are statements of a loop's body and of branches in it",
            ))),
            StmtKind::Error => Err(Reported),
        }
    }

    fn let_stmt(&mut self, binding: &'a ast::Let) -> R<()> {
        let val = self.let_value(binding);
        match val {
            Ok(val) => self.bind_pattern(&binding.pattern, val),
            Err(Reported) => {
                // The names are known all the same, so that their uses are not reported.
                self.bind_faulty(&binding.pattern);
                Err(Reported)
            }
        }
    }

    fn let_value(&mut self, binding: &'a ast::Let) -> R<Val<'a>> {
        match &binding.ty {
            None => self.expr(&binding.value),
            Some(ty) => {
                let pat = self.resolve(ty);
                self.cx.hint = pat.as_ref().ok().and_then(Pat::dtype);
                let val = self.expr(&binding.value)?;
                let pat = pat?;
                self.fit_known(
                    &pat,
                    &val,
                    Place {
                        at: binding.value.span,
                        declared: ty.span,
                        what: "the value",
                    },
                )
            }
        }
    }

    fn function_stmt(&mut self, item: &'a ast::Item) -> R<()> {
        if let ItemKind::Function(function) = &item.kind {
            let val = self.local_function(function);
            let name = &function.name;
            self.cx
                .scope
                .bind(&name.text, Meaning::Val(val), false, name.span);
        }
        Ok(())
    }
}
