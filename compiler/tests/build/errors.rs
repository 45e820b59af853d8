//! Faults of programs: the pages of the codes are true, and each message is kept as a snapshot.

use super::support::{codes, errors};
use dfn::diagnostic::{codes as registry, examples};

/// The codes that elaboration gives.
fn is_ours(code: &str) -> bool {
    ("E0200".."E0550").contains(&code)
}

#[test]
fn erroneous_examples_give_their_code_and_others_none() {
    for entry in registry::all().filter(|entry| is_ours(entry.code.as_str())) {
        let all = examples(entry.page);
        assert!(!all.is_empty(), "{} has no example", entry.code);
        for example in all {
            let mut found = codes(&example.text);
            found.dedup();
            let expected: Vec<String> = example.code.into_iter().collect();
            assert_eq!(
                found,
                expected,
                "{}\n{}",
                example.text,
                errors(&example.text)
            );
        }
    }
}

#[test]
fn messages() {
    for entry in registry::all().filter(|entry| is_ours(entry.code.as_str())) {
        let wrong = examples(entry.page)
            .into_iter()
            .filter(|example| example.code.is_some());
        let texts: Vec<String> = wrong.map(|example| errors(&example.text)).collect();
        if !texts.is_empty() {
            insta::assert_snapshot!(entry.code.as_str(), texts.join("\n\n"));
        }
    }
}

#[test]
fn all_faults_of_a_program_are_reported() {
    let program = "
        fn f[n](x: f64[n], y: f64[n]) -> f64 { sum(x * y) }
        fn g[n, m](x: f64[n], y: f64[m]) -> f64 { f(x, y) + unknown(x) }
        fn h(x: f64) -> f64 { let y: i64 = x; let z = y + 1; w }
        fn k(x: f64[3]) -> f64 { x[3] }
    ";
    assert_eq!(
        codes(program),
        ["E0401", "E0201", "E0301", "E0201", "E0406"]
    );
}

#[test]
fn a_generic_function_is_checked_without_being_called() {
    assert_eq!(
        codes("fn f[n, m](x: f64[n], y: f64[m]) -> f64[n] { x - y }"),
        ["E0404"]
    );
    assert_eq!(codes("fn f[T: float](x: T) -> T { x + 1i64 }"), ["E0302"]);
}

#[test]
fn a_fault_in_the_library_shows_where_the_program_calls() {
    let shown = errors("fn main() {\n    print(fixed_point(|x| x > 1, 1.0));\n}");
    assert!(shown.contains("test.dfn:2:11"), "{shown}");
    assert!(shown.contains("called from here"), "{shown}");
}

#[test]
fn one_fault_in_several_instances_is_reported_once() {
    let program = "
        fn apply(f: fn(f64) -> f64, x: f64) -> f64 { f(x) + oops }
        fn main() { print(apply(tanh, 1), apply(sin, 2)); }
    ";
    assert_eq!(codes(program), ["E0201"]);
}

#[test]
fn recursion_through_growing_types_ends() {
    let program = "
        fn f[n](x: f64[n]) -> f64 { f(concat(x, x)) }
        fn main() { print(f([1, 2])); }
    ";
    assert_eq!(codes(program), ["E0502"]);
}
