//! Types, patterns and generic parameters.

use super::Formatter;
use super::doc::{Doc, concat, nothing, text};
use super::list::Style;
use crate::diagnostic::Span;
use crate::syntax::ast::{
    FieldPattern, FunctionType, GenericParam, Pattern, PatternKind, Size, Type, TypeKind,
};

impl Formatter<'_> {
    pub(super) fn ty(&mut self, ty: &Type) -> Doc {
        match &ty.kind {
            TypeKind::Named(path) => text(path.to_string()),
            TypeKind::Apply { base, args } => {
                let printed = self.ty(base);
                // Without parentheses the brackets would belong to the result.
                let base_doc = match base.kind {
                    TypeKind::Function(_) => concat([text("("), printed, text(")")]),
                    _ => printed,
                };
                let inside = (base.span.end, ty.span.end);
                let sizes = self.list(Style::BRACKETS, inside, args, Size::span, Self::size);
                concat([base_doc, sizes])
            }
            TypeKind::Tuple(parts) => self.tuple(ty.span, parts, |part| part.span, Self::ty),
            TypeKind::Function(function) => self.function_type(function, ty.span),
            TypeKind::Error => self.verbatim(ty.span),
        }
    }

    fn function_type(&mut self, function: &FunctionType, span: Span) -> Doc {
        let end = function
            .result
            .as_ref()
            .map_or(span.end, |result| result.span.start);
        let inside = (span.start, end);
        let params = self.list(
            Style::PARENS,
            inside,
            &function.params,
            |param| param.span,
            Self::ty,
        );
        let result = self.result(function.result.as_ref());
        concat([text("fn"), params, result])
    }

    /// ` -> type`, if there is one.
    pub(super) fn result(&mut self, result: Option<&Type>) -> Doc {
        match result {
            Some(ty) => concat([text(" -> "), self.ty(ty)]),
            None => text(""),
        }
    }

    fn size(&mut self, size: &Size) -> Doc {
        match size {
            Size::Exact(expr) => self.expr(expr),
            Size::Bounded { name, bound } => {
                concat([text(format!("{name} <= ")), self.expr(bound)])
            }
        }
    }

    /// A tuple of anything: one part keeps its comma.
    pub(super) fn tuple<T>(
        &mut self,
        span: Span,
        parts: &[T],
        place: impl Fn(&T) -> Span,
        print: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let mut entries = self.entries((span.start + 1, span.end), parts, place, print);
        if let [_] = parts {
            for entry in entries.iter_mut().filter(|entry| entry.separated) {
                let part = std::mem::replace(&mut entry.doc, nothing());
                entry.doc = concat([part, text(",")]);
            }
            return self.list_of(
                Style {
                    trailing_comma: false,
                    ..Style::PARENS
                },
                entries,
            );
        }
        self.list_of(Style::PARENS, entries)
    }

    /// `[n, T: float]`, if there are any, between two offsets.
    pub(super) fn generics(&mut self, params: &[GenericParam], inside: (u32, u32)) -> Doc {
        if params.is_empty() {
            return text("");
        }
        let span = |param: &GenericParam| match &param.bound {
            Some(bound) => param.name.span.to(bound.span),
            None => param.name.span,
        };
        self.list(
            Style::BRACKETS,
            inside,
            params,
            span,
            |_, param| match &param.bound {
                Some(bound) => text(format!("{}: {bound}", param.name)),
                None => text(param.name.to_string()),
            },
        )
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) -> Doc {
        match &pattern.kind {
            PatternKind::Name {
                name,
                mutable: true,
            } => text(format!("mut {name}")),
            PatternKind::Name {
                name,
                mutable: false,
            } => text(name.to_string()),
            PatternKind::Ignore => text("_"),
            PatternKind::Tuple(parts) => {
                self.tuple(pattern.span, parts, |part| part.span, Self::pattern)
            }
            PatternKind::Struct { path, fields, rest } => {
                let span = |field: &FieldPattern| field.field.span.to(field.pattern.span);
                let inside = (path.span().end, pattern.span.end);
                let mut entries = self.entries(inside, fields, span, Self::field_pattern);
                let style = match rest {
                    Some(rest) => {
                        let unspaced = self.entries(
                            (rest.start, rest.end),
                            &[*rest],
                            |at| *at,
                            |_, _| text(".."),
                        );
                        entries.extend(unspaced);
                        Style {
                            trailing_comma: false,
                            ..Style::BRACES
                        }
                    }
                    None => Style::BRACES,
                };
                let fields = self.list_of(style, entries);
                concat([text(format!("{path} ")), fields])
            }
            PatternKind::Error => self.verbatim(pattern.span),
        }
    }

    fn field_pattern(&mut self, field: &FieldPattern) -> Doc {
        match &field.pattern.kind {
            PatternKind::Name {
                name,
                mutable: false,
            } if name.span == field.field.span => text(field.field.to_string()),
            _ => concat([
                text(format!("{}: ", field.field)),
                self.pattern(&field.pattern),
            ]),
        }
    }
}
