//! How long programs of 1,000, 5,000 and 20,000 lines take to compile, and how much code they become.

use crate::build::{Places, run};
use dfn_benchmarks::generated::Shape;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of the programs.
const LINES: [usize; 3] = [1000, 5000, 20_000];

/// A longer program is not tried after one that took so many seconds.
const PATIENCE: f64 = 60.0;

/// A table for the programs whose names contain `only`.
pub(crate) fn table(places: &Places, only: &str) -> Result<String, String> {
    let mut text = String::from(
        "| program | lines | backend | time | a line | loop IR statements a line | bytes a line |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for (name, shape) in Shape::ALL {
        for backend in ["cranelift", "llvm"] {
            if format!("{name}-{backend}").contains(only) {
                rows(places, (name, shape), backend, &mut text)?;
            }
        }
    }
    Ok(text)
}

fn rows(
    places: &Places,
    (name, shape): (&str, Shape),
    backend: &str,
    text: &mut String,
) -> Result<(), String> {
    for wanted in LINES {
        crate::progress(&format!("{name}, {wanted} lines, {backend}"));
        let program = shape.program(wanted);
        let lines = program.lines().count() as f64;
        let source = places.out.join(format!("{name}.dfn"));
        std::fs::write(&source, program).map_err(|error| error.to_string())?;
        build(places, &source, &["--backend", backend, "--emit", "loops"])?;
        let statements = statements(&places.out.join(format!("{name}.loops")))?;
        let seconds = build(places, &source, &["--backend", backend])?;
        let archive = places.out.join(format!("lib{name}.a"));
        let bytes = std::fs::metadata(&archive).map_err(|error| error.to_string())?;
        let _ = writeln!(
            text,
            "| {name} | {lines} | {backend} | {seconds:.2} s | {:.3} ms | {:.1} | {:.0} |",
            seconds / lines * 1e3,
            statements as f64 / lines,
            bytes.len() as f64 / lines,
        );
        if seconds > PATIENCE && Some(&wanted) != LINES.last() {
            let _ = writeln!(text, "| {name} | more | {backend} | not tried | | | |");
            break;
        }
    }
    Ok(())
}

fn build(places: &Places, source: &Path, options: &[&str]) -> Result<f64, String> {
    let mut command = Command::new(&places.dfn);
    command.arg("build").arg(source).args(options);
    run(command.arg("-o").arg(&places.out))
}

/// The lines of a loop program.
fn statements(path: &PathBuf) -> Result<usize, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.lines().count())
}
