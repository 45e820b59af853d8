//! Patterns.

use super::{Parse, Parser};
use crate::syntax::ast::{FieldPattern, Pattern, PatternKind};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// `x`, `mut x`, `_`, `(a, b)`, `Model { w, b: c }`.
    pub(super) fn pattern(&mut self) -> Parse<Pattern> {
        self.nested(Self::pattern_head)
    }

    fn pattern_head(&mut self) -> Parse<Pattern> {
        let token = self.token();
        match token.kind {
            TokenKind::Underscore => {
                self.bump();
                Ok(Pattern {
                    kind: PatternKind::Ignore,
                    span: token.span,
                })
            }
            TokenKind::LeftParen => self.tuple_pattern(),
            TokenKind::Mut => {
                self.bump();
                let name = self.name("a name")?;
                let span = token.span.to(name.span);
                Ok(Pattern {
                    kind: PatternKind::Name {
                        name,
                        mutable: true,
                    },
                    span,
                })
            }
            _ => self.name_or_struct_pattern(),
        }
    }

    /// `(a, b)`, or a pattern in parentheses.
    fn tuple_pattern(&mut self) -> Parse<Pattern> {
        let mut list = self.list("`,` or `)`", Self::pattern)?;
        let span = list.span;
        if list.elements.len() == 1
            && !list.trailing_comma
            && let Some(only) = list.elements.pop()
        {
            return Ok(Pattern { span, ..only });
        }
        Ok(Pattern {
            kind: PatternKind::Tuple(list.elements),
            span,
        })
    }

    fn name_or_struct_pattern(&mut self) -> Parse<Pattern> {
        let path = self.path("a name or `(`")?;
        if !self.at(TokenKind::LeftBrace) && path.module.is_none() {
            let span = path.name.span;
            let kind = PatternKind::Name {
                name: path.name,
                mutable: false,
            };
            return Ok(Pattern { kind, span });
        }
        if !self.at(TokenKind::LeftBrace) {
            return Err(self.unexpected("`{`"));
        }
        let mut rest = None;
        let list = self.list("`,` or `}`", |parser| {
            if let Some(dots) = parser.eat(TokenKind::DotDot) {
                rest = Some(dots.span);
                return match parser.at(TokenKind::RightBrace) {
                    true => Ok(None),
                    false => Err(parser.unexpected("`}` after `..`")),
                };
            }
            parser.field_pattern().map(Some)
        })?;
        let span = path.span().to(list.span);
        let fields = list.elements.into_iter().flatten().collect();
        Ok(Pattern {
            kind: PatternKind::Struct { path, fields, rest },
            span,
        })
    }

    /// `w` or `w: pattern`.
    fn field_pattern(&mut self) -> Parse<FieldPattern> {
        let field = self.name("a field")?;
        let pattern = match self.eat(TokenKind::Colon) {
            Some(_) => self.pattern()?,
            None => {
                let kind = PatternKind::Name {
                    name: field.clone(),
                    mutable: false,
                };
                Pattern {
                    kind,
                    span: field.span,
                }
            }
        };
        Ok(FieldPattern { field, pattern })
    }
}
