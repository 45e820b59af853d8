//! E0312: a name whose number would be two.

use crate::build::number::{Class, Conflict, Named};
use crate::diagnostic::codes::types as codes;
use crate::diagnostic::{Diagnostic, Span};

fn class(class: Class) -> &'static str {
    match class {
        Class::Int => "an integer",
        Class::Float => "a float",
    }
}

fn both(named: &Named) -> String {
    format!("{} as an integer, {:?} as a float", named.int, named.float)
}

/// A use of a name against what an earlier use decided.
pub(in crate::build) fn conflict(conflict: &Conflict, at: Span) -> Diagnostic {
    let Conflict {
        named,
        before,
        class: now,
    } = conflict;
    let earlier = match now {
        Class::Int => Class::Float,
        Class::Float => Class::Int,
    };
    let (name, now, earlier) = (&named.name, class(*now), class(earlier));
    let title = format!("`{name}` is {now} here, but {earlier} in an earlier use");
    Diagnostic::error(codes::TWO_VALUES, title)
        .at(at, format!("{now} here"))
        .also(*before, format!("{earlier} here"))
        .also(named.bound, both(named))
        .help(format!(
            "give the name a type, `let {name}: i64 = …`, or write a float, as in `7.0 / 2.0`"
        ))
}

/// A constant without type whose number would be two.
pub(in crate::build) fn constant(named: &Named, at: Span) -> Diagnostic {
    let name = &named.name;
    let title = format!("the constant `{name}` could be two numbers");
    Diagnostic::error(codes::TWO_VALUES, title)
        .at(at, both(named))
        .help(format!(
            "give it a type, `const {name}: i64 = …`, or write a float, as in `7.0 / 2.0`"
        ))
}
