//! Blocks and statements.

use super::names::{Kind, Names};
use super::warnings;
use crate::diagnostic::Span;
use crate::syntax::ast::{
    Block, Expr, ExprKind, If, Index, ItemKind, Iterable, Range, Stmt, StmtKind,
};

impl Names {
    /// A block.
    pub(super) fn block(&mut self, block: &Block) {
        self.open();
        let mut left: Option<Span> = None;
        let mut said = false;
        for stmt in &block.stmts {
            // Functions are declared, not run.
            let runs = !matches!(stmt.kind, StmtKind::Function(_));
            if let Some(left) = left.filter(|_| runs && !said) {
                self.found.push(warnings::unreachable(stmt.span, left));
                said = true;
            }
            self.stmt(stmt);
            left = left.or(stmt_leaves(stmt).then_some(stmt.span));
        }
        if let Some(value) = &block.value {
            if let Some(left) = left.filter(|_| !said) {
                self.found.push(warnings::unreachable(value.span, left));
            }
            self.expr(value);
        }
        self.close();
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(binding) => {
                binding.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&binding.value);
                self.pattern(&binding.pattern, Kind::Variable);
            }
            StmtKind::Assign(assign) => {
                self.place(&assign.place);
                self.expr(&assign.value);
            }
            StmtKind::For(each) => {
                self.iterable(&each.iterable);
                self.open();
                self.pattern(&each.pattern, Kind::Quiet);
                self.block(&each.body);
                self.close();
            }
            StmtKind::While(each) => {
                self.expr(&each.condition);
                self.block(&each.body);
            }
            StmtKind::Break(value) | StmtKind::Return(value) => {
                value.iter().for_each(|value| self.expr(value));
            }
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Function(item) => {
                if let ItemKind::Function(function) = &item.kind {
                    self.function(function);
                    self.bind(&function.name, Kind::Function, false);
                }
            }
            StmtKind::Continue | StmtKind::Error => {}
        }
    }

    /// A place: its variable is assigned, its indices are read.
    fn place(&mut self, place: &Expr) {
        match &place.kind {
            ExprKind::Name(name) => self.assign(&name.text),
            ExprKind::Paren(inner) => self.place(inner),
            ExprKind::Field { base, .. } | ExprKind::TupleField { base, .. } => self.place(base),
            ExprKind::Index { base, indices } => {
                self.place(base);
                indices.iter().for_each(|index| self.index(index));
            }
            ExprKind::Tuple(parts) => parts.iter().for_each(|part| self.place(part)),
            _ => self.expr(place),
        }
    }

    /// An entry of an index.
    pub(super) fn index(&mut self, index: &Index) {
        match index {
            Index::At(expr) => self.expr(expr),
            Index::Slice(range) => self.range(range),
            Index::All(_) => {}
        }
    }

    /// What a loop runs through.
    pub(super) fn iterable(&mut self, iterable: &Iterable) {
        match iterable {
            Iterable::Range(range) => self.range(range),
            Iterable::Values(expr) => self.expr(expr),
        }
    }

    fn range(&mut self, range: &Range) {
        let parts = [&range.start, &range.end, &range.step];
        parts.into_iter().flatten().for_each(|expr| self.expr(expr));
    }
}

/// Whether control never goes on behind a statement.
fn stmt_leaves(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Break(_) | StmtKind::Continue => true,
        StmtKind::Expr(expr) => expr_leaves(expr),
        _ => false,
    }
}

fn block_leaves(block: &Block) -> bool {
    block.stmts.iter().any(stmt_leaves) || block.value.as_deref().is_some_and(expr_leaves)
}

fn expr_leaves(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Block(block) => block_leaves(block),
        ExprKind::If(choice) => if_leaves(choice),
        _ => false,
    }
}

fn if_leaves(choice: &If) -> bool {
    block_leaves(&choice.then) && choice.otherwise.as_ref().is_some_and(expr_leaves)
}
