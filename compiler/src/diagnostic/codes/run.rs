//! E06xx, run time.

use crate::diagnostic::code::family;

family! {}
