//! The programs that people learn from give no warnings, and stand as `dfn fmt` writes them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Every program below a directory.
fn programs(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "dfn") {
            found.push(path);
        }
    }
}

fn dfn(args: &[&str], file: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dfn"));
    let output = command.args(args).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {said}", file.display());
    said
}

#[test]
fn examples_and_the_standard_library_give_no_warning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    programs(&root.join("examples"), &mut files);
    programs(&root.join("std"), &mut files);
    assert!(files.len() > 30, "{}", files.len());
    for file in &files {
        assert_eq!(dfn(&["check"], file), "", "{}", file.display());
        dfn(&["fmt", "--check"], file);
    }
}
