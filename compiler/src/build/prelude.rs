//! The part of the library that is written in the language and known everywhere.

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::syntax::{ast, parse};

/// The files of the prelude: name and text.
const FILES: &[(&str, &str)] = &[
    (
        "<prelude>/constants.dfn",
        include_str!("prelude/constants.dfn"),
    ),
    ("<prelude>/arrays.dfn", include_str!("prelude/arrays.dfn")),
    ("<prelude>/linalg.dfn", include_str!("prelude/linalg.dfn")),
    ("<prelude>/special.dfn", include_str!("prelude/special.dfn")),
    (
        "<prelude>/implicit.dfn",
        include_str!("prelude/implicit.dfn"),
    ),
    ("<prelude>/random.dfn", include_str!("prelude/random.dfn")),
    ("<prelude>/sparse.dfn", include_str!("prelude/sparse.dfn")),
];

/// The syntax trees of the prelude.
#[derive(Clone, Debug)]
pub struct Prelude {
    modules: Vec<ast::Module>,
}

impl Prelude {
    /// Reads the prelude; its files are added to `sources`, so that faults in it have a place.
    pub fn read(sources: &mut SourceMap) -> (Prelude, Vec<Diagnostic>) {
        let mut modules = Vec::new();
        let mut diagnostics = Vec::new();
        for (name, text) in FILES {
            let id = sources.add(*name, *text);
            if let Some(source) = sources.get(id) {
                let (module, mut found) = parse(source);
                modules.push(module);
                diagnostics.append(&mut found);
            }
        }
        (Prelude { modules }, diagnostics)
    }

    /// Its functions and constants, each with its documentation.
    pub fn items(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let items = self.modules.iter().flat_map(|module| &module.items);
        items.filter_map(|item| {
            let name = match &item.kind {
                ast::ItemKind::Function(function) => function.name.as_str(),
                ast::ItemKind::Const(constant) => constant.name.as_str(),
                _ => return None,
            };
            Some((name, item.doc.as_ref().map(|doc| &*doc.text)))
        })
    }

    pub(super) fn modules(&self) -> impl Iterator<Item = &ast::Module> {
        self.modules.iter()
    }
}
