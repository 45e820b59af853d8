//! Warnings that the text alone gives: names that nothing uses, code that is never reached, names that
//! hide a variable. What needs types is found by elaboration ([`crate::build`]).
//!
//! A name that begins with `_` is never warned about.

mod expr;
mod items;
mod names;
mod stmt;
pub(crate) mod warnings;

use crate::diagnostic::Diagnostic;
use crate::syntax::ast;
use names::Names;

/// The warnings about a file, in the order of their places.
pub fn lint(module: &ast::Module) -> Vec<Diagnostic> {
    let mut names = Names::default();
    names.module(module);
    let mut found = names.found;
    found.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
    found
}
