//! Patterns: the names that a `let`, a loop or a parameter binds.

use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::items::Item;
use crate::build::val::{Meaning, Val};
use crate::syntax::ast::{Pattern, PatternKind};

impl<'a> Elab<'a> {
    /// Binds the names of `pattern` to the parts of `val`.
    pub(in crate::build) fn bind_pattern(&mut self, pattern: &'a Pattern, val: Val<'a>) -> R<()> {
        match (&pattern.kind, val) {
            (PatternKind::Name { name, mutable }, val) => {
                if *mutable && matches!(val, Val::Func(_)) {
                    let place = format!("the variable `{name}`");
                    return Err(self.fail(errors::functions::function_value(&place, pattern.span)));
                }
                // A variable has one type for its whole life, any name one value.
                let val = match mutable {
                    true => self.settled(&val, pattern.span)?,
                    false => self.named_numbers(val, &name.text, name.span),
                };
                self.name_value(&val, &name.text);
                self.cx
                    .scope
                    .bind(&name.text, Meaning::Val(val), *mutable, name.span);
                Ok(())
            }
            (PatternKind::Ignore, _) => Ok(()),
            (PatternKind::Tuple(patterns), Val::Tuple(parts)) if patterns.len() == parts.len() => {
                patterns
                    .iter()
                    .zip(parts)
                    .try_for_each(|(pattern, part)| self.bind_pattern(pattern, part))
            }
            (PatternKind::Struct { path, fields, rest }, Val::Struct(def, parts)) => {
                let same = matches!(self.item_at(path)?, Some(Item::Struct(found)) if found == def);
                if !same {
                    let wanted = format!("of the struct `{path}`");
                    let found = format!("of `{}`", def.decl.name);
                    return Err(self.fail(errors::types::pattern(&wanted, &found, pattern.span)));
                }
                let names: Vec<&str> = def
                    .decl
                    .fields
                    .iter()
                    .map(|field| field.name.as_str())
                    .collect();
                for field in fields {
                    let place = names.iter().position(|name| *name == field.field.as_str());
                    let Some(part) = place.and_then(|place| parts.get(place)) else {
                        let (owner, name) = (def.decl.name.as_str(), field.field.as_str());
                        return Err(self.fail(errors::names::unknown_field(
                            owner,
                            name,
                            field.field.span,
                            &names,
                        )));
                    };
                    self.bind_pattern(&field.pattern, part.clone())?;
                }
                let open = names
                    .iter()
                    .filter(|name| !fields.iter().any(|field| field.field.as_str() == **name));
                let open: Vec<&str> = open.copied().collect();
                if !open.is_empty() && rest.is_none() {
                    return Err(self.fail(errors::types::missing_fields(
                        def.decl.name.as_str(),
                        &open,
                        pattern.span,
                    )));
                }
                Ok(())
            }
            (PatternKind::Error, _) => Err(crate::build::elab::Reported),
            (_, Val::Error) => {
                self.bind_faulty(pattern);
                Ok(())
            }
            (PatternKind::Tuple(patterns), val) => {
                let wanted = format!("a tuple of {}", patterns.len());
                let found = self.show(&val);
                self.bind_faulty(pattern);
                Err(self.fail(errors::types::pattern(&wanted, &found, pattern.span)))
            }
            (PatternKind::Struct { path, .. }, val) => {
                let found = self.show(&val);
                self.bind_faulty(pattern);
                Err(self.fail(errors::types::pattern(
                    &format!("of the struct `{path}`"),
                    &found,
                    pattern.span,
                )))
            }
        }
    }

    /// Binds the names of `pattern` to a fault, so that their uses say nothing more.
    pub(in crate::build) fn bind_faulty(&mut self, pattern: &'a Pattern) {
        match &pattern.kind {
            PatternKind::Name { name, mutable } => {
                self.cx
                    .scope
                    .bind(&name.text, Meaning::Val(Val::Error), *mutable, name.span);
            }
            PatternKind::Tuple(patterns) => patterns
                .iter()
                .for_each(|pattern| self.bind_faulty(pattern)),
            PatternKind::Struct { fields, .. } => fields
                .iter()
                .for_each(|field| self.bind_faulty(&field.pattern)),
            PatternKind::Ignore | PatternKind::Error => {}
        }
    }
}
