//! Statements and blocks.

use super::{Attribute, BinaryOp, Expr, Item, Iterable, Pattern, Type};
use crate::diagnostic::Span;

/// `{ statements; value }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The statements in order.
    pub stmts: Vec<Stmt>,
    /// The last expression without `;`, which is the block's value.
    pub value: Option<Box<Expr>>,
    /// Where the block stands, braces included.
    pub span: Span,
}

/// A statement and where it stands, its `;` included.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let pattern: type = value;`
    Let(Let),
    /// `place = value;`, `place += value;`
    Assign(Assign),
    /// `for pattern in iterable { … }`
    For(For),
    /// `while condition { … }`
    While(While),
    /// `break;`, or `break value;` in a `loop`.
    Break(Option<Expr>),
    /// `continue;`
    Continue,
    /// `return;`, `return value;`
    Return(Option<Expr>),
    /// An expression whose value is not used. Block-like ones (`if`, a block, `loop`) need no `;`.
    Expr(Expr),
    /// A function inside a function.
    Function(Box<Item>),
    /// The text was wrong here; a diagnostic was given.
    Error,
}

/// A binding.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// What is bound.
    pub pattern: Pattern,
    /// The type, if it is written.
    pub ty: Option<Type>,
    /// The value.
    pub value: Expr,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// A name, a field or an index of a place (`m.w[i, ..]`), or a tuple of places: the parser has
    /// checked the form, not the meaning. No tuple with a compound operator.
    pub place: Expr,
    /// The operator of a compound assignment: `+` for `+=`.
    pub op: Option<BinaryOp>,
    /// Where `=` or `+=` stands.
    pub op_span: Span,
    /// The new value, or the right operand.
    pub value: Expr,
}

/// A loop over a range or over the elements of an array along its first axis.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// `@checkpoint` before it.
    pub checkpoint: Option<Attribute>,
    /// The counter or the element.
    pub pattern: Pattern,
    /// What is run through.
    pub iterable: Iterable,
    /// The body.
    pub body: Block,
}

/// A loop while a condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct While {
    /// `@checkpoint` before it.
    pub checkpoint: Option<Attribute>,
    /// The condition.
    pub condition: Expr,
    /// The body.
    pub body: Block,
}
