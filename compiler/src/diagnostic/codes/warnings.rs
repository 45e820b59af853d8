//! E08xx, warnings.

use crate::diagnostic::code::family;

family! {
    UNUSED = "E0801", "a name that is never used";
    UNUSED_ITEM = "E0802", "an item that is never used";
    UNUSED_IMPORT = "E0803", "an import that is never used";
    UNREACHABLE = "E0804", "code that is never reached";
    HIDES = "E0805", "a name that hides a variable";
    FLOAT_EQUALITY = "E0806", "an equality of floats";
    DECIDED = "E0807", "a comparison that is always true, or never";
}
