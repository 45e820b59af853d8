//! `dfn fmt`: one layout for every program.

use super::report::Reporter;
use super::{Failed, Outcome};
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::driver::{read_file, write_file};
use crate::syntax::format::format;
use std::path::{Path, PathBuf};

/// Write programs in the one layout.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The programs.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; fail if something would change.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut outcome = Ok(());
    for file in &args.files {
        outcome = outcome.and(one(file, args.check, reporter));
    }
    outcome
}

fn one(path: &Path, check: bool, reporter: &mut Reporter) -> Outcome {
    let mut sources = SourceMap::new();
    match try_one(path, check, &mut sources) {
        Ok(true) if check => {
            reporter.text(&format!("{}: not formatted\n", path.display()));
            Err(Failed)
        }
        Ok(_) => Ok(()),
        Err(diagnostics) => Err(reporter.refuse(&diagnostics, &sources)),
    }
}

/// Whether the text changes.
fn try_one(path: &Path, check: bool, sources: &mut SourceMap) -> Result<bool, Vec<Diagnostic>> {
    let id = read_file(sources, path).map_err(|error| vec![error])?;
    let Some(source) = sources.get(id) else {
        return Ok(false);
    };
    let formatted = format(source)?;
    let changed = formatted != source.text();
    if changed && !check {
        write_file(path, formatted.as_bytes()).map_err(|error| vec![error])?;
    }
    Ok(changed)
}
