//! `dfn fmt`: one layout for every program.

use super::report::Reporter;
use super::{Failed, Outcome};
use crate::diagnostic::{Diagnostic, SourceMap, files::FileError};
use crate::driver::{read_file, write_file};
use crate::syntax::format::format;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

/// Write programs in the one layout.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The programs; of a directory, all programs in it and below.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; fail if something would change.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut outcome = Ok(());
    for path in &args.files {
        match programs(path) {
            Ok(files) => {
                for file in files {
                    outcome = outcome.and(one(&file, args.check, reporter));
                }
            }
            Err(diagnostic) => {
                outcome = Err(reporter.refuse(&[diagnostic], &SourceMap::new()));
            }
        }
    }
    outcome
}

/// The file itself, or the programs in a directory and below it, in order. Directories whose names begin
/// with a dot are left out.
fn programs(path: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot_read = |reason| {
        let name = path.to_string_lossy().into_owned();
        Diagnostic::from(FileError::CannotRead { name, reason })
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(cannot_read)? {
        entries.push(entry.map_err(cannot_read)?);
    }
    entries.sort_by_key(DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let kind = entry.file_type().map_err(cannot_read)?;
        let inner = entry.path();
        if kind.is_dir() && !hidden {
            found.extend(programs(&inner)?);
        } else if !kind.is_dir() && inner.extension().is_some_and(|ending| ending == "dfn") {
            found.push(inner);
        }
    }
    Ok(found)
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
