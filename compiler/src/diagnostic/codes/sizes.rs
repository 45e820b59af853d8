//! E04xx, sizes.

use crate::diagnostic::code::family;

family! {}
