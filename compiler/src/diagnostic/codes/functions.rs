//! E05xx, functions and transformations.

use crate::diagnostic::code::family;

family! {}
