//! Names and dotted paths.

use crate::diagnostic::Span;
use std::fmt;
use std::sync::Arc;

/// An identifier where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The identifier; empty if the text had none where one was needed.
    pub text: Arc<str>,
    /// Where it stands.
    pub span: Span,
}

impl Name {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the name is missing in the text: a diagnostic was given.
    pub fn is_missing(&self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `Model`, or `la.Model` for a name of an imported module.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The module's name, if it is given.
    pub module: Option<Name>,
    /// The name itself.
    pub name: Name,
}

impl Path {
    /// Where the whole path stands.
    pub fn span(&self) -> Span {
        match &self.module {
            Some(module) => module.span.to(self.name.span),
            None => self.name.span,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.module {
            Some(module) => write!(f, "{module}.{}", self.name),
            None => write!(f, "{}", self.name),
        }
    }
}
