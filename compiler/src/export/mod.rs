//! What a library looks like from outside: C functions around the compiled ones, a C header, a Rust module
//! and a Python module.
//!
//! [`Interface`] is computed once from the exports of a program; the wrappers ([`wrap()`]), the header
//! ([`header()`]), the Rust module ([`rust()`]) and the Python module ([`python()`]) are all written from
//! it, so they cannot disagree. The contract is `docs/c-abi.md`.

mod check;
mod error;
mod extent;
mod header;
mod interface;
mod names;
mod parallel;
mod python;
mod rust;
mod shape;
mod structs;
mod wrap;

pub use error::ExportError;
pub use header::header;
pub use interface::{Function, Interface, Leaf, Param, ParamType};
pub use python::python;
pub use rust::rust;
pub use structs::{Field, FieldType, Struct};
pub use wrap::{Inner, wrap, wrap_parallel};

/// A place in the source where a call may fail, for the tables in headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What is wrong then.
    pub message: String,
    /// `file:line:column`.
    pub at: String,
}
