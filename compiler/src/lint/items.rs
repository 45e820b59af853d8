//! Files and their items.

use super::names::{Kind, Names};
use super::warnings;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{
    Function, GenericParam, Import, Item, ItemKind, Module, Path, Size, Type, TypeKind,
};
use std::collections::HashSet;
use std::sync::Arc;

impl Names {
    /// A file. That an item is not used is said only where something is: in a file with an export, `main`,
    /// a test or a `pub` item.
    pub(super) fn module(&mut self, module: &Module) {
        let mut used: Vec<HashSet<Arc<str>>> = Vec::new();
        for item in &module.items {
            self.item(item);
            used.push(std::mem::take(&mut self.mentioned));
        }
        let is_used = |name: &str, place: Option<usize>| {
            let others = used.iter().enumerate().filter(|(k, _)| Some(*k) != place);
            others.into_iter().any(|(_, names)| names.contains(name))
        };
        let rooted = module.items.iter().any(is_root);
        let mut found: Vec<Diagnostic> = Vec::new();
        for (place, item) in module.items.iter().enumerate() {
            if let ItemKind::Import(import) = &item.kind {
                let names = imported(import).into_iter();
                let unused = names.filter(|(name, _)| !is_used(name, None));
                found.extend(unused.map(|(name, at)| warnings::unused_import(&name, at)));
            }
            let Some((kind, name)) = named(item).filter(|_| rooted && !is_root(item)) else {
                continue;
            };
            if !name.text.starts_with('_') && !is_used(name.as_str(), Some(place)) {
                found.push(warnings::unused_item(kind, name.as_str(), name.span));
            }
        }
        self.found.append(&mut found);
    }

    fn item(&mut self, item: &Item) {
        let attributes = item.attributes.iter().flat_map(|attribute| &attribute.args);
        attributes.for_each(|arg| self.expr(&arg.value));
        self.open();
        match &item.kind {
            ItemKind::Function(function) => self.function(function),
            ItemKind::Struct(decl) => {
                self.generics(&decl.generics);
                decl.fields.iter().for_each(|field| self.ty(&field.ty));
            }
            ItemKind::TypeAlias(alias) => {
                self.generics(&alias.generics);
                self.ty(&alias.ty);
            }
            ItemKind::Const(constant) => {
                constant.ty.iter().for_each(|ty| self.ty(ty));
                self.expr(&constant.value);
            }
            ItemKind::Test(test) => self.block(&test.body),
            ItemKind::Import(_) | ItemKind::Error => {}
        }
        self.close();
    }

    fn generics(&mut self, generics: &[GenericParam]) {
        generics
            .iter()
            .for_each(|generic| self.bind(&generic.name, Kind::Quiet, false));
    }

    /// A function: its parameters, its types, its body.
    pub(super) fn function(&mut self, function: &Function) {
        self.open();
        self.generics(&function.generics);
        let sizes: Vec<HashSet<Arc<str>>> = function
            .params
            .iter()
            .map(|param| mentioned(&param.ty))
            .collect();
        for (place, param) in function.params.iter().enumerate() {
            self.ty(&param.ty);
            param.default.iter().for_each(|default| self.expr(default));
            // What alone says how large a size is, is there for that.
            let says = |generic: &GenericParam| {
                let mut others = sizes
                    .iter()
                    .enumerate()
                    .filter(|(_, names)| names.contains(&generic.name.text));
                matches!((others.next(), others.next()), (Some((k, _)), None) if k == place)
            };
            let kind = match function.generics.iter().any(says) {
                true => Kind::Quiet,
                false => Kind::Parameter,
            };
            self.bind(&param.name, kind, param.mutable);
        }
        function.result.iter().for_each(|ty| self.ty(ty));
        self.block(&function.body);
        self.close();
    }

    /// A type, whose sizes are expressions.
    pub(super) fn ty(&mut self, ty: &Type) {
        match &ty.kind {
            TypeKind::Named(path) => self.path(path),
            TypeKind::Apply { base, args } => {
                self.ty(base);
                for arg in args {
                    match arg {
                        Size::Exact(expr) | Size::Bounded { bound: expr, .. } => self.expr(expr),
                    }
                }
            }
            TypeKind::Tuple(parts) => parts.iter().for_each(|part| self.ty(part)),
            TypeKind::Function(function) => {
                function.params.iter().for_each(|param| self.ty(param));
                function.result.iter().for_each(|ty| self.ty(ty));
            }
            TypeKind::Error => {}
        }
    }

    /// The name of a struct or a type, perhaps of a module.
    pub(super) fn path(&mut self, path: &Path) {
        match &path.module {
            Some(module) => self.read(&module.text),
            None => self.read(&path.name.text),
        }
    }
}

/// The names in a type.
fn mentioned(ty: &Type) -> HashSet<Arc<str>> {
    let mut names = Names::default();
    names.ty(ty);
    names.mentioned
}

/// Whether something outside of the file uses the item.
fn is_root(item: &Item) -> bool {
    let called = match &item.kind {
        ItemKind::Function(function) => {
            function.export.is_some() || function.name.as_str() == "main"
        }
        ItemKind::Test(_) => true,
        _ => false,
    };
    called || item.public.is_some()
}

/// What an item is called.
fn named(item: &Item) -> Option<(&'static str, &crate::syntax::ast::Name)> {
    match &item.kind {
        ItemKind::Function(function) => Some(("function", &function.name)),
        ItemKind::Struct(decl) => Some(("struct", &decl.name)),
        ItemKind::TypeAlias(alias) => Some(("type", &alias.name)),
        ItemKind::Const(constant) => Some(("constant", &constant.name)),
        ItemKind::Import(_) | ItemKind::Test(_) | ItemKind::Error => None,
    }
}

/// The names that an import brings, each with its place.
fn imported(import: &Import) -> Vec<(Arc<str>, Span)> {
    let stem = import.path.rsplit('/').next().unwrap_or_default();
    let stem: Arc<str> = stem.strip_suffix(".dfn").unwrap_or(stem).into();
    let mut names = Vec::new();
    match (&import.alias, &import.names) {
        (Some(alias), _) => names.push((alias.text.clone(), alias.span)),
        (None, None) => names.push((stem, import.path_span)),
        (None, Some(_)) => {}
    }
    for entry in import.names.iter().flatten() {
        let name = entry.alias.as_ref().unwrap_or(&entry.name);
        names.push((name.text.clone(), name.span));
    }
    names
}
