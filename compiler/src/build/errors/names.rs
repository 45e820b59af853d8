//! E02xx: names.

use super::foreign;
use crate::diagnostic::codes::names as codes;
use crate::diagnostic::{Diagnostic, Span, suggest};

/// Nothing is called `name`; `known` are the names that could be meant.
pub(in crate::build) fn unknown<'n>(
    what: &str,
    name: &str,
    at: Span,
    known: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, format!("there is no {what} `{name}`"))
        .at(at, "not known here");
    let foreign = match what {
        "type" => foreign::ty(name),
        _ => foreign::value(name),
    };
    if let Some(help) = foreign {
        return diagnostic.help(help);
    }
    match suggest(name, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

/// A size of a signature that is not declared.
pub(in crate::build) fn undeclared_size(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::UNKNOWN_NAME, format!("there is no size `{name}`"))
        .at(at, "not known here")
        .help(format!("declare it after the function's name: `[{name}]`"))
}

/// The struct has no such field.
pub(in crate::build) fn unknown_field(
    owner: &str,
    field: &str,
    at: Span,
    known: &[&str],
) -> Diagnostic {
    let title = format!("`{owner}` has no field `{field}`");
    let diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, title).at(at, "no such field");
    let foreign = foreign::attribute(field).filter(|_| known.is_empty());
    if let Some(help) = foreign {
        return diagnostic.help(help);
    }
    match suggest(field, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => diagnostic,
        None => diagnostic.note(format!("its fields are `{}`", known.join("`, `"))),
    }
}

/// Two things of one name.
pub(in crate::build) fn declared_twice(name: &str, at: Span, first: Span) -> Diagnostic {
    Diagnostic::error(codes::DECLARED_TWICE, format!("`{name}` is declared twice"))
        .at(at, "declared again here")
        .also(first, "first declared here")
        .help("give one of them another name")
}

/// The module is not among the files.
pub(in crate::build) fn unknown_module(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::UNKNOWN_MODULE,
        format!("there is no module `{name}`"),
    )
    .at(at, "not imported")
}

/// The item is there, but not for other files.
pub(in crate::build) fn private(name: &str, path: &str, at: Span, declared: Span) -> Diagnostic {
    let title = format!("`{name}` is private to `{path}`");
    let diagnostic = Diagnostic::error(codes::PRIVATE, title).at(at, "not for other files");
    match path.starts_with("std/") {
        true => diagnostic.help("use what the page of the module describes"),
        false => diagnostic
            .also(declared, "not marked `pub`")
            .help("write `pub` before its declaration, or before the import that brings it"),
    }
}

/// The name of a file that is no name of the language.
pub(in crate::build) fn no_module_name(stem: &str, at: Span) -> Diagnostic {
    let title = format!("`{stem}` cannot be the name of a module");
    Diagnostic::error(codes::MODULE_NAME, title)
        .at(
            at,
            "a name is made of letters, digits and `_`, and is no reserved word",
        )
        .help("give it another name with `as`, or list the names that you need in braces")
}

/// A name that stands for something else than what is needed here.
pub(in crate::build) fn wrong_kind(name: &str, is: &str, needed: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::WRONG_KIND, format!("`{name}` is {is}, not {needed}"))
        .at(at, format!("{needed} is needed here"))
}

/// Something else where a type is to be named.
pub(in crate::build) fn not_a_type(needed: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::WRONG_KIND, format!("expected {needed}"))
        .at(at, "this names no such type")
}
