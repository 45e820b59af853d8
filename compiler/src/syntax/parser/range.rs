//! Ranges: what a loop runs through, and the entries of an index.

use super::operator::LOOSEST;
use super::{Parse, Parser};
use crate::diagnostic::syntax::SyntaxError;
use crate::syntax::ast::{Expr, Index, Iterable, Range};
use crate::syntax::token::TokenKind;

enum RangeOrValue {
    Range(Range),
    Value(Expr),
}

impl Parser<'_> {
    /// What stands after `in`.
    pub(super) fn iterable(&mut self) -> Parse<Iterable> {
        match self.range_or_value()? {
            RangeOrValue::Value(expr) => Ok(Iterable::Values(expr)),
            RangeOrValue::Range(range) if range.start.is_none() => {
                Err(self.report_behind(range, SyntaxError::OpenRange { start: true }))
            }
            RangeOrValue::Range(range) if range.end.is_none() => {
                Err(self.report_behind(range, SyntaxError::OpenRange { start: false }))
            }
            RangeOrValue::Range(range) => Ok(Iterable::Range(range)),
        }
    }

    fn report_behind(&mut self, range: Range, error: SyntaxError) -> super::Failed {
        self.report(range.span, error)
    }

    /// One entry of an index.
    pub(super) fn index(&mut self) -> Parse<Index> {
        Ok(match self.range_or_value()? {
            RangeOrValue::Value(expr) => Index::At(expr),
            RangeOrValue::Range(Range {
                start: None,
                end: None,
                inclusive: false,
                step: None,
                reversed: false,
                span,
            }) => Index::All(span),
            RangeOrValue::Range(range) => Index::Slice(range),
        })
    }

    fn range_or_value(&mut self) -> Parse<RangeOrValue> {
        match self.at(TokenKind::LeftParen) && self.parentheses_hold_range() {
            true => self.range_in_parentheses().map(RangeOrValue::Range),
            false => self.bare_range_or_value(),
        }
    }

    /// Whether `..` stands directly between the parentheses that open here.
    fn parentheses_hold_range(&self) -> bool {
        let mut open = 0;
        for token in self.tokens.iter().skip(self.position) {
            match token.kind {
                TokenKind::DotDot | TokenKind::DotDotEq if open == 1 => return true,
                TokenKind::Semicolon | TokenKind::End if open == 1 => return false,
                kind if kind.closer().is_some() => open += 1,
                kind if kind.is_closer() => open -= 1,
                _ => {}
            }
            if open == 0 {
                return false;
            }
        }
        false
    }

    /// `(range)` or `(range).rev()`.
    fn range_in_parentheses(&mut self) -> Parse<Range> {
        let opener = self.bump();
        let inner = self.with_structs(true, |parser| parser.nested(Self::range_or_value))?;
        let end = self.close(opener, "`)`")?.span;
        let RangeOrValue::Range(range) = inner else {
            return Err(self.report(opener.span, SyntaxError::RangeAsValue));
        };
        let span = opener.span.to(end);
        if self.eat(TokenKind::Dot).is_none() {
            return Ok(Range { span, ..range });
        }
        if !self.at_word("rev") {
            let help = "a range is stepped by `0..n step 2`";
            return Err(self.unexpected_with_help("`rev()`", Some(help)));
        }
        self.bump();
        self.expect(TokenKind::LeftParen, "`()`")?;
        let end = self.expect(TokenKind::RightParen, "`)`")?.span;
        Ok(Range {
            span: span.to(end),
            reversed: !range.reversed,
            ..range
        })
    }

    /// `a..b step s` with any part missing, or a value.
    fn bare_range_or_value(&mut self) -> Parse<RangeOrValue> {
        let at_dots = matches!(self.kind(), TokenKind::DotDot | TokenKind::DotDotEq);
        let start = match at_dots {
            true => None,
            false => Some(self.nested(|parser| parser.binary(LOOSEST))?),
        };
        if !matches!(self.kind(), TokenKind::DotDot | TokenKind::DotDotEq) {
            return match start {
                Some(value) => Ok(RangeOrValue::Value(value)),
                None => Err(self.unexpected("an expression")),
            };
        }
        let dots = self.bump();
        let inclusive = dots.kind == TokenKind::DotDotEq;
        let end = match self.range_ends_here()? {
            true if inclusive => return Err(self.unexpected("the last number after `..=`")),
            true => None,
            false => Some(self.nested(|parser| parser.binary(LOOSEST))?),
        };
        let step = match self.at_word("step") {
            true => {
                self.bump();
                Some(self.nested(|parser| parser.binary(LOOSEST))?)
            }
            false => None,
        };
        let span = start
            .as_ref()
            .map_or(dots.span, |start| start.span)
            .to(self.previous());
        let [start, end, step] = [start, end, step].map(|part| part.map(Box::new));
        Ok(RangeOrValue::Range(Range {
            start,
            end,
            inclusive,
            step,
            reversed: false,
            span,
        }))
    }

    /// Whether no end follows the dots: the range is over, or its step follows.
    ///
    /// `step` is a word of the language only between a range and its step, and a name elsewhere.
    /// Directly after the dots that is decided by what follows it; a sign or a bracket could
    /// belong to either.
    fn range_ends_here(&mut self) -> Parse<bool> {
        if self.at_word("step") {
            let next = self.ahead(1);
            return match next.kind {
                TokenKind::Number | TokenKind::Name => Ok(true),
                TokenKind::Minus | TokenKind::LeftParen => {
                    let at = self.token().span.to(next.span);
                    Err(self.report(at, SyntaxError::AmbiguousStep))
                }
                _ => Ok(false),
            };
        }
        let kind = self.kind();
        let over = matches!(
            kind,
            TokenKind::Comma | TokenKind::Colon | TokenKind::Semicolon | TokenKind::End
        );
        Ok(over || kind.is_closer() || (kind == TokenKind::LeftBrace && !self.structs))
    }

    /// Reports a range where a value is needed, from its start on if that was read already.
    pub(super) fn range_as_value(&mut self, start: Option<&Expr>) -> super::Failed {
        let dots = self.token().span;
        let at = start.map_or(dots, |start| start.span.to(dots));
        self.report(at, SyntaxError::RangeAsValue)
    }
}
