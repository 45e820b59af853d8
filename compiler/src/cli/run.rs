//! `dfn run`: runs `main`.

use super::engine::{RunBackend, level};
use super::report::{Format, Reporter};
use super::{Failed, Outcome};
use crate::diagnostic::{Diagnostic, codes::run as codes};
use crate::driver::{Runner, Session, optimise_for};
use std::path::PathBuf;

/// Run `fn main()`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The program.
    file: PathBuf,
    /// What runs it.
    #[arg(long, value_enum, default_value = "cranelift")]
    backend: RunBackend,
    /// How much to optimise, 0 to 3.
    #[arg(short = 'O', value_name = "LEVEL", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    level: u8,
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let mut session = Session::default();
    let program = session.program(&args.file);
    reporter.diagnostics(&session.diagnostics, &session.sources, Format::Text);
    let Some(mut program) = program else {
        return Err(Failed);
    };
    let sources = &session.sources;
    let Some(main) = program.main else {
        let title = format!("`{}` has no `fn main()`", args.file.display());
        let diagnostic = Diagnostic::error(codes::NOTHING_TO_RUN, title)
            .help("add `fn main() { … }`, or make a library with `dfn build`");
        return Err(reporter.refuse(&[diagnostic], sources));
    };
    let engine = (args.backend.into(), level(args.level));
    let outcome = optimise_for(&mut program.module, &[main], sources).and_then(|()| {
        let runner = Runner::new(&program.module, &[main], engine, sources)?;
        runner.run(main, reporter).map_err(|error| vec![error])
    });
    outcome.map_err(|diagnostics| reporter.refuse(&diagnostics, sources))
}
