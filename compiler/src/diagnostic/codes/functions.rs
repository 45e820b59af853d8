//! E05xx, functions and transformations.

use crate::diagnostic::code::family;

family! {
    ARGUMENTS = "E0501", "arguments that do not fit the parameters";
    RECURSION = "E0502", "a function that calls itself";
    WRONG_WRT = "E0503", "a parameter to differentiate in that is not there";
    NOT_SCALAR = "E0504", "the gradient of something that is not a scalar";
    NO_TANGENT = "E0505", "a derivative in something that has none";
    FUNCTION_VALUE = "E0507", "a function where only data can be";
    SIGNATURE = "E0508", "a signature that cannot be outside";
    FORM = "E0509", "a form that has no meaning where it stands";
    BATCH_AXES = "E0521", "axes that `vmap` cannot map";
    RULE = "E0522", "a declared derivative of another form";
}
