//! E03xx: types.

use crate::diagnostic::codes::types as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast;

/// A value of another type than asked for; `declared` is where that type is written.
pub(in crate::build) fn mismatch(
    wanted: &str,
    found: &str,
    at: Span,
    declared: Option<Span>,
) -> Diagnostic {
    let title = format!("expected {wanted}, found {found}");
    let diagnostic = Diagnostic::error(codes::MISMATCH, title).at(at, format!("this is {found}"));
    match declared {
        Some(span) => diagnostic.also(span, "the type is asked for here"),
        None => diagnostic,
    }
}

/// An operator or function on types that it is not defined for.
pub(in crate::build) fn operands(op: &str, types: &[String], at: Span) -> Diagnostic {
    let list = types.join(" and ");
    Diagnostic::error(codes::OPERANDS, format!("`{op}` is not defined on {list}"))
        .at(at, "not defined for these operands")
}

/// Two element types that do not mix.
pub(in crate::build) fn mixed(
    op: &str,
    left: (&str, Span),
    right: (&str, Span),
    at: Span,
) -> Diagnostic {
    let title = format!("`{op}` of {} and {}", left.0, right.0);
    let float = [left.0, right.0]
        .into_iter()
        .find(|name| name.starts_with('f'));
    let to = float.unwrap_or(left.0);
    let to = to.split('[').next().unwrap_or(to);
    Diagnostic::error(codes::OPERANDS, title)
        .at(at, "the element types differ")
        .also(left.1, format!("this is {}", left.0))
        .also(right.1, format!("this is {}", right.0))
        .help(format!("convert one of them: `{to}(…)`"))
}

/// A literal that its type cannot hold.
pub(in crate::build) fn number(dtype: &str, at: Span, float_to_int: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        codes::NUMBER,
        format!("this number is not one of type {dtype}"),
    )
    .at(at, format!("{dtype} is needed here"));
    match float_to_int {
        true => diagnostic.help("write an integer without a fraction, or convert with `i64(…)`"),
        false => diagnostic,
    }
}

/// A call of a value that is not a function.
pub(in crate::build) fn not_a_function(found: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::NOT_A_FUNCTION, format!("{found} is not a function"))
        .at(at, "called here")
}

/// Fields that a struct literal does not give.
pub(in crate::build) fn missing_fields(owner: &str, fields: &[&str], at: Span) -> Diagnostic {
    let list = fields.join("`, `");
    Diagnostic::error(
        codes::FIELDS,
        format!("`{owner}` lacks the fields `{list}`"),
    )
    .at(at, "not all fields are given")
    .help("give each field a value, or take the others from one: `..other`")
}

/// A field that a struct literal gives twice.
pub(in crate::build) fn field_twice(field: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::FIELDS, format!("the field `{field}` is given twice"))
        .at(at, "given again here")
}

/// More indices than axes, or an index on what has none.
pub(in crate::build) fn indexed(found: &str, axes: usize, indices: usize, at: Span) -> Diagnostic {
    let title = format!("{indices} indices on {found}, which has {axes} axes");
    Diagnostic::error(codes::INDEXED, title).at(at, "too many indices")
}

/// An axis that an array does not have.
pub(in crate::build) fn no_axis(axis: i64, rank: usize, at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::INDEXED,
        format!("there is no axis {axis}: the array has {rank}"),
    )
    .at(at, "axes are counted from 0, or from the end with -1")
}

/// An assignment to something that is not a variable.
pub(in crate::build) fn immutable(name: &str, at: Span, bound: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::IMMUTABLE, format!("`{name}` cannot be assigned"))
        .at(at, "assigned here");
    match bound {
        Some(span) => diagnostic
            .also(span, "bound here without `mut`")
            .help(format!("bind it as a variable: `let mut {name} = …`")),
        None => diagnostic,
    }
}

/// An assignment, in a function, to something from outside of it.
pub(in crate::build) fn captured(name: &str, at: Span, bound: Span) -> Diagnostic {
    let title = format!("a function cannot assign `{name}`, which it captures");
    Diagnostic::error(codes::IMMUTABLE, title)
        .at(at, "assigned here")
        .also(bound, "bound outside of the function, here")
        .note("a function captures the value that a name has where the function is made")
        .help("give the new value as a result, or write a `for` loop instead of the function")
}

/// An assignment, in what is computed for each element, to a variable from outside.
pub(in crate::build) fn held(name: &str, at: Span, bound: Span) -> Diagnostic {
    Diagnostic::error(
        codes::IMMUTABLE,
        format!("`{name}` cannot be assigned for each element"),
    )
    .at(at, "assigned here")
    .also(bound, "bound outside, here")
    .note("elements are computed in no order")
    .help("write a `for` loop, or bind a variable inside")
}

/// An assignment in the condition of a `while`.
pub(in crate::build) fn asked(name: &str, at: Span, bound: Span) -> Diagnostic {
    Diagnostic::error(
        codes::IMMUTABLE,
        format!("`{name}` cannot be assigned in the condition of a `while`"),
    )
    .at(at, "assigned here")
    .also(bound, "bound outside, here")
    .help("assign it in a `loop { … }` that is left with `if … { break; }`")
}

/// A pattern that does not fit the value.
pub(in crate::build) fn pattern(wanted: &str, found: &str, at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::PATTERN,
        format!("the pattern is {wanted}, the value {found}"),
    )
    .at(at, "does not fit the value")
}

/// Arms of an `if` (or a variable after them) that differ in type.
pub(in crate::build) fn branches(first: &str, second: &str, at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::BRANCHES,
        format!("one branch gives {first}, the other {second}"),
    )
    .at(at, "the branches differ")
    .help("both branches must give the same type, with the same sizes")
}

/// A struct or another name for a type that contains itself.
pub(in crate::build) fn recursive(name: &str, at: Span) -> Diagnostic {
    let title = format!("the type `{name}` contains itself");
    Diagnostic::error(codes::RECURSIVE, title)
        .at(at, "and so on without end")
        .help("a value of it would have no end: keep several values in an array instead")
}

/// An argument of a function of the library that has the right type and still cannot be meant.
pub(in crate::build) fn unfit(title: &str, at: Span, help: &str) -> Diagnostic {
    Diagnostic::error(codes::UNFIT, title)
        .at(at, "this cannot be meant")
        .help(help)
}

/// The compiler made IR that it refuses itself.
pub(in crate::build) fn internal(message: &str, at: Span) -> Diagnostic {
    Diagnostic::error(
        codes::INTERNAL,
        format!("the compiler failed here: {message}"),
    )
    .at(at, "while this was compiled")
    .help("this is a fault of dfn: please report it with the program")
}

/// An element type of another class than a signature asks for.
pub(in crate::build) fn class(
    class: &ast::Name,
    found: &str,
    (owner, generic): (&str, &str),
    at: Span,
) -> Diagnostic {
    let (what, convert) = match class.as_str() {
        "float" => ("a float", "`f64(…)`"),
        "int" => ("an integer", "`i64(…)`"),
        _ => ("a number", "`f64(…)` or `i64(…)`"),
    };
    let title = format!("`{owner}` takes {what} for `{generic}`, not `{found}`");
    Diagnostic::error(codes::CLASS, title)
        .at(at, format!("this is `{found}`"))
        .also(class.span, "asked for here")
        .help(format!("convert it: {convert}"))
}
