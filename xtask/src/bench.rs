//! The benchmarks: dfn and the harness are built, and the harness runs on one processor.

use crate::ci::llvm;
use crate::command::{root, run, works};
use crate::peers::peers;

/// Passes its arguments on to the harness.
pub fn bench() -> Result<(), String> {
    llvm()?;
    let release = ["build", "--release", "--package"];
    let dfn = ["dfn", "--features", "dfn/llvm"];
    run("cargo", &[&release[..], &dfn].concat())?;
    run("cargo", &[&release[..], &["dfn-benchmarks"]].concat())?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let text = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
    let release = target.join("release");
    let (bench, dfn) = (text(release.join("bench")), text(release.join("dfn")));
    let args: Vec<String> = std::env::args().skip(2).collect();
    let alone = !args
        .iter()
        .any(|arg| arg == "threads" || arg == "--part=threads");
    let mut line = match alone && works("taskset", &["--version"]) {
        true => vec!["taskset", "--cpu-list", "0", &bench],
        false => vec![&*bench],
    };
    line.extend(["--dfn", &dfn]);
    let python = match args.iter().any(|arg| arg.ends_with("peers")) {
        true => Some(text(peers(&target))),
        false => None,
    };
    if let Some(python) = &python {
        line.extend(["--python", python]);
    }
    line.extend(args.iter().map(String::as_str));
    match line.split_first() {
        Some((program, args)) => run(program, args),
        None => Ok(()),
    }
}
