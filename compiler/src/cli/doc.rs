//! `dfn doc`: the documentation of a module as Markdown.

use super::Outcome;
use super::report::Reporter;
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::doc::markdown;
use crate::driver::{read_module, write_file};
use crate::syntax::parse;
use std::path::{Path, PathBuf};

/// Write the documentation of a module: its public items with signatures and `///` lines, in Markdown.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The module: a file, or `std/NAME` of the standard library.
    module: PathBuf,
    /// The file to write; the standard output if none is given.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut sources = SourceMap::new();
    match page(&args.module, &mut sources) {
        Ok(page) => match &args.out {
            None => {
                reporter.text(&page);
                Ok(())
            }
            Some(path) => write_file(path, page.as_bytes())
                .map_err(|diagnostic| reporter.refuse(&[diagnostic], &sources)),
        },
        Err(diagnostics) => Err(reporter.refuse(&diagnostics, &sources)),
    }
}

fn page(path: &Path, sources: &mut SourceMap) -> Result<String, Vec<Diagnostic>> {
    let id = read_module(sources, path).map_err(|diagnostic| vec![diagnostic])?;
    let Some(source) = sources.get(id) else {
        return Ok(String::new());
    };
    let (module, diagnostics) = parse(source);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let title = match path.starts_with("std") {
        true => path.to_string_lossy(),
        false => path.file_stem().unwrap_or_default().to_string_lossy(),
    };
    Ok(markdown(&title, source, &module))
}
