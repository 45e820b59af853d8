//! E08xx: warnings.

use crate::diagnostic::codes::warnings as codes;
use crate::diagnostic::{Diagnostic, Span};

/// A name that is bound and never read.
pub(crate) fn unused(kind: &str, name: &str, at: Span, assigned: bool) -> Diagnostic {
    let what = match assigned {
        true => "is assigned, but never read",
        false => "is never used",
    };
    Diagnostic::warning(codes::UNUSED, format!("the {kind} `{name}` {what}"))
        .at(at, what)
        .help(format!("remove it, or call it `_{name}`"))
}

/// An item of a file that nothing in it uses and that nothing else can.
pub(crate) fn unused_item(kind: &str, name: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(
        codes::UNUSED_ITEM,
        format!("the {kind} `{name}` is never used"),
    )
    .at(at, "never used in this file")
    .help(format!("remove it, mark it `pub`, or call it `_{name}`"))
}

/// An import that nothing uses.
pub(crate) fn unused_import(name: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(
        codes::UNUSED_IMPORT,
        format!("the import `{name}` is never used"),
    )
    .at(at, "never used in this file")
    .help("remove it")
}

/// Code behind a way out.
pub(crate) fn unreachable(at: Span, left: Span) -> Diagnostic {
    Diagnostic::warning(codes::UNREACHABLE, "this is never reached")
        .at(at, "never reached")
        .also(left, "control always leaves here")
}

/// A name that hides a variable which was perhaps meant to be assigned.
pub(crate) fn hides(name: &str, at: Span, outer: Span) -> Diagnostic {
    let title = format!("a new `{name}` hides the variable `{name}`");
    Diagnostic::warning(codes::HIDES, title)
        .at(at, "a name of its own, known only in this block")
        .also(outer, "the variable is bound here")
        .help(format!(
            "to change the variable, write `{name} = …`; otherwise give this another name"
        ))
}

/// `==` between computed floats.
pub(crate) fn float_equality(sign: &str, at: Span) -> Diagnostic {
    Diagnostic::warning(
        codes::FLOAT_EQUALITY,
        format!("`{sign}` of floats that were computed"),
    )
    .at(at, "true only if all bits are the same")
    .help("compare with a tolerance: `abs(x - y) <= 1e-9 * abs(y)`")
}

/// A comparison that is always true, or never.
pub(crate) fn decided(text: &str, holds: bool, at: Span) -> Diagnostic {
    let what = if holds { "always" } else { "never" };
    Diagnostic::warning(codes::DECIDED, format!("`{text}` {what} holds"))
        .at(at, format!("{what} true"))
        .note("this follows from the sizes and the ranges of the loops around it")
}
