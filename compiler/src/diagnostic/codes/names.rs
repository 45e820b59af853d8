//! E02xx, names.

use crate::diagnostic::code::family;

family! {}
