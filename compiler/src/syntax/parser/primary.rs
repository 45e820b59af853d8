//! Expressions between brackets, lambdas, blocks and choices.

use super::{Parse, Parser};
use crate::syntax::ast::{
    Clause, Comprehension, Expr, ExprKind, FieldInit, If, Lambda, LambdaParam, Path, StructLiteral,
};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// `(e)`, `()`, `(a,)`, `(a, b)`.
    pub(super) fn parenthesized(&mut self) -> Parse<Expr> {
        let mut list = self.list("`,` or `)`", Self::expr)?;
        let span = list.span;
        if list.elements.len() == 1
            && !list.trailing_comma
            && let Some(only) = list.elements.pop()
        {
            return Ok(Expr {
                kind: ExprKind::Paren(Box::new(only)),
                span,
            });
        }
        Ok(Expr {
            kind: ExprKind::Tuple(list.elements),
            span,
        })
    }

    /// `[a, b]` or `[for i in 0..n: e]`.
    pub(super) fn array(&mut self) -> Parse<Expr> {
        if self.ahead(1).kind == TokenKind::For {
            let opener = self.bump();
            let comprehension =
                self.with_structs(true, |parser| parser.nested(Self::comprehension))?;
            let end = self.close(opener, "`]`")?.span;
            let kind = ExprKind::Comprehension(Box::new(comprehension));
            return Ok(Expr {
                kind,
                span: opener.span.to(end),
            });
        }
        let list = self.list("`,` or `]`", |parser| {
            let element = parser.expr()?;
            parser.skip_repetition();
            Ok(element)
        })?;
        Ok(Expr {
            kind: ExprKind::Array(list.elements),
            span: list.span,
        })
    }

    /// `for i in 0..n, j in 0..m: e`.
    pub(super) fn comprehension(&mut self) -> Parse<Comprehension> {
        self.bump();
        let mut clauses = Vec::new();
        loop {
            let pattern = self.pattern()?;
            self.expect(TokenKind::In, "`in`")?;
            let iterable = self.iterable()?;
            clauses.push(Clause { pattern, iterable });
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        if self.eat(TokenKind::Colon).is_none() {
            return Err(match self.kind() {
                TokenKind::If => {
                    let help = "to leave elements out, index with a mask: `x[x > 0]`";
                    self.unexpected_with_help("`,` or `:`", Some(help))
                }
                TokenKind::For => {
                    let help = "more counters follow a comma: `for i in 0..n, j in 0..m: e`";
                    self.unexpected_with_help("`,` or `:`", Some(help))
                }
                _ => self.unexpected_after_expr("`,` or `:`"),
            });
        }
        let body = self.expr()?;
        Ok(Comprehension { clauses, body })
    }

    /// The path of a struct literal, if that is what was read before `{`.
    pub(super) fn struct_path(&self, expr: &Expr) -> Option<Path> {
        match &expr.kind {
            ExprKind::Name(name) => Some(Path {
                module: None,
                name: name.clone(),
            }),
            ExprKind::Field { base, field } => match &base.kind {
                ExprKind::Name(module) => Some(Path {
                    module: Some(module.clone()),
                    name: field.clone(),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// `{ w: e, b, ..rest }` after a path.
    pub(super) fn struct_literal(&mut self, path: Path) -> Parse<Expr> {
        let mut rest = None;
        let list = self.list("`,` or `}`", |parser| {
            if parser.eat(TokenKind::DotDot).is_some() {
                rest = Some(parser.expr()?);
                return match parser.at(TokenKind::RightBrace) {
                    true => Ok(None),
                    false => Err(parser.unexpected("`}` after the rest")),
                };
            }
            parser.field_init().map(Some)
        })?;
        let span = path.span().to(list.span);
        let fields = list.elements.into_iter().flatten().collect();
        let literal = StructLiteral { path, fields, rest };
        Ok(Expr {
            kind: ExprKind::Struct(Box::new(literal)),
            span,
        })
    }

    fn field_init(&mut self) -> Parse<FieldInit> {
        let field = self.name("a field")?;
        match self.eat(TokenKind::Colon) {
            Some(_) => Ok(FieldInit {
                field,
                value: self.expr()?,
                shorthand: false,
            }),
            None => {
                if self.at(TokenKind::Eq) {
                    let help = "the value of a field follows a colon: `w: e`";
                    return Err(self.unexpected_with_help("`:`, `,` or `}`", Some(help)));
                }
                let value = Expr {
                    kind: ExprKind::Name(field.clone()),
                    span: field.span,
                };
                Ok(FieldInit {
                    field,
                    value,
                    shorthand: true,
                })
            }
        }
    }

    /// `|x, y: f64| e`, `|x| -> f64 { e }`, `|| e`.
    pub(super) fn lambda(&mut self) -> Parse<Expr> {
        let start = self.bump();
        let params = match start.kind {
            TokenKind::OrOr => Vec::new(),
            _ => self.lambda_params()?,
        };
        let result = self.result_type()?;
        let body = match &result {
            Some(_) => {
                let block = self.block("`{`")?;
                Expr {
                    span: block.span,
                    kind: ExprKind::Block(block),
                }
            }
            None => self.expr()?,
        };
        let span = start.span.to(body.span);
        Ok(Expr {
            kind: ExprKind::Lambda(Box::new(Lambda {
                params,
                result,
                body,
            })),
            span,
        })
    }

    fn lambda_params(&mut self) -> Parse<Vec<LambdaParam>> {
        let mut params = Vec::new();
        while self.eat(TokenKind::Or).is_none() {
            let pattern = self.pattern()?;
            let ty = match self.eat(TokenKind::Colon) {
                Some(_) => Some(self.ty()?),
                None => None,
            };
            params.push(LambdaParam { pattern, ty });
            if self.eat(TokenKind::Comma).is_none() {
                self.expect(TokenKind::Or, "`,` or `|`")?;
                break;
            }
        }
        Ok(params)
    }

    /// `if`, a block, or `loop`: expressions that end with a brace.
    pub(super) fn block_like(&mut self) -> Parse<Expr> {
        let start = self.token().span;
        let kind = match self.kind() {
            TokenKind::If => return self.nested(Self::choice),
            TokenKind::Loop => {
                self.bump();
                ExprKind::Loop(self.block("`{`")?)
            }
            _ => ExprKind::Block(self.block("`{`")?),
        };
        Ok(Expr {
            kind,
            span: start.to(self.previous()),
        })
    }

    fn choice(&mut self) -> Parse<Expr> {
        let start = self.bump().span;
        let condition = self.condition()?;
        let then = self.block("`{`")?;
        if self.at_word("elif") || self.at_word("elsif") || self.at_word("elseif") {
            let help = "another condition is written `else if`";
            return Err(self.unexpected_with_help("`else`", Some(help)));
        }
        let otherwise = match self.eat(TokenKind::Else) {
            Some(_) if self.at(TokenKind::If) => Some(self.nested(Self::choice)?),
            Some(_) => {
                let block = self.block("`{` or `if`")?;
                Some(Expr {
                    span: block.span,
                    kind: ExprKind::Block(block),
                })
            }
            None => None,
        };
        let choice = If {
            condition,
            then,
            otherwise,
        };
        Ok(Expr {
            kind: ExprKind::If(Box::new(choice)),
            span: start.to(self.previous()),
        })
    }
}
