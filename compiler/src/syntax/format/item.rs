//! Items.

use super::Formatter;
use super::doc::{Doc, concat, text};
use super::list::Style;
use crate::diagnostic::{SourceFile, Span};
use crate::syntax::ast::{
    Attribute, Const, Doc as Documentation, Field, Function, Import, ImportedName, Item, ItemKind,
    Module, Param, Struct, TypeAlias,
};

/// The place of an item together with its documentation.
pub(super) fn item_span(item: &Item) -> Span {
    item.doc
        .as_ref()
        .map_or(item.span, |doc| doc.span.to(item.span))
}

impl Formatter<'_> {
    pub(super) fn module(&mut self, module: &Module) -> Doc {
        let Some(doc) = &module.doc else {
            let entries = self.entries((0, module.span.end), &module.items, item_span, Self::item);
            return self.lines(entries);
        };
        enum Part<'a> {
            Doc(&'a Documentation),
            Item(&'a Item),
        }
        let parts: Vec<Part<'_>> = std::iter::once(Part::Doc(doc))
            .chain(module.items.iter().map(Part::Item))
            .collect();
        let span = |part: &Part<'_>| match part {
            Part::Doc(doc) => doc.span,
            Part::Item(item) => item_span(item),
        };
        let entries = self.entries(
            (0, module.span.end),
            &parts,
            span,
            |formatter, part| match part {
                Part::Doc(doc) => documentation("//!", doc),
                Part::Item(item) => formatter.item(item),
            },
        );
        self.lines(entries)
    }

    pub(super) fn item(&mut self, item: &Item) -> Doc {
        let mut parts = Vec::new();
        if let Some(doc) = &item.doc {
            parts.extend([documentation("///", doc), Doc::HardLine]);
            // Documentation after an attribute is printed before it.
            for comment in self.take_comments(doc.span.end, item.span.start) {
                parts.extend([text(self.comment_text(comment)), Doc::HardLine]);
            }
        }
        for attribute in &item.attributes {
            parts.extend([self.attribute(attribute), Doc::HardLine]);
        }
        if item.public.is_some() {
            parts.push(text("pub "));
        }
        parts.push(match &item.kind {
            ItemKind::Import(import) => self.import(import, item.span),
            ItemKind::Struct(item_struct) => self.structure(item_struct, item.span),
            ItemKind::TypeAlias(alias) => self.type_alias(alias),
            ItemKind::Const(constant) => self.constant(constant),
            ItemKind::Function(function) => self.function(function),
            ItemKind::Test(test) => {
                let name = self.verbatim(test.name_span);
                let body = self.block(&test.body);
                concat([text("test "), name, text(" "), body])
            }
            ItemKind::Error => self.verbatim(item.span),
        });
        concat(parts)
    }

    fn type_alias(&mut self, alias: &TypeAlias) -> Doc {
        let inside = (alias.name.span.end, alias.ty.span.start);
        let generics = self.generics(&alias.generics, inside);
        let ty = self.ty(&alias.ty);
        let name = text(format!("type {}", alias.name));
        concat([name, generics, text(" = "), ty, text(";")])
    }

    fn constant(&mut self, constant: &Const) -> Doc {
        let ty = self.annotation(constant.ty.as_ref());
        let value = self.expr(&constant.value);
        let name = text(format!("const {}", constant.name));
        concat([name, ty, text(" = "), value, text(";")])
    }

    pub(super) fn attribute(&mut self, attribute: &Attribute) -> Doc {
        let name = text(format!("@{}", attribute.name));
        let has_parens = self
            .between(attribute.name.span.end, attribute.span.end)
            .contains('(');
        match has_parens {
            true => {
                let inside = (attribute.name.span.end, attribute.span.end);
                let args = self.arguments(&attribute.args, inside);
                concat([name, args])
            }
            false => name,
        }
    }

    fn import(&mut self, import: &Import, span: Span) -> Doc {
        let mut parts = vec![text("import "), self.verbatim(import.path_span)];
        if let Some(alias) = &import.alias {
            parts.push(text(format!(" as {alias}")));
        }
        if let Some(names) = &import.names {
            let place = |name: &ImportedName| match &name.alias {
                Some(alias) => name.name.span.to(alias.span),
                None => name.name.span,
            };
            let before = import
                .alias
                .as_ref()
                .map_or(import.path_span.end, |name| name.span.end);
            let inside = (before, span.end);
            let names = self.list(Style::BRACES, inside, names, place, |_, name| {
                match &name.alias {
                    Some(alias) => text(format!("{} as {alias}", name.name)),
                    None => text(name.name.to_string()),
                }
            });
            parts.extend([text(" "), names]);
        }
        parts.push(text(";"));
        concat(parts)
    }

    fn structure(&mut self, item: &Struct, span: Span) -> Doc {
        let fields_start = self
            .between(item.name.span.end, span.end)
            .find('{')
            .unwrap_or(0) as u32;
        let fields_start = item.name.span.end + fields_start;
        let generics = self.generics(&item.generics, (item.name.span.end, fields_start));
        let place = |field: &Field| {
            let bare = field.name.span.to(field.ty.span);
            field.doc.as_ref().map_or(bare, |doc| doc.span.to(bare))
        };
        let inside = Span {
            start: fields_start,
            ..span
        };
        let style = Style {
            broken: !self.is_one_line(inside),
            ..Style::BRACES
        };
        let fields = self.list(
            style,
            (fields_start, span.end),
            &item.fields,
            place,
            Self::field,
        );
        concat([
            text(format!("struct {}", item.name)),
            generics,
            text(" "),
            fields,
        ])
    }

    fn field(&mut self, field: &Field) -> Doc {
        let ty = self.ty(&field.ty);
        let bare = concat([text(format!("{}: ", field.name)), ty]);
        match &field.doc {
            Some(doc) => concat([documentation("///", doc), Doc::HardLine, bare]),
            None => bare,
        }
    }

    fn function(&mut self, function: &Function) -> Doc {
        let export = if function.export.is_some() {
            "export "
        } else {
            ""
        };
        let name = text(format!("{export}fn {}", function.name));
        let start = function.name.span.end;
        let params_start = start + self.params_offset(function);
        let generics = self.generics(&function.generics, (start, params_start));
        let end = match &function.result {
            Some(result) => result.span.start,
            None => function.body.span.start,
        };
        let source = self.source;
        let place = |param: &Param| param_span(param, params_start, source);
        let params = self.list(
            Style::PARENS,
            (params_start, end),
            &function.params,
            place,
            Self::param,
        );
        let result = self.result(function.result.as_ref());
        let body = self.block(&function.body);
        concat([name, generics, params, result, text(" "), body])
    }

    /// The offset, from the end of the name, after the brackets of the generic parameters.
    fn params_offset(&self, function: &Function) -> u32 {
        let Some(last) = function.generics.last() else {
            return 0;
        };
        let end = last
            .bound
            .as_ref()
            .map_or(last.name.span.end, |bound| bound.span.end);
        let rest = self.between(end, function.body.span.start);
        end - function.name.span.end + rest.find('(').unwrap_or(0) as u32
    }

    fn param(&mut self, param: &Param) -> Doc {
        let mutable = if param.mutable { "mut " } else { "" };
        let name = text(format!("{mutable}{}: ", param.name));
        let ty = self.ty(&param.ty);
        match &param.default {
            Some(default) => concat([name, ty, text(" = "), self.expr(default)]),
            None => concat([name, ty]),
        }
    }
}

/// The place of a parameter, from its `mut` on if it has one; `start` is where the parameters begin.
fn param_span(param: &Param, start: u32, source: &SourceFile) -> Span {
    let end = param
        .default
        .as_ref()
        .map_or(param.ty.span, |default| default.span);
    let name = param.name.span;
    let before = source.slice(Span {
        start,
        end: name.start,
        ..name
    });
    match before.rfind("mut") {
        Some(offset) if param.mutable => Span {
            start: start + offset as u32,
            ..name.to(end)
        },
        _ => name.to(end),
    }
}

/// Lines of documentation with their marks.
fn documentation(mark: &str, doc: &Documentation) -> Doc {
    let mut parts = Vec::new();
    for line in doc.text.split('\n') {
        if !parts.is_empty() {
            parts.push(Doc::HardLine);
        }
        parts.push(text(format!("{mark} {line}").trim_end()));
    }
    concat(parts)
}
