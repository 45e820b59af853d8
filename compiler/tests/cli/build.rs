//! `build`: which files, and what is refused. What is in libraries is tested with all backends in the
//! crate `dfn-tests`.

use super::Project;

const PROGRAM: &str = "\
export fn slope(x: f64) -> f64 { grad(tanh)(x) }
";

#[test]
fn the_library_and_its_header_are_written() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    assert_eq!(
        project.out(&["build", "a.dfn", "--backend", "cranelift"]),
        ""
    );
    assert_eq!(project.files(), ["a.dfn", "a.h", "liba.a"]);
    project.out(&["build", "a.dfn", "--emit", "obj,rust,ir,loops", "-o", "out"]);
    assert_eq!(project.files_in("out"), ["a.ir", "a.loops", "a.o", "a.rs"]);
}

#[test]
fn development_code_is_announced() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    let output = project.dfn(&["build", "a.dfn", "--backend", "cranelift"]);
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.starts_with("note: development code"), "{note}");
    let header = project.dfn(&["build", "a.dfn", "--emit", "header"]);
    assert!(header.stderr.is_empty(), "a header is not code");
}

/// What reverse mode saves of a `while` has a size that only the run tells.
#[test]
fn the_header_says_which_functions_allocate_in_any_case() {
    let program = "\
export fn halved(x: f64) -> f64 {
    let mut y = x;
    while y > 1 { y = y * sin(y) / 2; }
    y
}
export fn halved_grad(x: f64) -> f64 { grad(halved)(x) }
";
    let project = Project::new(&[("a.dfn", program)]);
    project.out(&["build", "a.dfn", "--emit", "header", "--parallel"]);
    let header = std::fs::read_to_string(project.path().join("a.h")).unwrap();
    let (first, second) = header.split_once("int halved_grad(").unwrap();
    let first_only = first.split("int halved(").next().unwrap();
    assert!(!first_only.contains("only the run tells"), "{header}");
    assert!(first.contains("only the run tells"), "{header}");
    assert!(!second.contains("allocates nothing"), "{header}");
}

#[test]
fn two_builds_give_the_same_bytes() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    project.out(&["build", "a.dfn", "-o", "one"]);
    project.out(&["build", "a.dfn", "-o", "two"]);
    let read = |path: &str| std::fs::read(project.path().join(path)).unwrap();
    assert_eq!(read("one/liba.a"), read("two/liba.a"));
    assert_eq!(read("one/a.h"), read("two/a.h"));
}

#[test]
fn what_cannot_be_a_library_is_refused() {
    let project = Project::new(&[
        ("none.dfn", "fn f(x: f64) -> f64 { x }\n"),
        ("word.dfn", "export fn double(x: f64) -> f64 { x }\n"),
        (
            "twice.dfn",
            "export fn f(x: f64) -> f64 { x }\nexport fn f_with(x: f64) -> f64 { x }\n",
        ),
        ("prints.dfn", "export fn f(x: f64) -> f64 { print(x); x }\n"),
    ]);
    for name in ["none", "word", "twice", "prints"] {
        let shown = project.shown(&["build", &format!("{name}.dfn"), "--backend", "cranelift"]);
        insta::assert_snapshot!(name, shown);
    }
    assert_eq!(project.files().len(), 4, "nothing is written");
}

#[test]
fn a_target_must_be_known_and_the_output_writable() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    let with = |args: &[&str]| {
        project.shown(&[&["build", "a.dfn", "--backend", "cranelift"], args].concat())
    };
    assert!(with(&["--cpu", "nonsense"]).contains("E0704"));
    assert!(with(&["--target", "nonsense"]).contains("E0704"));
    assert!(with(&["--emit", "asm"]).contains("E0703"));
    assert!(with(&["-o", "a.dfn"]).contains("E0706"));
    assert_eq!(project.files(), ["a.dfn"]);
}
