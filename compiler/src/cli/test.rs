//! `dfn test`: runs the `test` blocks.

use super::engine::{RunBackend, level};
use super::report::{Format, Reporter};
use super::{Failed, Outcome};
use crate::build::{Program, Test};
use crate::diagnostic::{Diagnostic, SourceMap, codes::run as codes};
use crate::driver::{Runner, Session, optimise_for};
use std::path::PathBuf;

/// Run the `test` blocks; each that fails is shown with what it printed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The program.
    file: PathBuf,
    /// Only the tests whose names contain this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// What runs them.
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
    if program.tests.is_empty() {
        let title = format!("`{}` has no tests", args.file.display());
        let help = "add a block: test \"what it shows\" { assert(…); }";
        let diagnostic = Diagnostic::error(codes::NOTHING_TO_RUN, title).help(help);
        return Err(reporter.refuse(&[diagnostic], sources));
    }
    let roots: Vec<_> = program.tests.iter().map(|test| test.func).collect();
    optimise_for(&mut program.module, &roots, sources)
        .map_err(|diagnostics| reporter.refuse(&diagnostics, sources))?;
    run_all(&args, &program, sources, reporter)
}

fn run_all(
    args: &Args,
    program: &Program,
    sources: &SourceMap,
    reporter: &mut Reporter,
) -> Outcome {
    let wanted = |test: &&Test| {
        args.filter
            .as_ref()
            .is_none_or(|text| test.name.contains(text.as_str()))
    };
    let tests: Vec<&Test> = program.tests.iter().filter(wanted).collect();
    let roots: Vec<_> = tests.iter().map(|test| test.func).collect();
    let engine = (args.backend.into(), level(args.level));
    let runner = Runner::new(&program.module, &roots, engine, sources)
        .map_err(|diagnostics| reporter.refuse(&diagnostics, sources))?;
    let mut failed = 0;
    for test in &tests {
        let mut lines = Vec::new();
        match runner.run(test.func, &mut lines) {
            Ok(()) => reporter.text(&format!("test {} ... ok\n", test.name)),
            Err(diagnostic) => {
                failed += 1;
                reporter.text(&format!("test {} ... FAILED\n", test.name));
                lines
                    .iter()
                    .for_each(|line| reporter.text(&format!("    {line}\n")));
                let title = format!("the test \"{}\" failed", test.name);
                let summary =
                    Diagnostic::error(codes::TEST_FAILED, title).at(test.span, "this test");
                reporter.diagnostics(&[diagnostic, summary], sources, Format::Text);
            }
        }
    }
    let passed = tests.len() - failed;
    let skipped = program.tests.len() - tests.len();
    reporter.text(&format!(
        "{passed} passed, {failed} failed, {skipped} left out\n"
    ));
    if failed == 0 { Ok(()) } else { Err(Failed) }
}
