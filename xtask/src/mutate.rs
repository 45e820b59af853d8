//! Every derivative rule broken in every place.

use crate::command::run_with;

/// Plants all faults; an ordinary run of the tests plants some.
pub fn mutate() -> Result<(), String> {
    let args = [
        "test",
        "-p",
        "dfn-ir",
        "--test",
        "mutate",
        "--",
        "--nocapture",
    ];
    run_with("cargo", &args, &[("DFN_MUTATE", "all")])
}
