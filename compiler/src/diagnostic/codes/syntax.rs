//! E01xx, syntax.

use crate::diagnostic::code::family;

family! {
    UNEXPECTED = "E0101", "something else was expected";
    UNCLOSED = "E0102", "a bracket is never closed";
    UNMATCHED_CLOSER = "E0103", "a closing bracket has no opening one";
    TOO_DEEP = "E0104", "an expression is too deep or too long";
    CHAINED_COMPARISON = "E0105", "comparisons cannot be chained";
    NOT_A_PLACE = "E0106", "this cannot be assigned to";
    MISSING_SEMICOLON = "E0107", "a semicolon is missing";
    POSITIONAL_AFTER_NAMED = "E0108", "a positional argument follows a named one";
    RESERVED_WORD = "E0109", "a reserved word is used as a name";
    RANGE_AS_VALUE = "E0110", "a range is used as a value";
    STRAY_DOC = "E0111", "documentation stands where nothing can be documented";
    MISPLACED_ITEM = "E0112", "an item or a modifier stands where it cannot";
    ASSIGNMENT_AS_VALUE = "E0113", "an assignment is used as a value";
    OPEN_RANGE = "E0114", "a range has no end";
    LOOP_AS_VALUE = "E0115", "a loop is used as a value";
    LET_WITHOUT_VALUE = "E0116", "a `let` has no value";
    AMBIGUOUS_STEP = "E0117", "`step` may be the step or a variable";
}
