//! Automation: `cargo xtask TASK`.

mod bench;
mod ci;
mod command;
mod demo;
mod mutate;
mod peers;

use std::process::ExitCode;

/// A name, what it does, and the function that does it.
type Task = (&'static str, &'static str, fn() -> Result<(), String>);

/// What can be asked for.
const TASKS: &[Task] = &[
    (
        "demo",
        "build dfn and train the example through Cranelift",
        demo::demo,
    ),
    (
        "ci",
        "all checks and all tests; installs LLVM 22 by apt if it is missing",
        ci::ci,
    ),
    (
        "bench",
        "the suite against other ways to compute it; `cargo xtask bench --help` for more",
        bench::bench,
    ),
    (
        "mutate",
        "plants every fault that a derivative rule may have, and checks that each is found",
        mutate::mutate,
    ),
    ("test", "the everyday tests, without LLVM", ci::test),
    ("tidy", "formatting and lints, without LLVM", ci::tidy),
];

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let Some((_, _, task)) = TASKS.iter().find(|(name, ..)| *name == wanted) else {
        eprintln!("usage: cargo xtask TASK");
        for (name, what, _) in TASKS {
            eprintln!("  {name:6} {what}");
        }
        return ExitCode::from(2);
    };
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
