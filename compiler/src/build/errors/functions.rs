//! E05xx: functions and transformations.

use super::foreign;
use crate::diagnostic::codes::functions as codes;
use crate::diagnostic::{Diagnostic, Span, suggest};

/// Too many or too few arguments.
pub(in crate::build) fn arity(
    function: &str,
    takes: &str,
    given: usize,
    at: Span,
    declared: Option<Span>,
) -> Diagnostic {
    let title = format!("`{function}` takes {takes}, not {given}");
    let diagnostic =
        Diagnostic::error(codes::ARGUMENTS, title).at(at, format!("{given} given here"));
    match declared {
        Some(span) => diagnostic.also(span, "declared here"),
        None => diagnostic,
    }
}

/// A parameter without argument.
pub(in crate::build) fn missing(
    function: &str,
    param: &str,
    at: Span,
    declared: Option<Span>,
) -> Diagnostic {
    let title = format!("the argument `{param}` of `{function}` is missing");
    let diagnostic = Diagnostic::error(codes::ARGUMENTS, title).at(at, "not given in this call");
    match declared {
        Some(span) => diagnostic.also(span, "declared here"),
        None => diagnostic,
    }
}

/// A named argument that no parameter has, or that is given twice.
pub(in crate::build) fn named(function: &str, name: &str, at: Span, known: &[&str]) -> Diagnostic {
    let title = format!("`{function}` has no parameter `{name}` left to give");
    let diagnostic = Diagnostic::error(codes::ARGUMENTS, title).at(at, "no such argument");
    let near = foreign::parameter(name, known)
        .or_else(|| suggest(name, known.iter().copied()).filter(|near| *near != name));
    match (known, near) {
        ([], _) => diagnostic,
        (_, Some(near)) => diagnostic.help(format!("did you mean `{near}`?")),
        _ => diagnostic.note(format!("its parameters are `{}`", known.join("`, `"))),
    }
}

/// A placeholder that `print` does not know.
pub(in crate::build) fn placeholder(found: &str, at: Span) -> Diagnostic {
    let title = format!("`print` knows the placeholder `{{}}` alone, not `{found}`");
    Diagnostic::error(codes::FORM, title)
        .at(at, "in this text")
        .help("write `{}` for a value, and `{{` and `}}` for braces themselves")
}

/// A cycle of calls.
pub(in crate::build) fn recursion(cycle: &[(String, Span)], at: Span) -> Diagnostic {
    let names: Vec<&str> = cycle.iter().map(|(name, _)| name.as_str()).collect();
    let first = names.first().copied().unwrap_or("the function");
    let path = names
        .iter()
        .chain(names.first())
        .map(|name| format!("`{name}`"));
    let path: Vec<String> = path.collect();
    let mut diagnostic = Diagnostic::error(codes::RECURSION, format!("`{first}` calls itself"))
        .at(at, "this call closes the cycle");
    for (name, span) in cycle {
        diagnostic = diagnostic.also(*span, format!("`{name}` is declared here"));
    }
    diagnostic
        .note(format!("the cycle is {}", path.join(" → ")))
        .help("recursion is not supported: write a `for` or `while` loop that carries the state")
}

/// A `wrt` that names no parameter.
pub(in crate::build) fn wrong_wrt(
    function: &str,
    found: &str,
    at: Span,
    known: &[String],
) -> Diagnostic {
    let title = format!("{function} has no parameter {found} to differentiate in");
    let list = known
        .iter()
        .enumerate()
        .map(|(k, name)| format!("`{name}` ({k})"));
    let list: Vec<String> = list.collect();
    Diagnostic::error(codes::WRONG_WRT, title)
        .at(at, "no such parameter")
        .help(format!(
            "`wrt` is a name, a position from 0, or a tuple of them; there are {}",
            list.join(", ")
        ))
}

/// `wrt = (x, x)`
pub(in crate::build) fn wrt_twice(at: Span) -> Diagnostic {
    Diagnostic::error(codes::WRONG_WRT, "a parameter stands twice in `wrt`")
        .at(at, "named before")
        .help("name each parameter once")
}

