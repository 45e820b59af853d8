//! From syntax trees to a program: the call of elaboration.

use super::load::File;
use crate::build::{Built, Prelude, Source, build};
use crate::diagnostic::SourceMap;

/// Elaborates the program of these files, the main one first.
pub(super) fn elaborate<'a>(files: &'a [File], sources: &mut SourceMap) -> Built {
    let (prelude, mut diagnostics) = Prelude::read(sources);
    let source = |file: &'a File| Source {
        module: &file.module,
        imports: &file.imports,
        standard: file.standard,
    };
    let files: Vec<Source<'a>> = files.iter().map(source).collect();
    let mut built = build(&files, &prelude);
    diagnostics.append(&mut built.diagnostics);
    Built {
        diagnostics,
        ..built
    }
}
