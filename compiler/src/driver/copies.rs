//! Copies in loops that the source does not ask for: told by `dfn ir --cost` and `dfn build --report`.
//!
//! `let old = a;` before a change of `a` asks for a copy, in the derivative of that line too. So what the
//! functions without derivatives copy is taken as asked for; what is copied at other lines is not.

use super::place;
use crate::diagnostic::SourceMap;
use crate::passes::lower::{Copied, lower};
use dfn_ir::{FuncId, Module};
use std::collections::HashSet;
use std::fmt::Write;

/// The copies in loops that no line asks for; `module` is after all passes, `primals` are its functions
/// that were without derivatives before.
pub(super) fn unasked(
    module: &Module,
    primals: &[FuncId],
    copies: &[Copied],
    sources: &SourceMap,
) -> Vec<Copied> {
    if copies.is_empty() {
        return Vec::new();
    }
    let asked = lower(module, primals)
        .map(|lowered| lowered.copies)
        .unwrap_or_default();
    let asked: HashSet<_> = asked
        .iter()
        .map(|copied| place::line(copied.span, sources))
        .collect();
    let unasked = |copied: &&Copied| !asked.contains(&place::line(copied.span, sources));
    copies.iter().filter(unasked).cloned().collect()
}

/// A line for each copy.
pub(super) fn told(copies: &[Copied], sources: &SourceMap) -> String {
    let mut text = String::new();
    for copied in copies {
        let line = place::line(copied.span, sources);
        let line = line.unwrap_or_else(|| "what the compiler added".to_owned());
        let why = copied.cause.message();
        let _ = writeln!(
            text,
            "warning: each run of a loop copies an array: {why}\n  {line}"
        );
    }
    text
}
