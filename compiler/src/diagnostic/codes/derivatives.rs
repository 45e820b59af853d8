//! E055x, derivatives that do not exist.

use crate::diagnostic::code::family;

family! {
    NO_RULE = "E0550", "an operation that has no derivative";
}
