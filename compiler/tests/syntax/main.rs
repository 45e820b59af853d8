//! Tests of the way from text to syntax tree, and of the messages on that way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod dump;
mod errors;
mod format;
mod limits;
mod messages;
mod pages;
mod programs;
mod random;
mod spans;

use dfn::diagnostic::{Colour, Diagnostic, SourceMap, render};
use dfn::syntax::ast::Module;

/// Reads a program that stands alone.
fn parse(text: &str) -> (Module, Vec<Diagnostic>) {
    let (sources, id) = sources(text);
    dfn::syntax::parse(sources.get(id).unwrap())
}

fn sources(text: &str) -> (SourceMap, dfn::diagnostic::FileId) {
    let mut sources = SourceMap::new();
    let id = sources.add("example.dfn", text);
    (sources, id)
}

/// The messages about a program, as a person sees them.
pub(crate) fn messages(text: &str) -> String {
    let (sources, id) = sources(text);
    let (_, diagnostics) = dfn::syntax::parse(sources.get(id).unwrap());
    let shown = diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, &sources, Colour::Never));
    shown.collect::<Vec<_>>().join("\n\n")
}
