//! Expressions.

use super::operator::{self, CAST, COMPARISON, LOOSEST, POWER, Power, UNARY};
use super::{Parse, Parser};
use crate::diagnostic::Span;
use crate::diagnostic::syntax::SyntaxError;
use crate::syntax::ast::{Arg, BinaryOp, Expr, ExprKind, Literal};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Parse<Expr> {
        let expr = self.nested(|parser| parser.binary(LOOSEST))?;
        match self.kind() {
            TokenKind::DotDot | TokenKind::DotDotEq => Err(self.range_as_value(Some(&expr))),
            _ => Ok(expr),
        }
    }

    /// An expression of operators that bind tighter than `power`.
    pub(super) fn binary(&mut self, power: Power) -> Parse<Expr> {
        self.chain(|parser| {
            let first = parser.operand()?;
            parser.operators(first, power)
        })
    }

    /// The operators after an operand, and theirs.
    fn operators(&mut self, first: Expr, power: Power) -> Parse<Expr> {
        let mut left = first;
        let mut comparison: Option<Span> = None;
        loop {
            if self.at(TokenKind::As) && CAST > power {
                self.link()?;
                self.bump();
                let ty = self.ty()?;
                let span = left.span.to(ty.span);
                left = Expr {
                    kind: ExprKind::Cast {
                        value: Box::new(left),
                        ty,
                    },
                    span,
                };
                continue;
            }
            let Some((op, its_power)) = operator::binary(self.kind()) else {
                return Ok(left);
            };
            if its_power <= power {
                return Ok(left);
            }
            if its_power == COMPARISON
                && let Some(first) = comparison.replace(self.token().span)
            {
                let at = self.token().span;
                self.report(at, SyntaxError::ChainedComparison { first });
            }
            left = self.operation(left, op, its_power)?;
        }
    }

    fn operation(&mut self, left: Expr, op: BinaryOp, power: Power) -> Parse<Expr> {
        self.link()?;
        let op_span = self.bump().span;
        // `**` groups to the right; all others group to the left.
        let right_power = if power == POWER { power - 1 } else { power };
        let right = self.nested(|parser| parser.binary(right_power))?;
        let span = left.span.to(right.span);
        let (left, right) = (Box::new(left), Box::new(right));
        Ok(Expr {
            kind: ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            },
            span,
        })
    }

    /// An operand: what stands between operators, its own sign included.
    fn operand(&mut self) -> Parse<Expr> {
        let token = self.token();
        if let Some(op) = operator::unary(token.kind) {
            self.bump();
            let operand = self.nested(|parser| parser.binary(UNARY))?;
            let span = token.span.to(operand.span);
            return Ok(Expr {
                kind: ExprKind::Unary {
                    op,
                    operand: Box::new(operand),
                },
                span,
            });
        }
        let primary = self.primary()?;
        self.postfix(primary)
    }

    /// Calls, indices and fields after an operand.
    fn postfix(&mut self, primary: Expr) -> Parse<Expr> {
        let mut base = primary;
        loop {
            let kind = self.kind();
            if matches!(
                kind,
                TokenKind::LeftParen | TokenKind::LeftBracket | TokenKind::Dot
            ) {
                self.link()?;
            }
            base = match kind {
                TokenKind::LeftParen => {
                    let (args, end) = self.arguments()?;
                    let span = base.span.to(end);
                    Expr {
                        kind: ExprKind::Call {
                            callee: Box::new(base),
                            args,
                        },
                        span,
                    }
                }
                TokenKind::LeftBracket => self.indexed(base)?,
                TokenKind::Dot => self.field_of(base)?,
                TokenKind::LeftBrace if self.structs => match self.struct_path(&base) {
                    Some(path) => self.struct_literal(path)?,
                    None => return Ok(base),
                },
                _ => return Ok(base),
            };
        }
    }

    fn indexed(&mut self, base: Expr) -> Parse<Expr> {
        let list = self.list("`,` or `]`", |parser| {
            let index = parser.index()?;
            if parser.at(TokenKind::Colon) {
                let help = "a slice is written `1..n`, with a step `1..n step 2`";
                return Err(parser.unexpected_with_help("`,` or `]`", Some(help)));
            }
            Ok(index)
        })?;
        let span = base.span.to(list.span);
        Ok(Expr {
            kind: ExprKind::Index {
                base: Box::new(base),
                indices: list.elements,
            },
            span,
        })
    }

    /// `.w`, `.0`, and `.0.1`, which the lexer gives as one number.
    fn field_of(&mut self, base: Expr) -> Parse<Expr> {
        self.bump();
        if !self.at(TokenKind::Number) {
            let field = self.name("a field")?;
            let span = base.span.to(field.span);
            return Ok(Expr {
                kind: ExprKind::Field {
                    base: Box::new(base),
                    field,
                },
                span,
            });
        }
        let token = self.token();
        let mut expr = base;
        let mut offset = token.span.start;
        for digits in self.text(token.span).split('.') {
            let at = Span {
                start: offset,
                end: offset + digits.len() as u32,
                ..token.span
            };
            let Ok(index) = digits.parse() else {
                return Err(self.unexpected("a field or a position in a tuple"));
            };
            offset = at.end + 1;
            let span = expr.span.to(at);
            let base = Box::new(expr);
            expr = Expr {
                kind: ExprKind::TupleField {
                    base,
                    index,
                    index_span: at,
                },
                span,
            };
        }
        self.bump();
        Ok(expr)
    }

    /// `(x, axis = 0)`, and where it stands.
    pub(super) fn arguments(&mut self) -> Parse<(Vec<Arg>, Span)> {
        let list = self.list("`,` or `)`", Self::argument)?;
        let mut named: Option<Span> = None;
        for arg in &list.elements {
            match (&arg.name, named) {
                (Some(name), _) => named = Some(name.span),
                (None, Some(named)) => {
                    let error = SyntaxError::PositionalAfterNamed { named };
                    self.diagnostics.push(error.diagnostic(arg.value.span));
                    break;
                }
                (None, None) => {}
            }
        }
        Ok((list.elements, list.span))
    }

    fn argument(&mut self) -> Parse<Arg> {
        if self.at(TokenKind::Name) && self.ahead(1).kind == TokenKind::Eq {
            let name = self.name("an argument")?;
            self.bump();
            return Ok(Arg {
                name: Some(name),
                value: self.expr()?,
            });
        }
        if self.at(TokenKind::For) {
            let start = self.token().span;
            let comprehension = self.comprehension()?;
            let span = start.to(comprehension.body.span);
            let kind = ExprKind::Generator(Box::new(comprehension));
            return Ok(Arg {
                name: None,
                value: Expr { kind, span },
            });
        }
        Ok(Arg {
            name: None,
            value: self.expr()?,
        })
    }

    /// What needs no operator.
    fn primary(&mut self) -> Parse<Expr> {
        let token = self.token();
        let literal = match token.kind {
            TokenKind::Number => {
                self.bump();
                self.number(token)
            }
            TokenKind::Str => {
                self.bump();
                Literal::Str(self.string(token))
            }
            TokenKind::True | TokenKind::False => {
                self.bump();
                Literal::Bool(token.kind == TokenKind::True)
            }
            kind if kind == TokenKind::Name || self.misused.contains(&kind) => {
                self.bump();
                return Ok(Expr {
                    kind: ExprKind::Name(self.name_of(token)),
                    span: token.span,
                });
            }
            TokenKind::LeftParen => return self.parenthesized(),
            TokenKind::LeftBracket => return self.array(),
            TokenKind::Or | TokenKind::OrOr => return self.lambda(),
            TokenKind::If | TokenKind::Loop | TokenKind::LeftBrace => return self.block_like(),
            TokenKind::DotDot | TokenKind::DotDotEq => return Err(self.range_as_value(None)),
            TokenKind::For | TokenKind::While => {
                return Err(self.report(token.span, SyntaxError::LoopAsValue));
            }
            _ => return Err(self.no_expression()),
        };
        Ok(Expr {
            kind: ExprKind::Literal(literal),
            span: token.span,
        })
    }

    /// Whether the last token was a comma, or opened a list of arguments or indices.
    fn previous_is_list(&self) -> bool {
        let last = self
            .position
            .checked_sub(1)
            .and_then(|last| self.tokens.get(last));
        last.is_some_and(|last| {
            matches!(
                last.kind,
                TokenKind::Comma | TokenKind::LeftParen | TokenKind::LeftBracket
            )
        })
    }

    /// Reports what stands where an expression should.
    fn no_expression(&mut self) -> super::Failed {
        let help = match self.kind() {
            TokenKind::Dot if self.ahead(1).kind == TokenKind::Number => {
                Some("a fraction is written with its zero: `0.5`")
            }
            TokenKind::Plus => Some("there is no sign `+`: leave it out"),
            TokenKind::Star | TokenKind::StarStar if self.previous_is_list() => Some(
                "arguments are given one by one, by position or by name: `f(x, tolerance = 1e-3)`",
            ),
            TokenKind::Colon if self.previous_is_list() => {
                Some("a whole axis is written `..`, a part of it `1..n`")
            }
            TokenKind::Dot if self.ahead(1).kind == TokenKind::DotDot => {
                Some("a whole axis is written `..`")
            }
            TokenKind::Star | TokenKind::And => {
                Some("there are no references: arrays are values, and passing one is free")
            }
            TokenKind::Fn => Some("a function without a name is written `|x| e`"),
            _ => None,
        };
        self.unexpected_with_help("an expression", help)
    }
}
