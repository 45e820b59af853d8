//! The command line: one file for each subcommand.
//!
//! Exit status 0 for success, 1 for a fault of the program, 2 for wrong usage. Diagnostics go to the
//! standard error, everything that was asked for to the standard output. The contract is `docs/cli.md`.

mod build;
mod check;
mod doc;
mod engine;
mod explain;
mod fmt;
mod ir;
mod new;
mod report;
mod run;
mod test;

use clap::{Parser, Subcommand};
use report::Reporter;
use std::process::ExitCode;

/// An ahead-of-time compiler for differentiable functions.
#[derive(Debug, Parser)]
#[command(name = "dfn", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Build(build::Args),
    Run(run::Args),
    Test(test::Args),
    Check(check::Args),
    Doc(doc::Args),
    Fmt(fmt::Args),
    Ir(ir::Args),
    Explain(explain::Args),
    New(new::Args),
}

/// A fault was found, and said.
#[derive(Clone, Copy, Debug)]
struct Failed;

/// What a subcommand gives.
type Outcome = Result<(), Failed>;

/// Runs the command that the arguments of the process ask for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = crate::stack::with_deep_stack(|| {
        let mut reporter = Reporter::new();
        let outcome = match cli.command {
            Command::Build(args) => build::run(args, &mut reporter),
            Command::Run(args) => run::run(args, &mut reporter),
            Command::Test(args) => test::run(args, &mut reporter),
            Command::Check(args) => check::run(args, &mut reporter),
            Command::Doc(args) => doc::run(args, &mut reporter),
            Command::Fmt(args) => fmt::run(args, &mut reporter),
            Command::Ir(args) => ir::run(args, &mut reporter),
            Command::Explain(args) => explain::run(args, &mut reporter),
            Command::New(args) => new::run(args, &mut reporter),
        };
        reporter.finish().and(outcome)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed) => ExitCode::FAILURE,
    }
}
