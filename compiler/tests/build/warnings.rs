//! Warnings: the pages of the codes are true, each message is kept as a snapshot, and what is meant as it
//! stands is not warned about.

use super::support::{shown_warnings, warnings};
use dfn::diagnostic::{codes as registry, examples};

fn is_warning(code: &str) -> bool {
    ("E0800".."E0900").contains(&code)
}

#[test]
fn examples_of_the_pages_are_warned_about_and_mended_ones_are_not() {
    for entry in registry::all().filter(|entry| is_warning(entry.code.as_str())) {
        for example in examples(entry.page) {
            let expected: Vec<String> = example.code.into_iter().collect();
            assert_eq!(warnings(&example.text), expected, "{}", example.text);
        }
    }
}

#[test]
fn warnings_as_they_are_shown() {
    for entry in registry::all().filter(|entry| is_warning(entry.code.as_str())) {
        let all = examples(entry.page).into_iter();
        let texts: Vec<String> = all
            .filter(|example| example.code.is_some())
            .map(|example| shown_warnings(&example.text))
            .collect();
        if !texts.is_empty() {
            insta::assert_snapshot!(entry.code.as_str(), texts.join("\n\n"));
        }
    }
}

#[test]
fn each_kind_of_name_is_seen() {
    let cases: &[(&str, &[&str])] = &[
        ("fn main() { let x = 1; }", &["E0801"]),
        ("fn main() { let mut x = 1; x = 2; x += 1; }", &["E0801"]),
        ("fn main() { let mut a = [1, 2]; a[0] = 2; }", &["E0801"]),
        ("fn main() { let (a, b) = (1, 2); print(a); }", &["E0801"]),
        ("fn main() { fn f() -> i64 { 1 } }", &["E0801"]),
        (
            "fn f(x: f64, y: f64) -> f64 { x } fn main() { print(f(1, 2)); }",
            &["E0801"],
        ),
        ("struct S { x: f64 } fn main() { print(1); }", &["E0802"]),
        ("const N = 3; fn main() { print(1); }", &["E0802"]),
        (
            "fn f() -> i64 { f2() } fn f2() -> i64 { 1 } fn main() {}",
            &["E0802"],
        ),
        (
            "fn main() { for i in 0..3 { break; print(i); } }",
            &["E0804"],
        ),
        (
            "export fn f(x: f64) -> f64 { return x; print(x); x }",
            &["E0804"],
        ),
        ("export fn f[n](x: f64[n]) -> bool { n < 0 }", &["E0807"]),
        (
            "export fn f[n](x: f64[n]) -> bool { len(x) == n }",
            &["E0807"],
        ),
        (
            "export fn f(x: f64[2]) -> bool[2] { 2 * x != x * x }",
            &["E0806"],
        ),
    ];
    for (program, expected) in cases {
        assert_eq!(warnings(program), *expected, "{program}");
    }
}

#[test]
fn what_is_meant_is_not_warned_about() {
    let programs = [
        // No root: a page of functions to read.
        "fn f(x: f64) -> f64 { x } struct S { x: f64 }",
        "fn main() { let _x = 1; for k in 0..3 { print(1); } print([for i in 0..2: 1]); }",
        "fn f(x: f64, _y: f64) -> f64 { x } fn main() { print(f(1, 2), (|a, b| a)(1, 2)); }",
        "fn main() { let x = 1; let x = x + 1; print(x); }",
        "fn f(x: f64) -> bool { x == 0 || x != x } fn main() { print(f(1)); }",
        "test \"same bits\" { let x = sin(1.0); assert(x == cos(1.0) || true); }",
        "const DEBUG = 0; fn main() { if DEBUG > 0 { print(1); } }",
        "struct P { x: f64 } fn main() { let P { x } = P { x: 1 }; print(x); }",
        "type V[n] = f64[n]; export fn f[n](x: V[n]) -> f64[n] { x }",
        "fn size() -> i64 { 3 } fn main() { print(zeros(f64[size()])); }",
        "fn f(x: f64, y: f64) -> f64 { x * y } fn main() { print(grad(f, wrt = y)(1, 2)); }",
        "fn g(x: f64) -> bool { x > 0 } fn f(n: i64) -> bool { n > 0 } fn main() { print(f(3), g(1)); }",
        "pub fn f(x: f64) -> f64 { x }",
    ];
    for program in programs {
        assert_eq!(warnings(program), Vec::<String>::new(), "{program}");
    }
}
