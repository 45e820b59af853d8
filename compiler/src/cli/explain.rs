//! `dfn explain`: the page of a code.

use super::report::Reporter;
use super::{Failed, Outcome};
use crate::diagnostic::codes;

/// Explain the code of a message.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The code, such as E0101.
    code: String,
}

pub(super) fn run(args: Args, reporter: &mut Reporter) -> Outcome {
    match codes::find(&args.code) {
        Some(entry) => {
            reporter.text(entry.page);
            Ok(())
        }
        None => {
            reporter.remark(&format!(
                "error: there is no code `{}`; codes look like E0101",
                args.code
            ));
            Err(Failed)
        }
    }
}
