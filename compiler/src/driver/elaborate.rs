//! From syntax trees to a program: the call of elaboration.

use super::load::File;
use crate::build::{Prelude, Program, Source, build};
use crate::diagnostic::{Diagnostic, SourceMap};

pub(super) fn elaborate(
    files: &[File],
    sources: &mut SourceMap,
) -> (Option<Program>, Vec<Diagnostic>) {
    let (prelude, mut diagnostics) = Prelude::read(sources);
    let files: Vec<Source<'_>> = files
        .iter()
        .map(|file| Source {
            module: &file.module,
            imports: &file.imports,
        })
        .collect();
    let built = build(&files, &prelude);
    diagnostics.extend(built.diagnostics);
    (built.program, diagnostics)
}
