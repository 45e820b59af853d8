//! E02xx, names.

use crate::diagnostic::code::family;

family! {
    UNKNOWN_NAME = "E0201", "a name that nothing declares";
    UNKNOWN_FIELD = "E0202", "a field that the struct does not have";
    DECLARED_TWICE = "E0203", "a name that is declared twice";
    UNKNOWN_MODULE = "E0204", "a module that is not there";
    WRONG_KIND = "E0205", "a name of another kind of thing";
    PRIVATE = "E0206", "an item that its file keeps to itself";
    MODULE_NAME = "E0207", "a file whose name is no name";
}
