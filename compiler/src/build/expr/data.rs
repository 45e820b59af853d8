//! Structs and tuples: made, and taken apart.

use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::unify::{Place, Postponed};
use crate::build::val::{Meaning, Val};
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Expr, ExprKind, StructLiteral};
use dfn_ir::DType;

impl<'a> Elab<'a> {
    /// `m.w`, or the item of a module.
    pub(super) fn field(&mut self, base: &'a Expr, field: &'a ast::Name) -> R<Val<'a>> {
        if let ExprKind::Name(name) = &base.kind {
            let local = self.cx.scope.get(name.as_str()).is_some();
            if !local && self.module_number(name.as_str()).is_some() {
                let item = self.item_of(name, field)?;
                return self.item_value(item, field.as_str(), field.span);
            }
        }
        let owner = self.expr(base)?;
        let place = self.field_place(&owner, field)?;
        match &owner {
            Val::Struct(_, parts) => parts.get(place).cloned().ok_or(Reported),
            _ => Err(Reported),
        }
    }

    /// The position of a field in a struct.
    pub(in crate::build) fn field_place(&mut self, owner: &Val<'a>, field: &ast::Name) -> R<usize> {
        match owner {
            Val::Struct(def, _) => {
                let names: Vec<&str> = def
                    .decl
                    .fields
                    .iter()
                    .map(|field| field.name.as_str())
                    .collect();
                let place = names.iter().position(|name| *name == field.as_str());
                let owner = def.decl.name.as_str();
                place.ok_or_else(|| {
                    self.fail(errors::names::unknown_field(
                        owner,
                        field.as_str(),
                        field.span,
                        &names,
                    ))
                })
            }
            Val::Error => Err(Reported),
            _ => {
                let found = self.show(owner);
                let found = found.trim_matches('`');
                Err(self.fail(errors::names::unknown_field(
                    found,
                    field.as_str(),
                    field.span,
                    &[],
                )))
            }
        }
    }

    /// `t.0`
    pub(super) fn tuple_field(&mut self, base: &'a Expr, index: u32, at: Span) -> R<Val<'a>> {
        let owner = self.expr(base)?;
        let place = self.tuple_place(&owner, index, at)?;
        match &owner {
            Val::Tuple(parts) => parts.get(place).cloned().ok_or(Reported),
            _ => Err(Reported),
        }
    }

    /// The position of a part in a tuple.
    pub(in crate::build) fn tuple_place(
        &mut self,
        owner: &Val<'a>,
        index: u32,
        at: Span,
    ) -> R<usize> {
        match owner {
            Val::Tuple(parts) if (index as usize) < parts.len() => Ok(index as usize),
            Val::Error => Err(Reported),
            _ => {
                let found = self.show(owner);
                let found = found.trim_matches('`');
                Err(self.fail(errors::names::unknown_field(
                    found,
                    &index.to_string(),
                    at,
                    &[],
                )))
            }
        }
    }

    /// `Model { w: e, b, ..rest }`
    pub(super) fn struct_literal(&mut self, literal: &'a StructLiteral, at: Span) -> R<Val<'a>> {
        let path = &literal.path;
        let def = match self.item_at(path)? {
            Some(Item::Struct(def)) => def,
            Some(other) => {
                let name = path.to_string();
                return Err(self.fail(errors::names::wrong_kind(
                    &name,
                    other.kind(),
                    "a struct",
                    path.span(),
                )));
            }
            None => {
                let known = self.known_names();
                let known = known.iter().map(String::as_str);
                return Err(self.fail(errors::names::unknown(
                    "struct",
                    path.name.as_str(),
                    path.span(),
                    known,
                )));
            }
        };
        let rest = literal
            .rest
            .as_ref()
            .map(|rest| Ok((self.expr(rest)?, rest.span)))
            .transpose()?;
        let given = self.given_fields(literal, def.decl);
        let mut vals = Vec::new();
        for (field, given) in def.decl.fields.iter().zip(given?) {
            let from_rest = match &rest {
                Some((Val::Struct(other, parts), span)) if *other == def => {
                    parts.get(vals.len()).map(|val| (val.clone(), *span))
                }
                _ => None,
            };
            match given.or(from_rest) {
                Some((val, span)) => vals.push((field, val, span)),
                None => vals.push((field, Val::Error, at)),
            }
        }
        let missing = vals
            .iter()
            .filter(|(_, val, span)| matches!(val, Val::Error) && *span == at);
        let missing: Vec<&str> = missing.map(|(field, ..)| field.name.as_str()).collect();
        if !missing.is_empty() {
            return Err(self.fail(errors::types::missing_fields(
                def.decl.name.as_str(),
                &missing,
                at,
            )));
        }
        self.fit_fields(def, vals)
    }

    fn given_fields(
        &mut self,
        literal: &'a StructLiteral,
        decl: &'a ast::Struct,
    ) -> R<Vec<Option<(Val<'a>, Span)>>> {
        let names: Vec<&str> = decl
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let mut given: Vec<Option<(Val<'a>, Span)>> = vec![None; names.len()];
        let mut result = Ok(());
        for init in &literal.fields {
            let val = self.expr(&init.value).unwrap_or_else(|Reported| {
                result = Err(Reported);
                Val::Error
            });
            let place = names.iter().position(|name| *name == init.field.as_str());
            match place.and_then(|place| given.get_mut(place)) {
                Some(slot @ None) => *slot = Some((val, init.value.span)),
                Some(Some(_)) => {
                    result = Err(self.fail(errors::types::field_twice(
                        init.field.as_str(),
                        init.field.span,
                    )));
                }
                None => {
                    let (owner, field) = (decl.name.as_str(), init.field.as_str());
                    result = Err(self.fail(errors::names::unknown_field(
                        owner,
                        field,
                        init.field.span,
                        &names,
                    )));
                }
            }
        }
        result.map(|()| given)
    }

    /// The fields fitted to their declared types, which determine the struct's sizes.
    fn fit_fields(
        &mut self,
        def: crate::build::val::StructDef<'a>,
        vals: Vec<(&'a ast::Field, Val<'a>, Span)>,
    ) -> R<Val<'a>> {
        let before = self.unknowns.len();
        self.enter_types(Vec::new(), def.home);
        let mut classes = Ok(());
        for generic in &def.decl.generics {
            let meaning = match &generic.bound {
                None => Meaning::Size(self.unknown(&generic.name.text)),
                Some(class) => {
                    let found = vals.iter().find_map(|(field, val, span)| {
                        let dtype = self.find_dtype(&field.ty, generic.name.as_str(), val)?;
                        Some((dtype, *span))
                    });
                    if let Some((dtype, at)) = found {
                        let owner = (def.decl.name.as_str(), generic.name.as_str());
                        classes = classes.and(self.in_class(class, dtype, owner, at));
                    }
                    let default = match class.as_str() {
                        "int" => DType::I64,
                        _ => DType::F64,
                    };
                    Meaning::DType(found.map_or(default, |(dtype, _)| dtype))
                }
            };
            self.cx
                .scope
                .bind(&generic.name.text, meaning, false, generic.name.span);
        }
        let mut later: Vec<Postponed> = Vec::new();
        let mut fitted: Vec<R<Val<'a>>> = Vec::new();
        for (field, val, span) in &vals {
            let what = format!("the field `{}` of `{}`", field.name, def.decl.name);
            let place = Place {
                at: *span,
                declared: field.ty.span,
                what: &what,
            };
            let pat = self.resolve(&field.ty);
            fitted.push(pat.and_then(|pat| self.fit(&pat, val, place, &mut later)));
        }
        let postponed = self.unify_postponed(later);
        self.leave_types();
        self.unknowns.truncate(before);
        let parts: R<Vec<Val<'a>>> = fitted.into_iter().collect();
        classes?;
        postponed?;
        Ok(Val::Struct(def, parts?))
    }
}
