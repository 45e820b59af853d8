//! E03xx, types.

use crate::diagnostic::code::family;

family! {}
