//! E06xx, run time.

use crate::diagnostic::code::family;

family! {
    CHECK_FAILED = "E0601", "a check failed while the program ran";
    FAULT = "E0602", "the program cannot go on";
    NOTHING_TO_RUN = "E0603", "there is nothing to run";
    NO_MEMORY = "E0604", "there is not enough memory";
    TEST_FAILED = "E0605", "a test failed";
    INTERNAL = "E0699", "dfn made a mistake";
}
