//! E04xx: sizes.

use crate::diagnostic::codes::sizes as codes;
use crate::diagnostic::{Diagnostic, Span};

/// A size as messages show it, and where it comes from.
pub(in crate::build) struct Side {
    /// The size.
    pub(in crate::build) size: String,
    /// Where it comes from, and what to say there.
    pub(in crate::build) origins: Vec<(Span, String)>,
}

fn with_origins(mut diagnostic: Diagnostic, sides: &[&Side]) -> Diagnostic {
    let mut said: Vec<&(Span, String)> = Vec::new();
    for origin in sides.iter().flat_map(|side| &side.origins) {
        if !said.contains(&origin) {
            diagnostic = diagnostic.also(origin.0, origin.1.clone());
            said.push(origin);
        }
    }
    diagnostic
}

/// Two sizes that should be one.
pub(in crate::build) fn differ(what: &str, wanted: &Side, found: &Side, at: Span) -> Diagnostic {
    let title = format!(
        "{what}: the sizes `{}` and `{}` differ",
        wanted.size, found.size
    );
    let diagnostic = Diagnostic::error(codes::SIZES_DIFFER, title).at(
        at,
        format!("`{}` is needed, this has `{}`", wanted.size, found.size),
    );
    let diagnostic = with_origins(diagnostic, &[wanted, found]);
    match wanted.size.parse::<i64>().is_ok() && found.size.parse::<i64>().is_ok() {
        true => diagnostic,
        // A size without a name, as that of `x[x > 0]`.
        false if wanted.size.contains('?') => diagnostic.help(
            "if they are always equal, name one and say so with a check at run time: `let k = len(…); … as f64[k]`",
        ),
        false => diagnostic.help(format!(
            "if they are always equal, say so with a check at run time: `… as f64[{}]`",
            wanted.size
        )),
    }
}

/// A size parameter that no argument determines.
pub(in crate::build) fn not_inferred(
    name: &str,
    function: &str,
    at: Span,
    declared: Span,
) -> Diagnostic {
    Diagnostic::error(
        codes::NOT_INFERRED,
        format!("the size `{name}` of `{function}` is not determined"),
    )
    .at(at, "no argument of this call determines it")
    .also(declared, "declared here")
    .help("a parameter's type must mention it alone, as in `f64[n]`")
}

/// An expression that cannot be a size.
pub(in crate::build) fn not_a_size(found: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::NOT_A_SIZE, format!("{found} cannot be a size"))
        .at(at, "a size is an `i64` that does not change")
        .help("sizes are made of integers, size parameters and `i64` bindings without `mut`")
}

/// Shapes that cannot be broadcast to one.
pub(in crate::build) fn broadcast(
    op: &str,
    left: (&str, Span),
    right: (&str, Span),
    sides: [Side; 2],
    at: Span,
) -> Diagnostic {
    let [a, b] = sides;
    let title = format!(
        "`{op}` of {} and {}: the sizes `{}` and `{}` differ",
        left.0, right.0, a.size, b.size
    );
    let diagnostic = Diagnostic::error(codes::BROADCAST, title)
        .at(at, "the shapes do not go together")
        .also(left.1, format!("this is {}", left.0))
        .also(right.1, format!("this is {}", right.0));
    with_origins(diagnostic, &[&a, &b])
        .note("axes are compared from the last; only an axis of literal size 1 is repeated")
}

/// A size that is negative or overflows.
pub(in crate::build) fn negative(size: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::NEGATIVE, format!("`{size}` is not a size"))
        .at(at, "below zero or too large")
}

/// An index that is certainly outside.
pub(in crate::build) fn out_of_bounds(index: &str, size: &str, at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::OUT_OF_BOUNDS,
        format!("the index `{index}` is outside of an axis of size `{size}`"),
    )
    .at(at, "outside of the axis")
    .note("positions are counted from 0; `-1` is the last one")
}

/// An operation that needs an element, on an axis that certainly has none.
pub(in crate::build) fn empty(at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::OUT_OF_BOUNDS,
        "there is no element: the array is empty",
    )
    .at(at, "of an empty array")
}

/// `k <= n` where no size can be declared.
pub(in crate::build) fn bound_outside(name: &str, at: Span) -> Diagnostic {
    let title = format!("the size `{name}` is declared outside of a result");
    Diagnostic::error(codes::BOUND, title)
        .at(at, "only the result of a function declares a size")
        .help("write a size that is known here, as `f64[n]`; a size parameter stands for any: `fn f[n](x: f64[n])`")
}

/// A `return` inside of a loop, in a function with a size that only its result knows.
pub(in crate::build) fn bound_early(at: Span) -> Diagnostic {
    let title = "a `return` inside of a loop, in a function whose result declares its size";
    Diagnostic::error(codes::BOUND, title)
        .at(at, "the size is not known before the loop")
        .help("keep what was found in a variable, and give the array after the loop")
}
