//! Imports: the names of other files that become known in a file.
//!
//! A file sees what it declares, what it imports, and the prelude. Of another file it may use what that
//! file marks `pub`, and what it passes on by `pub import`.

use super::Source;
use super::elab::Elab;
use super::errors;
use crate::diagnostic::Span;
use crate::syntax::ast;
use crate::syntax::token::is_name;
use std::sync::Arc;

impl<'a> Elab<'a> {
    /// Makes the imported names of all files known.
    pub(super) fn imports(&mut self, files: &[Source<'a>]) {
        for home in imported_first(files) {
            let Some(file) = files.get(home) else {
                continue;
            };
            let imports = file
                .module
                .items
                .iter()
                .filter_map(|item| match &item.kind {
                    ast::ItemKind::Import(import) => Some((import, item.public.is_some())),
                    _ => None,
                });
            for ((import, public), target) in imports.zip(file.imports) {
                if let Some(target) = target {
                    self.import(import, public, home, *target);
                }
            }
        }
    }

    /// Makes the names that `import` brings known in the file `home`; `number` is the imported file.
    fn import(&mut self, import: &ast::Import, public: bool, home: usize, number: usize) {
        if let Some(file) = self.files.get_mut(number)
            && file.path.is_empty()
        {
            file.path = import.path.clone();
        }
        match (&import.alias, &import.names) {
            (Some(alias), _) => self.add_module(&alias.text, alias.span, home, number),
            (None, None) => {
                let stem = stem(&import.path);
                match is_name(&stem) {
                    true => self.add_module(&stem, import.path_span, home, number),
                    false => {
                        self.fail(errors::names::no_module_name(&stem, import.path_span));
                    }
                }
            }
            (None, Some(_)) => {}
        }
        for entry in import.names.iter().flatten() {
            let Ok(item) = self.public_item(number, &entry.name) else {
                continue;
            };
            let name = entry.alias.as_ref().unwrap_or(&entry.name);
            if self.is_free(&name.text, name.span, home)
                && let Some(file) = self.files.get_mut(home)
            {
                file.items.insert(name.text.clone(), item);
                file.imported.insert(name.text.clone(), name.span);
                if public {
                    file.public.insert(name.text.clone());
                }
            }
        }
    }

    fn add_module(&mut self, name: &Arc<str>, at: Span, home: usize, number: usize) {
        if self.is_free(name, at, home)
            && let Some(file) = self.files.get_mut(home)
        {
            file.modules.insert(name.clone(), (number, at));
        }
    }

    /// Whether nothing in the file `home` has this name yet; if something has, that is reported.
    fn is_free(&mut self, name: &Arc<str>, at: Span, home: usize) -> bool {
        let file = self.files.get(home);
        let module = file
            .and_then(|file| file.modules.get(name))
            .map(|(_, at)| *at);
        let imported = file.and_then(|file| file.imported.get(name)).copied();
        let item = file
            .and_then(|file| file.items.get(name))
            .map(|item| item.span());
        match module.or(imported).or(item) {
            Some(first) => {
                self.fail(errors::names::declared_twice(name, at, first));
                false
            }
            None => true,
        }
    }
}

/// The last part of a path, without the ending of a program.
fn stem(path: &str) -> Arc<str> {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.strip_suffix(".dfn").unwrap_or(last).into()
}

/// The numbers of the files, each after those that it imports: what a file passes on is known before
/// others ask for it.
fn imported_first(files: &[Source<'_>]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; files.len()];
    for start in 0..files.len() {
        // A file and how many of its imports have been visited.
        let mut path = vec![(start, 0)];
        while let Some((number, next)) = path.pop() {
            let (Some(file), Some(seen)) = (files.get(number), seen.get_mut(number)) else {
                continue;
            };
            if *seen && next == 0 {
                continue;
            }
            *seen = true;
            match file.imports.get(next) {
                Some(import) => {
                    path.push((number, next + 1));
                    path.extend(import.map(|target| (target, 0)));
                }
                None => order.push(number),
            }
        }
    }
    order
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn order(imports: &[&[Option<usize>]]) -> Vec<usize> {
        let source = crate::diagnostic::SourceFile::single("a.dfn", "");
        let (module, _) = crate::syntax::parse(&source);
        let files: Vec<Source<'_>> = imports
            .iter()
            .map(|imports| Source {
                module: &module,
                imports,
                standard: false,
            })
            .collect();
        imported_first(&files)
    }

    #[test]
    fn each_file_comes_after_what_it_imports_and_once() {
        assert_eq!(order(&[&[Some(1), Some(2)], &[Some(2)], &[]]), [2, 1, 0]);
        assert_eq!(order(&[&[None, Some(1)], &[], &[Some(1)]]), [1, 0, 2]);
        assert_eq!(order(&[&[]]), [0]);
    }

    #[test]
    fn a_stem_is_the_last_part_of_a_path() {
        assert_eq!(&*stem("../models/linear.dfn"), "linear");
        assert_eq!(&*stem("std/optim"), "optim");
    }
}
