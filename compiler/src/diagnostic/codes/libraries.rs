//! E07xx, libraries.

use crate::diagnostic::code::family;

family! {
    EXPORT_NAME = "E0701", "an exported function whose name C does not take";
    RESULT_SIZE = "E0702", "a result of a size that the caller cannot know";
    NOT_COMPILED = "E0703", "a program that cannot be compiled this way";
    TARGET = "E0704", "a target or processor that no code can be made for";
    NO_EXPORTS = "E0705", "a library without functions";
    CANNOT_WRITE = "E0706", "a file cannot be written";
    WORKSPACE = "E0707", "a function that needs more workspace than it may";
    SHARED = "E0708", "a shared library that cannot be linked";
    COST = "E0709", "a derivative that costs more than it may";
}
