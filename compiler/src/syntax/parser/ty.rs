//! Types.

use super::operator::BIT_OR;
use super::{Parse, Parser};
use crate::syntax::ast::{ExprKind, FunctionType, GenericParam, Size, Type, TypeKind};
use crate::syntax::token::TokenKind;

impl Parser<'_> {
    /// A type.
    pub(super) fn ty(&mut self) -> Parse<Type> {
        self.nested(|parser| parser.chain(Self::type_with_brackets))
    }

    /// `f64[n, m]`, `Model[d][n]`.
    fn type_with_brackets(&mut self) -> Parse<Type> {
        let mut ty = self.type_head()?;
        while self.at(TokenKind::LeftBracket) {
            self.link()?;
            let list = self.list("`,` or `]`", Self::size)?;
            let span = ty.span.to(list.span);
            let kind = TypeKind::Apply {
                base: Box::new(ty),
                args: list.elements,
            };
            ty = Type { kind, span };
        }
        Ok(ty)
    }

    fn type_head(&mut self) -> Parse<Type> {
        match self.kind() {
            TokenKind::Name => {
                let path = self.path("a type")?;
                Ok(Type {
                    span: path.span(),
                    kind: TypeKind::Named(path),
                })
            }
            TokenKind::LeftParen => {
                let mut list = self.list("`,` or `)`", Self::ty)?;
                if list.elements.len() == 1
                    && !list.trailing_comma
                    && let Some(only) = list.elements.pop()
                {
                    return Ok(Type {
                        span: list.span,
                        ..only
                    });
                }
                Ok(Type {
                    kind: TypeKind::Tuple(list.elements),
                    span: list.span,
                })
            }
            TokenKind::Fn => self.function_type(),
            TokenKind::LeftBracket => {
                let help = "an array type is written `f64[n]`";
                let failed = self.unexpected_with_help("a type", Some(help));
                self.skip_bracketed_type();
                Err(failed)
            }
            TokenKind::And => {
                let help = "there are no references: arrays are values, and passing one is free";
                Err(self.unexpected_with_help("a type", Some(help)))
            }
            _ => Err(self.unexpected("a type")),
        }
    }

    /// `fn(f64[n]) -> f64`.
    fn function_type(&mut self) -> Parse<Type> {
        let start = self.bump().span;
        if !self.at(TokenKind::LeftParen) {
            return Err(self.unexpected("`(`"));
        }
        let params = self.list("`,` or `)`", Self::ty)?;
        let result = self.result_type()?;
        let end = result.as_ref().map_or(params.span, |result| result.span);
        let function = FunctionType {
            params: params.elements,
            result,
        };
        Ok(Type {
            kind: TypeKind::Function(Box::new(function)),
            span: start.to(end),
        })
    }

    /// `-> type`, if it is there.
    pub(super) fn result_type(&mut self) -> Parse<Option<Type>> {
        match self.eat(TokenKind::Arrow) {
            Some(_) => self.ty().map(Some),
            None => Ok(None),
        }
    }

    /// `n + 1` or `k <= n`.
    fn size(&mut self) -> Parse<Size> {
        let first = self.nested(|parser| parser.binary(BIT_OR))?;
        if !self.at(TokenKind::LtEq) {
            return Ok(Size::Exact(first));
        }
        let ExprKind::Name(name) = first.kind else {
            let help = "a bounded size is a new name with its bound: `f64[k <= n]`";
            return Err(self.unexpected_with_help("`,` or `]`", Some(help)));
        };
        self.bump();
        let bound = self.nested(|parser| parser.binary(BIT_OR))?;
        Ok(Size::Bounded { name, bound })
    }

    /// `[n, d, T: float]`, if it is there.
    pub(super) fn generics(&mut self) -> Parse<Vec<GenericParam>> {
        match self.kind() {
            TokenKind::LeftBracket => {
                Ok(self.list("`,`, `:` or `]`", Self::generic_param)?.elements)
            }
            TokenKind::Lt => {
                let help = "parameters of sizes and types stand between brackets: `f[n, T: float]`";
                Err(self.unexpected_with_help("`[` or `(`", Some(help)))
            }
            _ => Ok(Vec::new()),
        }
    }

    fn generic_param(&mut self) -> Parse<GenericParam> {
        let name = self.name("the name of a size or of an element type")?;
        let bound = match self.eat(TokenKind::Colon) {
            Some(_) => Some(self.name("a class of element types, such as `float`")?),
            None => None,
        };
        Ok(GenericParam { name, bound })
    }
}
