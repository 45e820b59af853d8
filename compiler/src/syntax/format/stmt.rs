//! Statements and blocks.

use super::Formatter;
use super::doc::{Doc, concat, group, indent, nothing, text};
use super::expr::binary_sign;
use super::item::item_span;
use crate::diagnostic::Span;
use crate::syntax::ast::{Assign, Attribute, Block, Expr, ExprKind, Let, Stmt, StmtKind, Type};

/// A statement, or the value of a block.
pub(super) enum Piece<'a> {
    Stmt(&'a Stmt),
    Value(&'a Expr),
}

impl Piece<'_> {
    fn span(&self) -> Span {
        match self {
            Piece::Stmt(stmt) => match &stmt.kind {
                StmtKind::Function(item) => item_span(item),
                _ => stmt.span,
            },
            Piece::Value(expr) => expr.span,
        }
    }
}

impl Formatter<'_> {
    /// A block: on one line if it was written so, holds one thing at most, and fits.
    pub(super) fn block(&mut self, block: &Block) -> Doc {
        match self.is_short(block) {
            true => group([self.block_with_breaks(block)]),
            false => self.block_in_lines(block),
        }
    }

    /// Whether a block may stay on one line.
    pub(super) fn is_short(&self, block: &Block) -> bool {
        let pieces = block.stmts.len() + usize::from(block.value.is_some());
        pieces <= 1 && self.is_one_line(block.span) && !self.has_comments(block.span)
    }

    /// A block of at most one thing, with the breaks of the group around it.
    pub(super) fn block_with_breaks(&mut self, block: &Block) -> Doc {
        let inner = match (block.stmts.first(), &block.value) {
            (Some(stmt), _) => self.stmt(stmt),
            (None, Some(value)) => self.expr(value),
            (None, None) => return text("{}"),
        };
        concat([text("{"), indent([Doc::Line, inner]), Doc::Line, text("}")])
    }

    pub(super) fn block_in_lines(&mut self, block: &Block) -> Doc {
        let stmts = block.stmts.iter().map(Piece::Stmt);
        let value = block.value.iter().map(|value| Piece::Value(value));
        let pieces: Vec<Piece<'_>> = stmts.chain(value).collect();
        let inside = (block.span.start + 1, block.span.end.saturating_sub(1));
        let entries = self.entries(
            inside,
            &pieces,
            Piece::span,
            |formatter, piece| match piece {
                Piece::Stmt(stmt) => formatter.stmt(stmt),
                Piece::Value(expr) => formatter.expr(expr),
            },
        );
        if entries.is_empty() {
            return text("{}");
        }
        let lines = self.lines(entries);
        concat([
            text("{"),
            indent([Doc::HardLine, lines]),
            Doc::HardLine,
            text("}"),
        ])
    }

    fn stmt(&mut self, stmt: &Stmt) -> Doc {
        match &stmt.kind {
            StmtKind::Let(stmt) => self.let_statement(stmt),
            StmtKind::Assign(stmt) => self.assignment(stmt),
            StmtKind::For(stmt) => {
                let pattern = self.pattern(&stmt.pattern);
                let iterable = self.iterable(&stmt.iterable);
                let body = self.block(&stmt.body);
                concat([
                    self.checkpoint(stmt.checkpoint.as_ref()),
                    text("for "),
                    pattern,
                    text(" in "),
                    iterable,
                    text(" "),
                    body,
                ])
            }
            StmtKind::While(stmt) => {
                let head = self.head("while ", &stmt.condition);
                let checkpoint = self.checkpoint(stmt.checkpoint.as_ref());
                concat([checkpoint, head, self.block(&stmt.body)])
            }
            StmtKind::Break(value) => self.jump("break", value.as_ref()),
            StmtKind::Continue => text("continue;"),
            StmtKind::Return(value) => self.jump("return", value.as_ref()),
            StmtKind::Expr(expr) => {
                let block_like = matches!(
                    expr.kind,
                    ExprKind::If(_) | ExprKind::Block(_) | ExprKind::Loop(_)
                );
                // Without its semicolon, the last statement would become the value of the block.
                let semicolon = !block_like || self.source.slice(stmt.span).ends_with(';');
                concat([self.expr(expr), text(if semicolon { ";" } else { "" })])
            }
            StmtKind::Function(item) => self.item(item),
            StmtKind::Error => self.verbatim(stmt.span),
        }
    }

    /// The attribute of a loop, on a line of its own.
    fn checkpoint(&mut self, attribute: Option<&Attribute>) -> Doc {
        match attribute {
            Some(attribute) => concat([self.attribute(attribute), Doc::HardLine]),
            None => nothing(),
        }
    }

    fn let_statement(&mut self, stmt: &Let) -> Doc {
        let pattern = self.pattern(&stmt.pattern);
        let ty = self.annotation(stmt.ty.as_ref());
        let value = self.expr(&stmt.value);
        concat([text("let "), pattern, ty, text(" = "), value, text(";")])
    }

    /// `: type`, if there is one.
    pub(super) fn annotation(&mut self, ty: Option<&Type>) -> Doc {
        match ty {
            Some(ty) => concat([text(": "), self.ty(ty)]),
            None => nothing(),
        }
    }

    fn assignment(&mut self, stmt: &Assign) -> Doc {
        let place = self.expr(&stmt.place);
        let sign = stmt.op.map_or("", binary_sign);
        let value = self.expr(&stmt.value);
        concat([place, text(format!(" {sign}= ")), value, text(";")])
    }

    fn jump(&mut self, word: &str, value: Option<&Expr>) -> Doc {
        match value {
            Some(value) => concat([text(format!("{word} ")), self.expr(value), text(";")]),
            None => text(format!("{word};")),
        }
    }
}
