//! The example of digits: trained from C, with each backend. All agree to the bit, and both networks read
//! more than 95 % of the images that were held out.

use super::programs::root;
use dfn::backend::{Level, Options};
use dfn::driver::{BackendName, Emit, Library, LibraryOptions, Session};
use std::path::{Path, PathBuf};
use std::process::Command;

fn example(file: &str) -> PathBuf {
    root().join("examples/digits").join(file)
}

/// The program `train` in a directory.
fn build(directory: &Path, backend: BackendName, level: Level) {
    let mut session = Session::default();
    let program = session.program(&example("digits.dfn"));
    let program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let library = Library::of_file(&example("digits.dfn"), program, &session.sources).unwrap();
    let options = LibraryOptions {
        backend,
        options: Options::new(level),
        threads: dfn::driver::Threads::One,
    };
    library
        .write(directory, &[Emit::Lib, Emit::Header], &options)
        .unwrap();
    let mut command = Command::new("cc");
    command
        .args([
            "-std=c99",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
            "-I",
        ])
        .arg(directory)
        .arg(example("main.c"))
        .arg(directory.join("libdigits.a"))
        .arg("-o")
        .arg(directory.join("train"));
    assert!(command.status().unwrap().success());
}

/// What `train` prints.
fn train(directory: &Path, network: &str, epochs: u32) -> String {
    let output = Command::new(directory.join("train"))
        .args([network, &epochs.to_string()])
        .arg(example("digits.csv"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn held_out(output: &str) -> f64 {
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("held out "));
    line.unwrap().parse().unwrap()
}

#[test]
fn both_networks_read_digits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    build(path, BackendName::Cranelift, Level::O3);
    let (mlp, cnn) = (train(path, "mlp", 20), train(path, "cnn", 20));
    assert!(held_out(&mlp) > 0.95, "{mlp}");
    assert!(held_out(&cnn) > 0.95, "{cnn}");
    for (backend, level) in others() {
        build(path, backend, level);
        assert_eq!(train(path, "mlp", 20), mlp);
        assert_eq!(train(path, "cnn", 20), cnn);
    }
}

/// The other engines that train.
fn others() -> Vec<(BackendName, Level)> {
    vec![
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O3),
    ]
}
