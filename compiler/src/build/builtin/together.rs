//! `enumerate` and `zip`: they say what a loop runs through, and have no value.

use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;

/// `for (i, v) in enumerate(x)`: positions and elements.
pub(super) fn enumerate<'a>(elab: &mut Elab<'a>, _: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let help = "write it behind `in`: `for (i, v) in enumerate(x)`";
    Err(elab.fail(errors::functions::form(
        "`enumerate` outside of a loop",
        at,
        help,
    )))
}

/// `for (a, b) in zip(x, y)`: the elements of several arrays of one size.
pub(super) fn zip<'a>(elab: &mut Elab<'a>, _: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let help =
        "write it behind `in`: `for (a, b) in zip(x, y)`; an array of pairs is an array of structs";
    Err(elab.fail(errors::functions::form("`zip` outside of a loop", at, help)))
}
