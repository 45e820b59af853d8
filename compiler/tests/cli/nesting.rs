//! Programs that lie in themselves ten thousand times: a message or a result from every command, and never
//! a crash.

use super::Project;

const DEEP: usize = 10_000;

fn nested(before: &str, open: &str, middle: &str, close: &str, after: &str) -> String {
    let (open, close) = (open.repeat(DEEP), close.repeat(DEEP));
    format!("{before}{open}{middle}{close}{after}\n")
}

#[test]
fn deep_programs_are_refused_by_every_command() {
    let main = "fn main() { print(";
    let programs = [
        nested(main, "(", "1.0", ")", "); }"),
        nested(main, "[", "1.0", "]", "); }"),
        nested(main, "{ ", "1.0", " }", "); }"),
        nested(main, "- ", "1.0", "", "); }"),
        nested(main, "!", "true", "", "); }"),
        nested(main, "a @ ", "a", "", "); }"),
        nested(main, "grad(", "sin", ")", "(1.0)); }"),
        nested(main, "[for i in 0..1: ", "1", "]", "); }"),
        nested(main, "if true { 1.0 } else ", "{ 2.0 }", "", "); }"),
        nested("fn main() { ", "if true { } else ", "{ }", "", " }"),
        nested("fn main() { ", "for i in 0..2 { ", "", " }", " }"),
        nested("fn main() { ", "fn f() { ", "", " }", " }"),
    ];
    for program in programs {
        let project = Project::new(&[("deep.dfn", &program)]);
        for command in ["check", "fmt", "run", "test"] {
            let output = project.dfn(&[command, "deep.dfn"]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let start = program.get(..60).unwrap_or_default();
            assert_eq!(output.status.code(), Some(1), "{command} {start}: {said}");
            assert!(said.contains("E0104"), "{command} {start}: {said}");
        }
    }
}

#[test]
fn long_programs_run() {
    let program = nested(
        "fn main() { let mut x = 0.0; ",
        "x += 1.0; ",
        "",
        "",
        "print(x); }",
    );
    let project = Project::new(&[("long.dfn", &program)]);
    assert_eq!(project.out(&["run", "long.dfn"]), "10000.0\n");
}
