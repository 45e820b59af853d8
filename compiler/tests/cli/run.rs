//! `run`, `test` and `check`.

use super::Project;

const FAILING: &str = "\
fn third(x: f64[3], i: i64) -> f64 {
    x[i]
}

fn main() {
    print(\"before\");
    print(third([1.0, 2.0, 3.0], 2));
    print(third([1.0, 2.0, 3.0], 3));
    print(\"never\");
}

test \"passes\" { assert(1 + 1 == 2); }
test \"fails\" { print(1); assert(1 + 1 == 3); print(2); }
";

/// What the program prints until the check, and the message at its place.
#[test]
fn a_failed_check_stops_the_program() {
    let project = Project::new(&[("a.dfn", FAILING)]);
    let interp = project.shown(&["run", "--backend", "interp", "a.dfn"]);
    let cranelift = project.shown(&["run", "--backend", "cranelift", "a.dfn"]);
    assert_eq!(interp, cranelift);
    insta::assert_snapshot!(interp);
}

#[test]
fn failed_tests_are_shown_with_what_they_printed() {
    let project = Project::new(&[("a.dfn", FAILING)]);
    let interp = project.shown(&["test", "--backend", "interp", "a.dfn"]);
    let cranelift = project.shown(&["test", "--backend", "cranelift", "a.dfn"]);
    assert_eq!(interp, cranelift);
    insta::assert_snapshot!(interp);
    let some = project.out(&["test", "--filter", "pass", "a.dfn"]);
    assert_eq!(some, "test passes ... ok\n1 passed, 0 failed, 1 left out\n");
}

/// What a derivative runs a second time has been written already.
#[test]
fn loops_that_run_again_print_once() {
    let text = "\
fn half(x: f64) -> f64 { print(\"half of\", x); assert(x > 0.0); x * 0.5 }
fn f(a: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..2 {
        let mut x = a + f64(i);
        while x > 1.0 { print(i, x); x = half(x); }
        s += x * x;
    }
    s
}
fn main() { print(grad(f)(3.0)); }
";
    let project = Project::new(&[("a.dfn", text)]);
    for engine in ["interp", "cranelift"] {
        let seen = project.out(&["run", "--backend", engine, "a.dfn"]);
        // d/da ((a / 4)^2 + ((a + 1) / 4)^2) = 2 (3 / 16 + 4 / 16).
        let wanted = "0 3.0\nhalf of 3.0\n0 1.5\nhalf of 1.5\n\
            1 4.0\nhalf of 4.0\n1 2.0\nhalf of 2.0\n0.875\n";
        assert_eq!(seen, wanted, "{engine}");
    }
}

#[test]
fn there_must_be_something_to_run() {
    let project = Project::new(&[("a.dfn", "fn f() -> f64 { 1.0 }\n")]);
    insta::assert_snapshot!(project.shown(&["run", "a.dfn"]));
    assert_eq!(project.dfn(&["test", "a.dfn"]).status.code(), Some(1));
    assert_eq!(project.dfn(&["run", "missing.dfn"]).status.code(), Some(1));
}

#[test]
fn every_fault_is_said_once_in_either_format() {
    let text = "fn f(x: f64) -> f64 { y }\nfn g(x: f64) -> f64 { z }\n";
    let project = Project::new(&[("a.dfn", text), ("b.dfn", "fn f() -> f64 { 1.0 }\n")]);
    insta::assert_snapshot!(project.shown(&["check", "a.dfn"]));
    let json = project.dfn(&["check", "--format", "json", "a.dfn"]);
    let json = String::from_utf8(json.stdout).unwrap();
    let lines: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let places: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["primary"]["line"].as_u64(),
                line["primary"]["column"].as_u64(),
            )
        })
        .collect();
    assert_eq!(places, [(Some(1), Some(23)), (Some(2), Some(23))]);
    assert_eq!(
        project.shown(&["check", "b.dfn"]),
        "status 0\n--- out\n--- err\n"
    );
}

#[test]
fn print_is_the_same_on_each_engine() {
    let text = "\
fn main() {
    print(1);
    print(0.1 + 0.2);
    print([[1.0, 2.0], [-0.0, 1e300]]);
    print(1.0 / 0.0 - 1.0 / 0.0);
    print(true);
    print(zeros(f64[0]));
    print(\"a text with {braces}\");
}
";
    let project = Project::new(&[("a.dfn", text)]);
    let expected = "1\n0.30000000000000004\n[[1.0, 2.0], [-0.0, 1e300]]\nnan\ntrue\n[]\na text with {braces}\n";
    for backend in ["interp", "cranelift"] {
        assert_eq!(
            project.out(&["run", "--backend", backend, "a.dfn"]),
            expected
        );
    }
}
