//! What the command line writes: lines on the standard output, diagnostics on the standard error.

use super::{Failed, Outcome};
use crate::diagnostic::{Colour, Diagnostic, SourceMap, render, to_json};
use crate::driver::Lines;
use clap::ValueEnum;
use std::io::{self, BufWriter, IsTerminal, Write};

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people: the source line with a caret; coloured on a terminal.
    Text,
    /// For tools: one JSON object a line, on the standard output.
    Json,
}

/// Writes everything.
pub(super) struct Reporter {
    out: BufWriter<io::Stdout>,
    colour: Colour,
    failed: Option<io::Error>,
}

impl Reporter {
    /// Writes to the streams of the process.
    pub(super) fn new() -> Reporter {
        let coloured = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Reporter {
            out: BufWriter::new(io::stdout()),
            colour: if coloured {
                Colour::Always
            } else {
                Colour::Never
            },
            failed: None,
        }
    }

    /// Writes text to the standard output.
    pub(super) fn text(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(text.as_bytes()).err();
        }
    }

    /// Writes a remark to the standard error. One that cannot be written is lost.
    pub(super) fn remark(&mut self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Writes diagnostics.
    pub(super) fn diagnostics(
        &mut self,
        diagnostics: &[Diagnostic],
        sources: &SourceMap,
        format: Format,
    ) {
        self.flush();
        for diagnostic in diagnostics {
            match format {
                Format::Text => {
                    self.remark(&format!("{}\n", render(diagnostic, sources, self.colour)))
                }
                Format::Json => self.text(&format!("{}\n", to_json(diagnostic, sources))),
            }
        }
    }

    /// Writes diagnostics for people; gives the failure if the program is refused.
    pub(super) fn refuse(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) -> Failed {
        self.diagnostics(diagnostics, sources, Format::Text);
        Failed
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.flush().err();
        }
    }

    /// Writes what is left. A reader that has seen enough is no fault of the program.
    pub(super) fn finish(mut self) -> Outcome {
        self.flush();
        match self.failed.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.remark(&format!("error: cannot write the output: {error}"));
                Err(Failed)
            }
            _ => Ok(()),
        }
    }
}

/// What a program prints, as it prints it.
impl Lines for Reporter {
    fn line(&mut self, text: &str) {
        self.text(text);
        self.text("\n");
        if io::stdout().is_terminal() {
            self.flush();
        }
    }
}
