//! Why a function cannot be lowered.

use std::fmt;

use dfn_ir::Span;

/// A function that cannot be lowered: said to the user at `span`, unless that is nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowerError {
    /// The function.
    pub function: String,
    /// Why.
    pub message: String,
    /// Where in the source.
    pub span: Span,
}

impl LowerError {
    /// What cannot be lowered here.
    pub(super) fn new(message: impl Into<String>) -> LowerError {
        LowerError {
            function: String::new(),
            message: message.into(),
            span: Span::default(),
        }
    }

    /// The error of the innermost instruction that has a place in the source.
    pub(super) fn at(mut self, span: Span) -> LowerError {
        if self.span == Span::default() {
            self.span = span;
        }
        self
    }

    /// The same error in the function `name`.
    pub(super) fn within(mut self, name: &str) -> LowerError {
        name.clone_into(&mut self.function);
        self
    }
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}: {}", self.function, self.message)
    }
}

impl std::error::Error for LowerError {}

/// The result of lowering something.
pub(super) type Done<T = ()> = Result<T, LowerError>;

/// A mistake of this pass, or a module that does not verify.
pub(super) fn internal(what: &str) -> LowerError {
    LowerError::new(format!("internal error: {what}"))
}
