//! E03xx, types.

use crate::diagnostic::code::family;

family! {
    MISMATCH = "E0301", "a value of another type than the one asked for";
    OPERANDS = "E0302", "an operation that its operands do not have";
    NUMBER = "E0303", "a number that does not fit its type";
    NOT_A_FUNCTION = "E0304", "a call of something that is not a function";
    FIELDS = "E0305", "fields that are missing or given twice";
    INDEXED = "E0306", "indices that do not fit the axes";
    IMMUTABLE = "E0307", "an assignment to what cannot change";
    PATTERN = "E0308", "a pattern of another form than the value";
    BRANCHES = "E0309", "branches of different types";
    RECURSIVE = "E0310", "a type that contains itself";
    CLASS = "E0311", "an element type of another class than asked for";
    TWO_VALUES = "E0312", "a name whose number would be two";
    UNFIT = "E0320", "an argument of the library that cannot be meant";
    INTERNAL = "E0399", "a fault of the compiler";
}
