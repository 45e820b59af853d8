//! The items of files, by name.

use super::elab::{Elab, R};
use super::errors;
use super::val::StructDef;
use crate::diagnostic::Span;
use crate::syntax::ast;
use std::collections::HashMap;
use std::sync::Arc;

/// A file with its names.
#[derive(Clone, Debug, Default)]
pub(super) struct File<'a> {
    /// The items that it declares.
    pub(super) items: HashMap<Arc<str>, Item<'a>>,
    /// The modules that it imports: the number of the file.
    pub(super) modules: HashMap<Arc<str>, usize>,
}

/// What a file declares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    /// A function.
    Function(&'a ast::Function, usize),
    /// A struct.
    Struct(StructDef<'a>),
    /// Another name for a type.
    Alias(&'a ast::TypeAlias, usize),
    /// A constant.
    Const(&'a ast::Const, usize),
}

impl Item<'_> {
    /// Where its name stands.
    pub(super) fn span(&self) -> Span {
        match self {
            Item::Function(function, _) => function.name.span,
            Item::Struct(def) => def.decl.name.span,
            Item::Alias(alias, _) => alias.name.span,
            Item::Const(constant, _) => constant.name.span,
        }
    }

    /// What it is, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Item::Function(..) => "a function",
            Item::Struct(_) => "a struct",
            Item::Alias(..) => "a type",
            Item::Const(..) => "a constant",
        }
    }
}

impl<'a> Elab<'a> {
    /// Collects the items of `module` as the file `home`.
    pub(super) fn collect(&mut self, module: &'a ast::Module, home: usize) {
        for item in &module.items {
            let (name, found) = match &item.kind {
                ast::ItemKind::Function(function) => {
                    (&function.name, Item::Function(function, home))
                }
                ast::ItemKind::Struct(decl) => {
                    let def = StructDef {
                        decl,
                        doc: item.doc.as_ref(),
                        home,
                    };
                    (&decl.name, Item::Struct(def))
                }
                ast::ItemKind::TypeAlias(alias) => (&alias.name, Item::Alias(alias, home)),
                ast::ItemKind::Const(constant) => (&constant.name, Item::Const(constant, home)),
                ast::ItemKind::Import(_) | ast::ItemKind::Test(_) | ast::ItemKind::Error => {
                    continue;
                }
            };
            if name.is_missing() {
                continue;
            }
            let known = self
                .files
                .get(home)
                .and_then(|file| file.items.get(&name.text))
                .copied();
            match known {
                Some(first) => {
                    self.fail(errors::names::declared_twice(
                        name.as_str(),
                        name.span,
                        first.span(),
                    ));
                }
                None => {
                    if let Some(file) = self.files.get_mut(home) {
                        file.items.insert(name.text.clone(), found);
                    }
                }
            }
        }
    }

    /// Makes the names that `import` brings known in the file `home`; `number` is the imported file.
    pub(super) fn import(&mut self, import: &ast::Import, home: usize, number: usize) {
        let stem = import.path.rsplit('/').next().unwrap_or_default();
        let stem: Arc<str> = stem.strip_suffix(".dfn").unwrap_or(stem).into();
        let alias = import.alias.as_ref().map(|name| name.text.clone());
        if (alias.is_some() || import.names.is_none())
            && let Some(file) = self.files.get_mut(home)
        {
            file.modules.insert(alias.unwrap_or(stem), number);
        }
        for entry in import.names.iter().flatten() {
            let found = self
                .files
                .get(number)
                .and_then(|file| file.items.get(&entry.name.text));
            let Some(found) = found.copied() else {
                let known: Vec<String> = self.names_in(number);
                let known = known.iter().map(String::as_str);
                self.fail(errors::names::unknown(
                    "item",
                    entry.name.as_str(),
                    entry.name.span,
                    known,
                ));
                continue;
            };
            let name = entry.alias.as_ref().unwrap_or(&entry.name);
            if let Some(file) = self.files.get_mut(home) {
                file.items.insert(name.text.clone(), found);
            }
        }
    }

    fn names_in(&self, number: usize) -> Vec<String> {
        let file = self.files.get(number);
        file.into_iter()
            .flat_map(|file| file.items.keys())
            .map(|name| name.to_string())
            .collect()
    }

    /// The item called `name` in the current file or the prelude.
    pub(super) fn item(&self, name: &str) -> Option<Item<'a>> {
        let here = self
            .files
            .get(self.cx.home)
            .and_then(|file| file.items.get(name));
        here.or_else(|| self.files.last()?.items.get(name)).copied()
    }

    /// The item that a path names.
    pub(super) fn item_at(&mut self, path: &ast::Path) -> R<Option<Item<'a>>> {
        match &path.module {
            None => Ok(self.item(path.name.as_str())),
            Some(module) => self.item_of(module, &path.name).map(Some),
        }
    }

    /// The item `name` of an imported module.
    pub(super) fn item_of(&mut self, module: &ast::Name, name: &ast::Name) -> R<Item<'a>> {
        let Some(number) = self.module_number(module.as_str()) else {
            return Err(self.fail(errors::names::unknown_module(module.as_str(), module.span)));
        };
        let found = self
            .files
            .get(number)
            .and_then(|file| file.items.get(&name.text))
            .copied();
        found.ok_or_else(|| {
            let known = self.names_in(number);
            let known = known.iter().map(String::as_str);
            self.fail(errors::names::unknown(
                "item",
                name.as_str(),
                name.span,
                known,
            ))
        })
    }

    /// The file that `name` stands for as a module.
    pub(super) fn module_number(&self, name: &str) -> Option<usize> {
        self.files.get(self.cx.home)?.modules.get(name).copied()
    }

    /// Every name that could be meant at the current place.
    pub(super) fn known_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.cx.scope.names().map(str::to_owned).collect();
        names.extend(self.names_in(self.cx.home));
        names.extend(self.names_in(self.files.len().saturating_sub(1)));
        names.extend(super::builtin::names().map(str::to_owned));
        names.sort_unstable();
        names.dedup();
        names
    }
}
