//! What the compiler has to say about a program, as data, and how it is shown.
//!
//! A [`Diagnostic`] is made where a fault is found, by the file of its family, and shown by the
//! command line only: as text with the source line and a caret ([`render()`]) or as JSON
//! ([`to_json`]). Every diagnostic has a [`Code`], and every code a page under `docs/errors/`,
//! which `dfn explain` prints.

mod code;
pub mod codes;
pub mod files;
mod json;
pub mod lexical;
mod page;
mod render;
mod source;
mod suggest;
pub mod syntax;

pub use code::{Code, Entry};
pub use json::to_json;
pub use page::{Example, examples};
pub use render::{Colour, render};
pub use source::{FileId, Position, SourceFile, SourceMap, Span};
pub use suggest::suggest;

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program is compiled all the same.
    Warning,
    /// The program is refused.
    Error,
}

/// A place in the source and what is to be said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; lower case, no final stop.
    pub message: String,
}

/// One message about a program.
///
/// The title says what is wrong in few words, the primary label what is wrong at this place, the
/// help what to do. All of them are lower case without final stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The code, which has a page.
    pub code: Code,
    /// How serious it is.
    pub severity: Severity,
    /// What is wrong, in few words.
    pub title: String,
    /// Where it is wrong. Only a fault of a whole file has no place.
    pub primary: Option<Label>,
    /// Other places that matter, such as where a size comes from.
    pub labels: Vec<Label>,
    /// Facts that explain the fault.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error without place yet.
    pub fn error(code: Code, title: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, title.into())
    }

    /// A warning without place yet.
    pub fn warning(code: Code, title: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, title.into())
    }

    fn new(severity: Severity, code: Code, title: String) -> Diagnostic {
        Diagnostic {
            code,
            severity,
            title,
            primary: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Sets the place of the fault and what is wrong there.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.primary = Some(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// Whether the program is refused.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
