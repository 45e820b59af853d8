//! The syntax tree: what was written, with the place of every part.
//!
//! The tree keeps everything a consumer may ask for, parentheses and documentation included, and
//! resolves nothing: whether `f64[n]` in an expression is a type or an index, and whether `la.solve`
//! is a field or a name of a module, is decided where names are known.
//! Where the text was wrong the tree holds an `Error` node, and a diagnostic was already given:
//! a consumer stays silent about it.
//!
//! The parser bounds the height of the tree ([`crate::syntax::MAX_HEIGHT`]), so recursion over it
//! is safe.

mod expr;
mod item;
mod name;
mod pattern;
mod stmt;
mod ty;

pub use expr::{
    Arg, BinaryOp, Clause, Comprehension, Expr, ExprKind, FieldInit, If, Index, Iterable, Lambda,
    LambdaParam, Literal, Range, StructLiteral, Suffix, UnaryOp,
};
pub use item::{
    Attribute, Const, Doc, Field, Function, GenericParam, Import, ImportedName, Item, ItemKind,
    Module, Param, Struct, Test, TypeAlias,
};
pub use name::{Name, Path};
pub use pattern::{FieldPattern, Pattern, PatternKind};
pub use stmt::{Assign, Block, For, Let, Stmt, StmtKind, While};
pub use ty::{FunctionType, Size, Type, TypeKind};
