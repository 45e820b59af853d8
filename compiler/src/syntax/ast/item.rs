//! What stands at the top level of a file.

use super::{Arg, Block, Expr, Name, Type};
use crate::diagnostic::Span;
use std::sync::Arc;

/// A file.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// The `//!` lines at the top.
    pub doc: Option<Doc>,
    /// The items in order.
    pub items: Vec<Item>,
    /// The whole file.
    pub span: Span,
}

/// Documentation: the text of consecutive `///` or `//!` lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Doc {
    /// The lines without their marks, joined by newlines.
    pub text: Arc<str>,
    /// From the first mark to the end of the last line.
    pub span: Span,
}

/// One item with what stands before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The `///` lines before it.
    pub doc: Option<Doc>,
    /// `@checked`, `@cost(grad <= 4 * primal)`.
    pub attributes: Vec<Attribute>,
    /// The place of `pub`.
    pub public: Option<Span>,
    /// What it is.
    pub kind: ItemKind,
    /// Where it stands, from the first attribute (without the documentation).
    pub span: Span,
}

/// The forms of items.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `import "linalg.dfn" as la;`
    Import(Import),
    /// `struct Model[d] { w: f64[d], b: f64 }`
    Struct(Struct),
    /// `type V[n] = f64[n];`
    TypeAlias(TypeAlias),
    /// `const N: i64 = 3;`
    Const(Const),
    /// `fn f[n](x: f64[n]) -> f64 { … }`
    Function(Function),
    /// `test "name" { … }`
    Test(Test),
    /// The text was wrong here; a diagnostic was given.
    Error,
}

/// `@name` or `@name(arguments)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The name after `@`.
    pub name: Name,
    /// The arguments, as of a call.
    pub args: Vec<Arg>,
    /// Where it stands.
    pub span: Span,
}

/// An import. Without a list, the module is known by its alias or, if it has none, by the file's
/// stem; with a list, the names in it are known directly (and the module by the alias if there is
/// one).
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The path as written, relative to the file; `std/…` for the standard library.
    pub path: Arc<str>,
    /// Where the path stands.
    pub path_span: Span,
    /// The name after `as`.
    pub alias: Option<Name>,
    /// `{ solve, inverse as inv }`.
    pub names: Option<Vec<ImportedName>>,
}

/// One name of an import's list.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedName {
    /// The name in the imported module.
    pub name: Name,
    /// The name here, if it is another.
    pub alias: Option<Name>,
}

/// `n` (a size) or `T: float` (an element type) between the brackets after a name.
#[derive(Clone, Debug, PartialEq)]
pub struct GenericParam {
    /// The parameter.
    pub name: Name,
    /// The class of element types that it stands for; absent for a size.
    pub bound: Option<Name>,
}

/// A struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub generics: Vec<GenericParam>,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The `///` lines before it.
    pub doc: Option<Doc>,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
}

/// Another name for a type.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeAlias {
    /// The new name.
    pub name: Name,
    /// Its parameters.
    pub generics: Vec<GenericParam>,
    /// What it stands for.
    pub ty: Type,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Its type, if it is written.
    pub ty: Option<Type>,
    /// Its value.
    pub value: Expr,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The place of `export`: the function becomes a C symbol.
    pub export: Option<Span>,
    /// Its name.
    pub name: Name,
    /// Its sizes and element types.
    pub generics: Vec<GenericParam>,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The type of its result; absent for unit.
    pub result: Option<Type>,
    /// Its body.
    pub body: Block,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Whether the body may assign it.
    pub mutable: bool,
    /// Its type.
    pub ty: Type,
    /// Its value where a call gives none.
    pub default: Option<Expr>,
}

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What it shows.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// The body.
    pub body: Block,
}
