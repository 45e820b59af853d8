//! E055x, derivatives that do not exist.

use crate::diagnostic::code::family;

family! {
    NO_RULE = "E0550", "an operation that has no derivative";
    NOT_LINEAR = "E0551", "a function that is not linear";
    NO_FORWARD = "E0552", "a forward derivative of a function that has only a pullback";
    NO_PATTERN = "E0553", "a derivative without sparsity pattern";
}
