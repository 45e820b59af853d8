//! The native tools for derivatives that the benchmark compares with.

use crate::ci::install;
use crate::command::{run, works};
use std::path::{Path, PathBuf};

/// The packages of Python, with the versions that the documented table was measured with.
const PACKAGES: [&str; 2] = ["casadi==3.8.2", "cmeel-cppad==20250000.2"];

/// Installs what is missing: ADOL-C by apt, CasADi and the headers of CppAD into an environment of Python under
/// `target`, whose interpreter is returned. What cannot be installed is left out by the harness.
pub fn peers(target: &Path) -> PathBuf {
    if !works("test", &["-e", "/usr/include/adolc/adolc.h"]) {
        report(install(&["libadolc-dev"]));
    }
    let environment = target.join("peers");
    let python = environment.join("bin/python");
    let interpreter = python.to_string_lossy().into_owned();
    if !works(&interpreter, &["-c", "import casadi"]) {
        let directory = environment.to_string_lossy().into_owned();
        let pip = ["-m", "pip", "install", "--quiet"];
        report(
            run("python3", &["-m", "venv", &directory])
                .and_then(|()| run(&interpreter, &[&pip[..], &PACKAGES].concat())),
        );
    }
    match works(&interpreter, &["--version"]) {
        true => python,
        false => "python3".into(),
    }
}

fn report(result: Result<(), String>) {
    if let Err(message) = result {
        eprintln!("xtask: {message}");
    }
}
