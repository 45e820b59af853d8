//! The first thing that a newcomer runs: dfn is built, compiles the example, and a C program trains it.

use crate::command::{root, run};

/// Builds dfn in its development profile, which is quicker than a release build and compiles the
/// example in about a second.
pub fn demo() -> Result<(), String> {
    run("cargo", &["build", "--package", "dfn"])?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let dfn = text(target.join("debug").join("dfn"));
    let out = text(target.join("demo"));
    let example = "examples/logistic_regression";
    let source = format!("{example}/logistic.dfn");
    run(
        &dfn,
        &["build", &source, "-o", &out, "--backend", "cranelift"],
    )?;
    let (main, library, train) = (
        format!("{example}/main.c"),
        format!("{out}/liblogistic.a"),
        format!("{out}/train"),
    );
    let include = format!("-I{out}");
    run(
        "cc",
        &["-std=c99", "-O2", &include, &main, &library, "-o", &train],
    )?;
    run(&train, &[&format!("{example}/breast_cancer.csv")])
}
