//! E0522: declared derivatives.

use crate::diagnostic::codes::functions as codes;
use crate::diagnostic::{Diagnostic, Span};

fn error(title: String, at: Span, label: &str, help: &str) -> Diagnostic {
    Diagnostic::error(codes::RULE, title)
        .at(at, label)
        .help(help)
}

/// An attribute with other arguments.
pub(in crate::build) fn attribute(form: &str, at: Span) -> Diagnostic {
    let title = format!("this attribute is written {form}");
    error(
        title,
        at,
        "other arguments",
        "it names functions, which are declared beside it",
    )
}

/// What a function is said to be linear in is not a parameter of floats.
pub(in crate::build) fn not_a_parameter(at: Span) -> Diagnostic {
    error(
        "a function is linear in one of its parameters, a float or an array of floats".to_owned(),
        at,
        "not such a parameter",
        "write `@linear(b, transpose)`, where `b` is the name of the parameter",
    )
}

/// An attribute of something else.
pub(in crate::build) fn not_of_a_function(at: Span) -> Diagnostic {
    let title = "only a function has a derivative".to_owned();
    error(
        title,
        at,
        "not before a function",
        "put it before the `fn` that it is for",
    )
}

/// A rule for a function that takes functions.
pub(in crate::build) fn takes_function(name: &str, at: Span) -> Diagnostic {
    let title = format!("`{name}` takes a function and cannot declare its derivative");
    let help = "a rule has a tangent for each argument, and what a function captures has none: \
                pass the values instead";
    error(title, at, "declared here", help)
}

/// A forward function that does not give a pair.
pub(in crate::build) fn no_residuals(at: Span) -> Diagnostic {
    let title = "the forward function of a pullback gives a pair".to_owned();
    let help = "give `(result, residual)`; the residual is what the backward function needs, `()` if it \
                needs nothing";
    error(title, at, "gives something else", help)
}

/// A size that only the rule knows.
pub(in crate::build) fn hidden_size(name: &str, at: Span) -> Diagnostic {
    let title = format!("a derivative that is declared cannot make new sizes, as in `{name}`");
    error(
        title,
        at,
        "a size that is computed here",
        "use sizes that the arguments determine",
    )
}

/// A root of a function whose result is not like its argument.
pub(in crate::build) fn not_square(at: Span) -> Diagnostic {
    let title = "the function of a root gives what it takes".to_owned();
    let help = "as many equations as unknowns: its result has the type of its argument";
    error(title, at, "another type", help)
}

/// A loop's attribute with other arguments.
pub(in crate::build) fn checkpoint(form: &str, at: Span) -> Diagnostic {
    let title = format!("this attribute is written {form}");
    let help = "the number is written out, and greater than 0";
    error(title, at, "other arguments", help)
}

/// `@cost` of another form.
pub(in crate::build) fn cost(form: &str, at: Span) -> Diagnostic {
    let title = format!("this attribute is written {form}");
    error(
        title,
        at,
        "of another form",
        "it stands above an exported function",
    )
}
