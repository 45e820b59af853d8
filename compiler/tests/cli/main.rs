//! The command line as a user sees it: outputs, exit statuses, files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod build;
mod clean;
mod doc;
mod editors;
mod ir;
mod modules;
mod nesting;
mod report;
mod run;

use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A directory with a program in it.
struct Project(TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::write(project.path().join(name), text).unwrap();
        }
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn dfn(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dfn"));
        command
            .args(args)
            .current_dir(self.path())
            .env_remove("NO_COLOR")
            .output()
            .unwrap()
    }

    /// The status, the standard output and the standard error, to be looked at.
    fn shown(&self, args: &[&str]) -> String {
        let output = self.dfn(args);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        format!(
            "status {}\n--- out\n{out}--- err\n{err}",
            output.status.code().unwrap()
        )
    }

    /// The standard output of a command that succeeds.
    fn out(&self, args: &[&str]) -> String {
        let output = self.dfn(args);
        assert!(output.status.success(), "{}", self.shown(args));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The names of the files there.
    fn files(&self) -> Vec<String> {
        self.files_in(".")
    }

    fn files_in(&self, directory: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path().join(directory)).unwrap();
        let mut names: Vec<String> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn wrong_usage_is_status_2() {
    let project = Project::new(&[]);
    for args in [
        &["nonsense"][..],
        &["run"],
        &["build", "a.dfn", "-O7"],
        &["ir", "--passes", "nonsense", "a.ir"],
    ] {
        assert_eq!(project.dfn(args).status.code(), Some(2), "{args:?}");
    }
    assert_eq!(project.dfn(&["--version"]).status.code(), Some(0));
}

#[test]
fn pages_are_shown() {
    let project = Project::new(&[]);
    assert!(
        project
            .out(&["explain", "e0601"])
            .starts_with("# E0601: a check failed")
    );
    assert_eq!(
        project.shown(&["explain", "E9999"]),
        "status 1\n--- out\n--- err\nerror: there is no code `E9999`; codes look like E0101\n"
    );
}

#[test]
fn formatting_changes_the_layout_only() {
    let project = Project::new(&[("a.dfn", "fn  f( x : f64)->f64 {x}\n")]);
    assert_eq!(
        project.shown(&["fmt", "--check", "a.dfn"]),
        "status 1\n--- out\na.dfn: not formatted\n--- err\n"
    );
    assert_eq!(project.out(&["fmt", "a.dfn"]), "");
    let text = std::fs::read_to_string(project.path().join("a.dfn")).unwrap();
    assert!(text.starts_with("fn f(x: f64) -> f64 {"), "{text}");
    assert_eq!(project.out(&["fmt", "--check", "a.dfn"]), "");
}

#[test]
fn the_first_program_runs_and_passes_its_test() {
    let project = Project::new(&[]);
    project.out(&["new", "circle"]);
    // By hand: |x| = 5, so half of 4² and 4 x / 5.
    let expected = "8.0\n[2.4000000000000004, 3.2]\n";
    for backend in ["interp", "cranelift"] {
        let out = project.out(&["run", "--backend", backend, "circle.dfn"]);
        let numbers = |text: &str| -> Vec<f64> {
            text.split(['[', ']', ',', '\n', ' '])
                .filter_map(|part| part.parse().ok())
                .collect()
        };
        for (found, expected) in numbers(&out).into_iter().zip(numbers(expected)) {
            assert!(
                (found - expected).abs() < 1e-15 * expected.abs() * 4.0,
                "{out}"
            );
        }
        assert_eq!(numbers(&out).len(), 3);
        let tests = project.out(&["test", "--backend", backend, "circle.dfn"]);
        assert!(
            tests.ends_with("1 passed, 0 failed, 0 left out\n"),
            "{tests}"
        );
    }
    assert_eq!(
        project.dfn(&["fmt", "--check", "circle.dfn"]).status.code(),
        Some(0)
    );
    assert_eq!(
        project.dfn(&["new", "circle"]).status.code(),
        Some(1),
        "it exists"
    );
    assert_eq!(
        project.dfn(&["new", "a/b"]).status.code(),
        Some(1),
        "not a name"
    );
}

#[test]
fn check_warns_and_accepts() {
    let source = "export fn f(x: f64) -> f64 {\n    let y = 2 * x;\n    x\n}\n";
    let project = Project::new(&[("f.dfn", source)]);
    insta::assert_snapshot!(project.shown(&["check", "f.dfn"]));
    insta::assert_snapshot!(project.shown(&["check", "--format", "json", "f.dfn"]));
    // The other commands show none.
    let ir = project.shown(&["ir", "f.dfn"]);
    assert!(!ir.contains("warning"), "{ir}");
}
