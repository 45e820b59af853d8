//! From text to syntax tree.
//!
//! The grammar is written in `docs/language/grammar.md`.

pub mod ast;
pub mod format;
mod parser;
pub mod token;

pub use parser::parse;

/// The largest height of a syntax tree, long chains of operators included: what lies deeper is
/// refused with a diagnostic, so that every recursion over a tree is bounded.
pub const MAX_HEIGHT: u32 = 512;
