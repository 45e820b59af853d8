//! The items of files, by name.

use super::elab::{Elab, R};
use super::errors;
use super::val::StructDef;
use crate::diagnostic::Span;
use crate::syntax::ast;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A file with its names.
#[derive(Clone, Debug, Default)]
pub(super) struct File<'a> {
    /// The items that it declares.
    pub(super) items: HashMap<Arc<str>, Item<'a>>,
    /// The names that other files may use: its own items marked `pub`, and what it passes on.
    pub(super) public: HashSet<Arc<str>>,
    /// The modules that it imports: the number of the file, and where it is named.
    pub(super) modules: HashMap<Arc<str>, (usize, Span)>,
    /// Where the items that it imports by name are named.
    pub(super) imported: HashMap<Arc<str>, Span>,
    /// Its path as the first import of it is written, for messages.
    pub(super) path: Arc<str>,
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

/// Whether other files may use an item: it is marked `pub`, or known to C anyway.
fn is_public(item: &ast::Item) -> bool {
    let exported =
        matches!(&item.kind, ast::ItemKind::Function(function) if function.export.is_some());
    item.public.is_some() || exported
}

impl<'a> Elab<'a> {
    /// Collects the items of `module` as the file `home`.
    pub(super) fn collect(&mut self, module: &'a ast::Module, home: usize) {
        for item in &module.items {
            self.collect_rule(item);
            let (name, found) = match &item.kind {
                ast::ItemKind::Function(function) => {
                    (&function.name, Item::Function(function, home))
                }
                ast::ItemKind::Struct(decl) => {
                    let def = StructDef {
                        decl,
                        doc: item.doc.as_ref(),
                        home,
                        rows: 0,
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
                        if is_public(item) {
                            file.public.insert(name.text.clone());
                        }
                    }
                }
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

    fn public_names(&self, number: usize) -> Vec<String> {
        let file = self.files.get(number);
        file.into_iter()
            .flat_map(|file| &file.public)
            .map(|name| name.to_string())
            .collect()
    }

    /// The item called `name` in the current file or the prelude.
    pub(super) fn item(&self, name: &str) -> Option<Item<'a>> {
        self.item_in(self.cx.home, name)
    }

    /// The item called `name` in the file `home` or the prelude.
    pub(super) fn item_in(&self, home: usize, name: &str) -> Option<Item<'a>> {
        let here = self.files.get(home).and_then(|file| file.items.get(name));
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
        self.public_item(number, name)
    }

    /// The item `name` of the file `number`, if other files may use it.
    pub(super) fn public_item(&mut self, number: usize, name: &ast::Name) -> R<Item<'a>> {
        let file = self.files.get(number);
        let found = file.and_then(|file| file.items.get(&name.text)).copied();
        let public = file.is_some_and(|file| file.public.contains(&name.text));
        let diagnostic = match found {
            Some(item) if public => return Ok(item),
            Some(item) => {
                let path = file.map(|file| file.path.clone()).unwrap_or_default();
                let imported = file.and_then(|file| file.imported.get(&name.text));
                let known_by = imported.copied().unwrap_or(item.span());
                errors::names::private(name.as_str(), &path, name.span, known_by)
            }
            None => {
                let known = self.public_names(number);
                let known = known.iter().map(String::as_str);
                errors::names::unknown("item", name.as_str(), name.span, known)
            }
        };
        Err(self.fail(diagnostic))
    }

    /// The file that `name` stands for as a module.
    pub(super) fn module_number(&self, name: &str) -> Option<usize> {
        self.number_of_module(self.cx.home, name)
    }

    /// The file that `name` stands for as a module in the file `home`.
    pub(super) fn number_of_module(&self, home: usize, name: &str) -> Option<usize> {
        let (number, _) = self.files.get(home)?.modules.get(name)?;
        Some(*number)
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
