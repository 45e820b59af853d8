//! Lists between brackets, with recovery at each element.

use super::{Failed, Parse, Parser};
use crate::diagnostic::Span;
use crate::diagnostic::syntax::SyntaxError;
use crate::syntax::token::{Token, TokenKind};

/// What a list gave.
pub(super) struct List<T> {
    /// The elements that could be read.
    pub(super) elements: Vec<T>,
    /// Whether a comma stands after the last one.
    pub(super) trailing_comma: bool,
    /// From the opening to the closing bracket.
    pub(super) span: Span,
}

impl Parser<'_> {
    /// Reads `[ element, … ]` (or with other brackets), from the opening bracket on. `expected` is
    /// what may follow an element.
    pub(super) fn list<T>(
        &mut self,
        expected: &str,
        element: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<List<T>> {
        self.with_structs(true, |parser| parser.list_after_head(expected, element))
    }

    fn list_after_head<T>(
        &mut self,
        expected: &str,
        mut element: impl FnMut(&mut Self) -> Parse<T>,
    ) -> Parse<List<T>> {
        let opener = self.bump();
        let closer = opener.kind.closer().unwrap_or(TokenKind::End);
        let mut elements = Vec::new();
        let mut trailing_comma = false;
        loop {
            if let Some(end) = self.eat(closer) {
                let span = opener.span.to(end.span);
                return Ok(List {
                    elements,
                    trailing_comma,
                    span,
                });
            }
            match element(self) {
                Ok(element) => elements.push(element),
                Err(Failed) if self.limit_reported => return Err(Failed),
                Err(Failed) => self.skip_element(closer),
            }
            trailing_comma = self.eat(TokenKind::Comma).is_some();
            if !trailing_comma && !self.at(closer) {
                self.separator_missing(opener, closer, expected)?;
                trailing_comma = self.eat(TokenKind::Comma).is_some();
            }
        }
    }

    /// Reports that neither a comma nor the closing bracket follows an element, and goes on at the
    /// next one if the list is closed at all.
    fn separator_missing(&mut self, opener: Token, closer: TokenKind, expected: &str) -> Parse<()> {
        if self.ends_list() {
            return Err(self.unclosed(opener));
        }
        self.unexpected_after_expr(expected);
        self.skip_element(closer);
        match self.at(closer) || self.at(TokenKind::Comma) {
            true => Ok(()),
            false => Err(Failed),
        }
    }

    /// Whether no list that is open here can go on.
    fn ends_list(&self) -> bool {
        let kind = self.kind();
        kind.is_closer()
            || matches!(kind, TokenKind::End | TokenKind::Semicolon)
            || self.at_statement()
    }

    /// Reports a bracket that is not closed, where its closing one is missing.
    pub(super) fn unclosed(&mut self, opener: Token) -> Failed {
        let error = SyntaxError::Unclosed {
            opener: self.text(opener.span).to_owned(),
            opened: opener.span,
            closer: match opener.kind {
                TokenKind::LeftParen => ")",
                TokenKind::LeftBracket => "]",
                _ => "}",
            },
        };
        let at = self.token().span;
        self.report(at, error)
    }

    /// The closing bracket of a group that holds one thing.
    pub(super) fn close(&mut self, opener: Token, expected: &str) -> Parse<Token> {
        let closer = opener.kind.closer().unwrap_or(TokenKind::End);
        match self.eat(closer) {
            Some(token) => Ok(token),
            None if self.ends_list() => Err(self.unclosed(opener)),
            None => Err(self.unexpected_after_expr(expected)),
        }
    }
}
