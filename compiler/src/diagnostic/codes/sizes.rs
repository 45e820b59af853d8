//! E04xx, sizes.

use crate::diagnostic::code::family;

family! {
    SIZES_DIFFER = "E0401", "two sizes that are not the same";
    NOT_INFERRED = "E0402", "a size that nothing determines";
    NOT_A_SIZE = "E0403", "something that cannot be a size";
    BROADCAST = "E0404", "shapes that do not go together";
    NEGATIVE = "E0405", "a size below zero or too large";
    OUT_OF_BOUNDS = "E0406", "an index outside of the axis";
    BOUND = "E0407", "a size that is declared where it cannot be";
}
