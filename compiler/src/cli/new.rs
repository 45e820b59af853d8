//! `dfn new`: a first program.

use super::report::Reporter;
use super::{Failed, Outcome};
use crate::driver::write_file;
use std::path::PathBuf;

/// Write a first program, NAME.dfn.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name: letters, digits and underscores.
    name: String,
}

const PROGRAM: &str = include_str!("new.dfn");

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    let valid = |name: &str| {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    if !valid(&args.name) {
        reporter.remark(&format!(
            "error: `{}` is not a name: use letters, digits and underscores",
            args.name
        ));
        return Err(Failed);
    }
    let path = PathBuf::from(format!("{}.dfn", args.name));
    if path.exists() {
        reporter.remark(&format!("error: `{}` exists already", path.display()));
        return Err(Failed);
    }
    if let Err(diagnostic) = write_file(&path, PROGRAM.as_bytes()) {
        return Err(reporter.refuse(&[diagnostic], &crate::diagnostic::SourceMap::new()));
    }
    let file = path.display();
    reporter.text(&format!(
        "{file}: try `dfn run {file}`, `dfn test {file}` and `dfn build {file}`\n"
    ));
    Ok(())
}
