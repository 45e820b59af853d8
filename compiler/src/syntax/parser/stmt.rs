//! Statements and blocks.

use super::operator;
use super::{Failed, Parse, Parser};
use crate::diagnostic::Span;
use crate::diagnostic::syntax::SyntaxError;
use crate::syntax::ast::{
    Assign, Attribute, BinaryOp, Block, Expr, ExprKind, For, Item, ItemKind, Let, Stmt, StmtKind,
    While,
};
use crate::syntax::token::{CommentKind, TokenKind};

/// The attribute of a loop.
const CHECKPOINT: &str = "checkpoint";

/// What a piece of a block turned out to be.
enum Piece {
    Stmt(Box<Stmt>),
    /// The expression that gives the block its value.
    Value(Box<Expr>),
}

impl Parser<'_> {
    /// `{ statements; value }`; `expected` is what may stand here if the block does not.
    pub(super) fn block(&mut self, expected: &str) -> Parse<Block> {
        if !self.at(TokenKind::LeftBrace) {
            return Err(self.unexpected_after_expr(expected));
        }
        self.nested(|parser| parser.with_structs(true, Self::block_from_brace))
    }

    fn block_from_brace(&mut self) -> Parse<Block> {
        let opener = self.bump();
        let mut stmts = Vec::new();
        let mut value = None;
        loop {
            match self.kind() {
                TokenKind::RightBrace => break,
                TokenKind::End => return Err(self.unclosed(opener)),
                TokenKind::Semicolon => {
                    self.bump();
                    continue;
                }
                TokenKind::RightParen | TokenKind::RightBracket => {
                    self.unmatched_closer();
                    continue;
                }
                _ if self.at_item_after_unclosed_block() => return Err(self.unclosed(opener)),
                _ => {}
            }
            let start = self.position;
            match self.piece() {
                Ok(Piece::Stmt(stmt)) => stmts.push(*stmt),
                Ok(Piece::Value(expr)) => value = Some(expr),
                Err(Failed) if self.limit_reported => return Err(Failed),
                Err(Failed) => stmts.push(self.failed_statement(start)),
            }
        }
        let end = self.bump().span;
        Ok(Block {
            stmts,
            value,
            span: opener.span.to(end),
        })
    }

    /// Skips the rest of a statement that began at the token `start` and could not be read.
    fn failed_statement(&mut self, start: usize) -> Stmt {
        let first = self.tokens.get(start).copied().unwrap_or(self.token());
        self.skip_statement(start);
        let span = first.span.to(self.previous());
        Stmt {
            kind: StmtKind::Error,
            span,
        }
    }

    fn piece(&mut self) -> Parse<Piece> {
        let start = self.token().span;
        let kind = match self.kind() {
            TokenKind::Let => self.let_statement()?,
            TokenKind::For => self.for_statement(None)?,
            TokenKind::While => self.while_statement(None)?,
            TokenKind::At if self.text(self.ahead(1).span) == CHECKPOINT => {
                self.checkpointed_loop()?
            }
            TokenKind::Break | TokenKind::Return | TokenKind::Continue => self.jump()?,
            TokenKind::At => StmtKind::Function(Box::new(self.inner_item()?)),
            _ if self.at_item() => StmtKind::Function(Box::new(self.inner_item()?)),
            TokenKind::If | TokenKind::LeftBrace | TokenKind::Loop => {
                let expr = self.block_like()?;
                if self.at(TokenKind::RightBrace) {
                    return Ok(Piece::Value(Box::new(expr)));
                }
                self.eat(TokenKind::Semicolon);
                StmtKind::Expr(expr)
            }
            _ => return self.expression_piece(),
        };
        Ok(Piece::Stmt(Box::new(Stmt {
            kind,
            span: start.to(self.previous()),
        })))
    }

    /// An expression, an assignment, or the value of the block.
    fn expression_piece(&mut self) -> Parse<Piece> {
        let expr = self.expr()?;
        let start = expr.span;
        while matches!(self.kind(), TokenKind::RightParen | TokenKind::RightBracket) {
            self.unmatched_closer();
        }
        if self.at(TokenKind::RightBrace) {
            return Ok(Piece::Value(Box::new(expr)));
        }
        let kind = match operator::assignment(self.kind()) {
            Some(op) => StmtKind::Assign(self.assignment(expr, op)?),
            None => StmtKind::Expr(expr),
        };
        self.semicolon()?;
        Ok(Piece::Stmt(Box::new(Stmt {
            kind,
            span: start.to(self.previous()),
        })))
    }

    fn assignment(&mut self, place: Expr, op: Option<BinaryOp>) -> Parse<Assign> {
        let op_span = self.bump().span;
        match &place.kind {
            ExprKind::Tuple(_) if op.is_some() => {
                self.report(place.span, SyntaxError::CompoundOnTuple);
            }
            _ => self.check_place(&place),
        }
        let value = self.expr()?;
        Ok(Assign {
            place,
            op,
            op_span,
            value,
        })
    }

    /// Reports what in the left side of an assignment is not a place.
    fn check_place(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Error => {}
            ExprKind::Field { base, .. }
            | ExprKind::TupleField { base, .. }
            | ExprKind::Index { base, .. } => self.check_place(base),
            ExprKind::Tuple(parts) if !parts.is_empty() => {
                for part in parts {
                    self.check_place(part);
                }
            }
            _ => {
                self.report(expr.span, SyntaxError::NotAPlace);
            }
        }
    }

    fn let_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let pattern = self.pattern()?;
        let ty = match self.eat(TokenKind::Colon) {
            Some(_) => Some(self.ty()?),
            None => None,
        };
        if self.at(TokenKind::Semicolon) {
            let at = self.token().span;
            self.report(at, SyntaxError::LetWithoutValue);
        } else {
            self.expect(TokenKind::Eq, "`=`")?;
        }
        let value = match self.at(TokenKind::Semicolon) && self.reported == Some(self.position) {
            true => Expr {
                kind: ExprKind::Error,
                span: self.previous().at_end(),
            },
            false => self.expr()?,
        };
        self.semicolon()?;
        Ok(StmtKind::Let(Let { pattern, ty, value }))
    }

    /// `@checkpoint` and the loop behind it.
    fn checkpointed_loop(&mut self) -> Parse<StmtKind> {
        let attribute = Some(self.attribute()?);
        match self.kind() {
            TokenKind::For => self.for_statement(attribute),
            TokenKind::While => self.while_statement(attribute),
            _ => {
                let help = "a function is checkpointed where it is called: `checkpoint(f)(x)`";
                Err(self.unexpected_with_help("`for` or `while` after `@checkpoint`", Some(help)))
            }
        }
    }

    fn for_statement(&mut self, checkpoint: Option<Attribute>) -> Parse<StmtKind> {
        self.bump();
        let pattern = self.pattern()?;
        self.expect(TokenKind::In, "`in`")?;
        let iterable = self.with_structs(false, Self::iterable)?;
        let body = self.block("`{`")?;
        Ok(StmtKind::For(For {
            checkpoint,
            pattern,
            iterable,
            body,
        }))
    }

    fn while_statement(&mut self, checkpoint: Option<Attribute>) -> Parse<StmtKind> {
        self.bump();
        let condition = self.condition()?;
        let body = self.block("`{`")?;
        Ok(StmtKind::While(While {
            checkpoint,
            condition,
            body,
        }))
    }

    /// What stands between `if` or `while` and its block.
    pub(super) fn condition(&mut self) -> Parse<Expr> {
        match self.at(TokenKind::LeftBrace) {
            true => Err(self.unexpected("a condition")),
            false => self.with_structs(false, Self::expr),
        }
    }

    /// `break value;`, `continue;`, `return value;`: the `;` may be missing before `}`.
    fn jump(&mut self) -> Parse<StmtKind> {
        let word = self.bump();
        let bare = matches!(self.kind(), TokenKind::Semicolon | TokenKind::RightBrace);
        let value = match bare || word.kind == TokenKind::Continue {
            true => None,
            false => Some(self.expr()?),
        };
        if !self.at(TokenKind::RightBrace) {
            self.semicolon()?;
        }
        Ok(match word.kind {
            TokenKind::Break => StmtKind::Break(value),
            TokenKind::Return => StmtKind::Return(value),
            _ => StmtKind::Continue,
        })
    }

    /// An item inside a block, where only functions may stand.
    fn inner_item(&mut self) -> Parse<Item> {
        let at = self.token().span;
        let item = self.item()?;
        let exported = |item: &Item| match &item.kind {
            ItemKind::Function(function) => function.export.or(item.public),
            _ => None,
        };
        if !matches!(item.kind, ItemKind::Function(_)) {
            self.misplaced(
                at,
                "this item",
                "only functions can stand inside a function",
                "move it out of the function",
            );
        } else if let Some(modifier) = exported(&item) {
            self.misplaced(
                modifier,
                "this modifier",
                "a function inside a function is seen only there",
                "remove it, or move the function out",
            );
        }
        Ok(item)
    }

    /// The `;` of a statement. Where only that is missing, nothing is skipped.
    pub(super) fn semicolon(&mut self) -> Parse<()> {
        if self.eat(TokenKind::Semicolon).is_some() {
            return Ok(());
        }
        let ends_here = matches!(self.kind(), TokenKind::RightBrace | TokenKind::End);
        let starts_new = self.at_line_start() && !self.kind().is_closer();
        if (ends_here || starts_new) && !self.at(TokenKind::Error) {
            let at: Span = self.previous().at_end();
            self.report(at, SyntaxError::MissingSemicolon);
            return Ok(());
        }
        if self.kind().is_closer() {
            self.unmatched_closer();
            return self.semicolon();
        }
        Err(self.unexpected_after_expr("`;` or an operator"))
    }

    pub(super) fn misplaced(
        &mut self,
        at: Span,
        what: &'static str,
        why: &'static str,
        help: &'static str,
    ) {
        self.diagnostics
            .push(SyntaxError::MisplacedItem { what, why, help }.diagnostic(at));
    }

    /// The documentation before the next item or field.
    pub(super) fn item_doc(&mut self) -> Option<crate::syntax::ast::Doc> {
        self.doc(CommentKind::Doc)
    }
}
