//! Types as they are written.

use super::{Expr, Name, Path};
use crate::diagnostic::Span;

/// A type and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// `f64`, `Model`, `la.Model`, `T`: an element type, a struct, an alias or a generic parameter.
    Named(Path),
    /// `f64[n, m]`, `Model[d]`, `Model[d][n]`: an array, or the arguments of a generic type.
    /// Which one, only the meaning of the base tells. In arguments of a generic type, an element
    /// type is a [`Size::Exact`] that holds its name.
    Apply {
        /// What stands before the brackets.
        base: Box<Type>,
        /// What stands between them.
        args: Vec<Size>,
    },
    /// `(f64, Model[d])`; `()` is the unit type; `(f64,)` has one part.
    Tuple(Vec<Type>),
    /// `fn(f64[n]) -> f64`.
    Function(Box<FunctionType>),
    /// The text was wrong here; a diagnostic was given.
    Error,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionType {
    /// The types of the parameters.
    pub params: Vec<Type>,
    /// The type of the result; absent for unit.
    pub result: Option<Type>,
}

/// One entry between the brackets of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum Size {
    /// `n + 1`: an expression over sizes (or, as argument of a generic type, an element type).
    Exact(Expr),
    /// `k <= n`: a size that only the result knows, with its bound.
    Bounded {
        /// The name that the size gets.
        name: Name,
        /// The largest value it can have.
        bound: Expr,
    },
}

impl Size {
    /// Where the entry stands.
    pub fn span(&self) -> Span {
        match self {
            Size::Exact(expr) => expr.span,
            Size::Bounded { name, bound } => name.span.to(bound.span),
        }
    }
}
