//! Reading programs: the file, and the files that it imports.

use super::elaborate::elaborate;
use crate::build::Program;
use crate::diagnostic::{Diagnostic, FileId, SourceMap, Span};
use crate::syntax::{self, ast};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The files of a program, and what was said about them.
#[derive(Debug, Default)]
pub struct Session {
    /// The files.
    pub sources: SourceMap,
    /// Faults and warnings, in the order in which they were found.
    pub diagnostics: Vec<Diagnostic>,
    /// The files of the program that could be read, the program itself first.
    files: Vec<File>,
    /// The position in `files` of each path that was asked for; absent if it could not be read.
    known: HashMap<PathBuf, Option<usize>>,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct File {
    /// Its syntax tree.
    pub(super) module: ast::Module,
    /// For each import, in order, the position of its file, if it could be read.
    pub(super) imports: Vec<Option<usize>>,
}

/// Reads a file.
pub fn read_file(sources: &mut SourceMap, path: &Path) -> Result<FileId, Diagnostic> {
    let name = path.to_string_lossy();
    sources
        .add_read(&name, std::fs::read(path))
        .map_err(Diagnostic::from)
}

impl Session {
    /// The program in a file, elaborated; `None` if a diagnostic refuses it.
    pub fn program(&mut self, path: &Path) -> Option<Program> {
        self.file(path, None);
        if self.is_refused() {
            // Names of files that could not be read whole would be reported as unknown.
            return None;
        }
        let built = elaborate(&self.files, &mut self.sources);
        self.diagnostics.extend(built.diagnostics);
        built.program.filter(|_| !self.is_refused())
    }

    fn is_refused(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Reads a file and what it imports, each file once: its position. `import` is where it is asked for.
    fn file(&mut self, path: &Path, import: Option<Span>) -> Option<usize> {
        let key = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if let Some(position) = self.known.get(&key) {
            return *position;
        }
        let module = match read_file(&mut self.sources, path) {
            Ok(id) => self.sources.get(id).map(syntax::parse),
            Err(diagnostic) => {
                self.diagnostics.push(match import {
                    Some(span) => diagnostic.at(span, "imported here"),
                    None => diagnostic,
                });
                None
            }
        };
        let Some((module, diagnostics)) = module else {
            self.known.insert(key, None);
            return None;
        };
        self.diagnostics.extend(diagnostics);
        let position = self.files.len();
        self.known.insert(key, Some(position));
        let imports = imports(&module);
        self.files.push(File {
            module,
            imports: Vec::new(),
        });
        let directory = path.parent().unwrap_or(Path::new(""));
        let found: Vec<Option<usize>> = imports
            .iter()
            .map(|(import, span)| self.file(&directory.join(import), Some(*span)))
            .collect();
        if let Some(file) = self.files.get_mut(position) {
            file.imports = found;
        }
        Some(position)
    }
}

/// The paths that a file imports, in order, and where they stand.
fn imports(module: &ast::Module) -> Vec<(String, Span)> {
    let path = |item: &ast::Item| match &item.kind {
        ast::ItemKind::Import(import) => Some((import.path.to_string(), import.path_span)),
        _ => None,
    };
    module.items.iter().filter_map(path).collect()
}
