//! Why a program does not become a library.

use crate::diagnostic::codes::libraries as codes;
use crate::diagnostic::{Diagnostic, Span};

/// Why a program does not become a library.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportError {
    /// C has another use for the name.
    Name {
        /// The name.
        name: String,
        /// Where it stands.
        span: Span,
    },
    /// Two exports would define one symbol.
    Twice {
        /// The symbol.
        symbol: String,
        /// The name of the second export.
        span: Span,
    },
    /// The caller cannot know how much memory a result needs.
    ResultSize {
        /// The function.
        function: String,
        /// The name of the export.
        span: Span,
    },
}

impl From<ExportError> for Diagnostic {
    fn from(error: ExportError) -> Diagnostic {
        match error {
            ExportError::Name { name, span } => {
                Diagnostic::error(codes::EXPORT_NAME, format!("an exported function cannot be called `{name}`"))
                    .at(span, "C has another meaning for this name")
                    .help("choose another name: an exported function is a symbol of C")
            }
            ExportError::Twice { symbol, span } => {
                Diagnostic::error(codes::EXPORT_NAME, format!("the symbol `{symbol}` would be defined twice"))
                    .at(span, "a second export that defines it")
                    .note("an export `f` defines `f`, `f_with` and `f_workspace`")
                    .help("rename one of the two functions")
            }
            ExportError::ResultSize { function, span } => {
                Diagnostic::error(codes::RESULT_SIZE, format!("the caller of `{function}` cannot know the size of its result"))
                    .at(span, "exported here")
                    .help("give the result sizes that are computed from size parameters by `+`, `-` and `*`, or pass the size as a parameter")
            }
        }
    }
}
