//! E0521: the axes of `vmap`.

use crate::diagnostic::codes::functions as codes;
use crate::diagnostic::{Diagnostic, Span};

fn error(title: String, at: Span, label: &str) -> Diagnostic {
    Diagnostic::error(codes::BATCH_AXES, title).at(at, label)
}

/// Axes of another form.
pub(in crate::build) fn not_axes(at: Span) -> Diagnostic {
    error("these are no axes for `vmap`".to_owned(), at, "not an axis")
        .help("an axis is a number (`1`, `-1` for the last one) or `none`; a tuple gives one for each argument: `axes = (0, none)`")
}

/// An array without the axis.
pub(in crate::build) fn no_axis(what: &str, found: &str, axis: i64, at: Span) -> Diagnostic {
    let title = format!("`vmap` maps axis {axis} of {what}, which is `{found}`");
    error(title, at, "there is no such axis")
        .help("give another axis, or `none` for what is the same in each call: `axes = (0, none)`")
}

/// Another number of axes than there are arguments or parts.
pub(in crate::build) fn count(what: &str, count: usize, at: Span) -> Diagnostic {
    let title = format!("the axes do not fit {what}");
    error(title, at, "mapped here").help(format!(
        "give one axis for all, or a tuple with one for each of the {count}"
    ))
}

/// Axes of different sizes.
pub(in crate::build) fn differ(
    (first, wanted): (&str, &str),
    (second, found): (&str, &str),
    at: Span,
) -> Diagnostic {
    let title = format!(
        "`vmap` maps {first} and {second}, whose axes have the sizes `{wanted}` and `{found}`"
    );
    error(title, at, "mapped together here")
        .help("give other axes, or check at run time that the sizes are equal: `… as f64[n]`")
}

/// No argument is mapped.
pub(in crate::build) fn nothing(at: Span) -> Diagnostic {
    error(
        "`vmap` maps no argument".to_owned(),
        at,
        "nothing to map over",
    )
    .help("leave at least one axis, or call the function itself")
}
