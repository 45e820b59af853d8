//! What stands left of `=` in a `let`, and names the values of a loop or of a lambda.

use super::{Name, Path};
use crate::diagnostic::Span;

/// A pattern and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of patterns. All of them always match.
#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    /// `x` or `mut x`.
    Name {
        /// The name that is bound.
        name: Name,
        /// Whether it may be assigned.
        mutable: bool,
    },
    /// `_`: the value is not named.
    Ignore,
    /// `(a, (b, _))`.
    Tuple(Vec<Pattern>),
    /// `Model { w, b: offset, .. }`.
    Struct {
        /// The struct.
        path: Path,
        /// The fields that are named.
        fields: Vec<FieldPattern>,
        /// The place of `..`, which allows fields that are not named.
        rest: Option<Span>,
    },
    /// The text was wrong here; a diagnostic was given.
    Error,
}

/// `w` or `w: pattern` in a struct pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldPattern {
    /// The field.
    pub field: Name,
    /// What its value is matched with; for the short form, the field's own name.
    pub pattern: Pattern,
}
