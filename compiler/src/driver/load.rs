//! Reading programs: the file, and the files that it imports.

use super::elaborate::elaborate;
use super::standard;
use crate::build::Program;
use crate::diagnostic::{Diagnostic, FileId, SourceMap, Span, files};
use crate::syntax::{self, ast};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The files of a program, and what was said about them.
#[derive(Debug, Default)]
pub struct Session {
    /// The files.
    pub sources: SourceMap,
    /// Faults, in the order in which they were found.
    pub diagnostics: Vec<Diagnostic>,
    /// What is perhaps not meant.
    pub warnings: Vec<Diagnostic>,
    /// The files of the program that could be read, the program itself first.
    files: Vec<File>,
    /// The position in `files` of each path that was asked for; absent if it could not be read.
    known: HashMap<PathBuf, Option<usize>>,
    /// The files whose imports are being read, each with the place that asked for it.
    open: Vec<(PathBuf, Option<Span>)>,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct File {
    /// Its syntax tree.
    pub(super) module: ast::Module,
    /// For each import, in order, the position of its file, if it could be read.
    pub(super) imports: Vec<Option<usize>>,
    /// Whether it belongs to the standard library.
    pub(super) standard: bool,
}

/// Reads a file.
pub fn read_file(sources: &mut SourceMap, path: &Path) -> Result<FileId, Diagnostic> {
    let name = path.to_string_lossy();
    sources
        .add_read(&name, std::fs::read(path))
        .map_err(Diagnostic::from)
}

/// Reads a file, or a module of the standard library if the path is `std/NAME` and there is no such file.
pub fn read_module(sources: &mut SourceMap, path: &Path) -> Result<FileId, Diagnostic> {
    let text = path.to_string_lossy();
    match text.strip_prefix(standard::PREFIX) {
        Some(name) if !path.exists() => standard::add(sources, name),
        _ => read_file(sources, path),
    }
}

impl Session {
    /// The program in a file, elaborated; `None` if a diagnostic refuses it.
    pub fn program(&mut self, path: &Path) -> Option<Program> {
        self.file(&Place::File(path.to_owned()), None);
        if self.is_refused() {
            // Names of files that could not be read whole would be reported as unknown.
            return None;
        }
        let built = elaborate(&self.files, &mut self.sources);
        self.diagnostics.extend(built.diagnostics);
        self.warnings = built.warnings;
        built.program.filter(|_| !self.is_refused())
    }

    fn is_refused(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Reads a file and what it imports, each file once: its position. `import` is where it is asked for.
    fn file(&mut self, place: &Place, import: Option<Span>) -> Option<usize> {
        let key = place.key();
        if let Some(first) = self.open.iter().position(|(open, _)| *open == key) {
            self.cycle(first, import);
            return None;
        }
        if let Some(position) = self.known.get(&key) {
            return *position;
        }
        let Some((module, diagnostics)) = self.parse(place, import) else {
            self.known.insert(key, None);
            return None;
        };
        self.diagnostics.extend(diagnostics);
        let position = self.files.len();
        self.known.insert(key.clone(), Some(position));
        let imports = imports(&module);
        self.files.push(File {
            module,
            imports: Vec::new(),
            standard: matches!(place, Place::Standard(_)),
        });
        self.open.push((key, import));
        let found: Vec<Option<usize>> = imports
            .iter()
            .map(|(import, span)| self.file(&place.import(import), Some(*span)))
            .collect();
        self.open.pop();
        if let Some(file) = self.files.get_mut(position) {
            file.imports = found;
        }
        Some(position)
    }

    fn parse(
        &mut self,
        place: &Place,
        import: Option<Span>,
    ) -> Option<(ast::Module, Vec<Diagnostic>)> {
        let read = match place {
            Place::File(path) => read_file(&mut self.sources, path),
            Place::Standard(name) => standard::add(&mut self.sources, name),
        };
        match read {
            Ok(id) => self.sources.get(id).map(syntax::parse),
            Err(diagnostic) => {
                self.diagnostics.push(match import {
                    Some(span) => diagnostic.at(span, "imported here"),
                    None => diagnostic,
                });
                None
            }
        }
    }

    /// Reports that the file at `first` of the open ones is imported again, at `import`.
    fn cycle(&mut self, first: usize, import: Option<Span>) {
        let inner = self.open.iter().skip(first + 1);
        let spans: Vec<Span> = inner.filter_map(|(_, span)| *span).chain(import).collect();
        self.diagnostics
            .push(files::import_cycle(&spans, &self.sources));
    }
}

/// Where a file of a program is.
#[derive(Clone, Debug)]
enum Place {
    /// On the disk.
    File(PathBuf),
    /// In the standard library, under this name (without `std/`).
    Standard(String),
}

impl Place {
    /// What is the same for all ways to name one file.
    fn key(&self) -> PathBuf {
        match self {
            Place::File(path) => std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            Place::Standard(name) => Path::new("<std>").join(name),
        }
    }

    /// The place that `import` names in the file at this one.
    fn import(&self, import: &str) -> Place {
        match (import.strip_prefix(standard::PREFIX), self) {
            (Some(name), _) => Place::Standard(name.to_owned()),
            (None, Place::File(path)) => {
                Place::File(path.parent().unwrap_or(Path::new("")).join(import))
            }
            // The library has no files beside its modules.
            (None, Place::Standard(_)) => Place::Standard(import.to_owned()),
        }
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
