//! Checks and tests.

use crate::command::{run, run_with, works};

/// The features of a build with LLVM.
const LLVM: &[&str] = &["--features", "dfn/llvm,dfn-tests/llvm,dfn-build/llvm"];

/// What LLVM 22 is in Debian.
const PACKAGES: &[&str] = &[
    "llvm-22-dev",
    "libpolly-22-dev",
    "libzstd-dev",
    "zlib1g-dev",
];

/// Everything.
pub fn ci() -> Result<(), String> {
    llvm()?;
    tidy()?;
    clippy(LLVM)?;
    test()?;
    tests(LLVM)?;
    let deny = [(
        "RUSTDOCFLAGS",
        "--deny warnings --allow rustdoc::private-intra-doc-links",
    )];
    run_with("cargo", &["doc", "--workspace", "--no-deps"], &deny)
}

/// Formatting and lints.
pub fn tidy() -> Result<(), String> {
    run("cargo", &["fmt", "--all", "--check"])?;
    clippy(&[])
}

/// All tests that need no LLVM.
pub fn test() -> Result<(), String> {
    tests(&[])
}

fn clippy(features: &[&str]) -> Result<(), String> {
    let args = [
        &["clippy", "--workspace", "--all-targets"],
        features,
        &["--", "--deny", "warnings"],
    ];
    run("cargo", &args.concat())
}

fn tests(features: &[&str]) -> Result<(), String> {
    // A missing snapshot is a failure, not a new file.
    run_with(
        "cargo",
        &[&["test", "--workspace"], features].concat(),
        &[("INSTA_UPDATE", "no")],
    )
}

/// Installs LLVM 22 if it is missing.
pub fn llvm() -> Result<(), String> {
    if works("llvm-config-22", &["--version"])
        || works("/usr/lib/llvm-22/bin/llvm-config", &["--version"])
    {
        return Ok(());
    }
    install(PACKAGES)
}

/// Installs packages of Debian.
pub fn install(packages: &[&str]) -> Result<(), String> {
    let root = works("sh", &["-c", "test \"$(id -u)\" = 0"]);
    let apt = |args: &[&str]| match root {
        true => run_with("apt-get", args, &[("DEBIAN_FRONTEND", "noninteractive")]),
        false => run("sudo", &[&["apt-get"], args].concat()),
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}
