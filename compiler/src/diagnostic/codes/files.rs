//! E00xx, files and characters.

use crate::diagnostic::code::family;

family! {
    CANNOT_READ = "E0001", "a file cannot be read";
    NOT_UTF8 = "E0002", "a file is not UTF-8";
    FILE_TOO_LARGE = "E0003", "a file is too large";
    IMPORT_CYCLE = "E0004", "files import each other";
    UNKNOWN_CHARACTER = "E0010", "a character has no meaning";
    UNTERMINATED_STRING = "E0011", "a string is not closed";
    UNKNOWN_ESCAPE = "E0012", "an escape in a string is unknown";
    UNTERMINATED_COMMENT = "E0013", "a comment is not closed";
    MALFORMED_NUMBER = "E0014", "a number is malformed";
    INTEGER_TOO_LARGE = "E0015", "an integer is too large";
    UNKNOWN_SUFFIX = "E0016", "the suffix of a number is unknown";
    FLOAT_TOO_LARGE = "E0017", "a number is beyond the range of its type";
}
