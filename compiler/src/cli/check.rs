//! `dfn check`: everything that can be wrong, without running anything.

use super::report::{Format, Reporter};
use super::{Failed, Outcome};
use crate::driver::{Session, optimise};
use std::path::PathBuf;

/// Find faults without running the program.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The program.
    file: PathBuf,
    /// How faults are shown.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut session = Session::default();
    let program = session.program(&args.file);
    let mut diagnostics = std::mem::take(&mut session.diagnostics);
    let mut fine = program.is_some();
    if let Some(mut program) = program
        && let Err(more) = optimise(&mut program.module, &session.sources, None)
    {
        diagnostics.extend(more);
        fine = false;
    }
    // A name in a part that is wrong may be used when it is right.
    if fine {
        diagnostics.append(&mut session.warnings);
    }
    reporter.diagnostics(&diagnostics, &session.sources, args.format);
    if fine { Ok(()) } else { Err(Failed) }
}