/// A gradient of something else than one float.
pub(in crate::build) fn not_scalar(
    transform: &str,
    function: &str,
    found: &str,
    at: Span,
) -> Diagnostic {
    Diagnostic::error(codes::NOT_SCALAR, format!("`{transform}` needs a scalar, but {function} gives {found}"))
        .at(at, "differentiated here")
        .help("use `jacrev` or `jacfwd` for all partial derivatives, or `vjp` with a cotangent; or reduce the result, as with `sum`")
}

/// `aux = true` for a function that gives no pair.
pub(in crate::build) fn no_aux(function: &str, at: Span) -> Diagnostic {
    let title = format!("with `aux = true`, {function} has to give a pair");
    Diagnostic::error(codes::NOT_SCALAR, title)
        .at(at, "differentiated here")
        .help("give a tuple of two: the scalar that is differentiated, and something besides")
}

/// A parameter whose type has no tangent.
pub(in crate::build) fn no_tangent(
    function: &str,
    param: &str,
    found: &str,
    at: Span,
) -> Diagnostic {
    let title = format!("{function} cannot be differentiated in `{param}`, which is {found}");
    Diagnostic::error(codes::NO_TANGENT, title)
        .at(at, "differentiated here")
        .note("only floats, and structs and tuples that hold floats, have a derivative")
        .help("choose another parameter with `wrt`, or convert the argument to f64 before")
}

/// A form that has no meaning where it stands.
pub(in crate::build) fn form(what: impl Into<String>, at: Span, instead: &str) -> Diagnostic {
    Diagnostic::error(codes::FORM, what)
        .at(at, "has no meaning here")
        .help(instead)
}

/// A reduction over ranges that depend on one another, which it cannot be taken apart for.
pub(in crate::build) fn dependent_ranges(function: &str, at: Span) -> Diagnostic {
    let title = format!("`{function}` over ranges that depend on one another");
    form(
        title,
        at,
        "a position needs ranges of fixed lengths: nest two calls, or keep the best in a `for` loop",
    )
}

/// Tuples as elements.
pub(in crate::build) fn array_of_tuples(at: Span) -> Diagnostic {
    let help = "declare a struct: an array of structs is kept as an array for each field; or make one array for each part";
    form("an array of tuples", at, help)
}

/// A function where it would have to exist at run time.
pub(in crate::build) fn function_value(place: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::FUNCTION_VALUE, format!("a function cannot be {place}"))
        .at(at, "a function")
        .note("functions exist only while the program is compiled: they can be bound, passed and returned")
}

/// A signature that `export`, `main` or a test cannot have.
pub(in crate::build) fn signature(title: String, at: Span, help: &str) -> Diagnostic {
    Diagnostic::error(codes::SIGNATURE, title)
        .at(at, "declared here")
        .help(help)
}

/// A sparse derivative in arrays of several element types.
pub(in crate::build) fn mixed_floats(at: Span) -> Diagnostic {
    let help = "its values are one array: use `f64` or `f32` for all that is differentiated, and for all results";
    form("a sparse derivative between `f64` and `f32`", at, help)
}

/// A sparse derivative of an order that there is not.
pub(in crate::build) fn sparse_order(name: &str, at: Span) -> Diagnostic {
    let title = format!("`{name}` of an order above 2");
    form(
        title,
        at,
        "`order = 1` is the Jacobian, `order = 2` the Hessian",
    )
}

/// A sparse derivative of a function that makes the sizes of its result itself.
pub(in crate::build) fn no_pattern(function: &str, at: Span) -> Diagnostic {
    let title = format!("the derivative of {function} has no sparsity pattern");
    Diagnostic::error(crate::diagnostic::codes::derivatives::NO_PATTERN, title)
        .at(at, "a size of the result is computed inside of the function")
        .help("give a result of a size that the arguments determine, such as `where(mask, x, 0)` for `x[mask]`")
}
