//! `build --report` and `--max-workspace`: what functions cost, as formulas.

use super::Project;

/// A copy of `x` is needed, 8 n bytes; the loop adds n - 1 times.
const PROGRAM: &str = "\
export fn last_total[n, m](x: f64[n], y: f64[m]) -> f64 {
    let mut total = x;
    for i in 1..n {
        total[i] = total[i] + total[i - 1];
    }
    total[n - 1] - total[n / 2] + y[0]
}
";

#[test]
fn costs_are_formulas_and_numbers_on_request() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    let build = ["build", "a.dfn", "--emit", "header", "--report"];
    let plain = project.out(&build);
    insta::assert_snapshot!("report", plain);
    let at = project.out(&[&build[..], &["--at", "n=2000,m=10"]].concat());
    assert!(at.contains("= 16000"), "{at}");
}

#[test]
fn a_limit_of_workspace_stops_the_build() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    let build = ["build", "a.dfn", "--emit", "header"];
    let with = |limit| [&build[..], &["--max-workspace", limit]].concat();
    insta::assert_snapshot!("workspace_of_unknown_size", project.shown(&with("1000")));
    let at = ["--at", "n=2000"];
    let shown = project.shown(&[with("15999"), at.to_vec()].concat());
    insta::assert_snapshot!("workspace_too_large", shown);
    assert_eq!(project.files(), ["a.dfn"], "nothing is written");
    project.out(&[with("16000"), at.to_vec()].concat());
}

#[test]
fn a_derivative_that_costs_too_much_stops_the_build() {
    let program = |law: &str| {
        format!(
            "@cost({law})\nexport fn f[n](x: f64[n]) -> f64 {{ sum(for i in 0..n: sin(x[i])) }}\n"
        )
    };
    let build = ["build", "a.dfn", "--emit", "header"];
    for law in [
        "grad <= 4 * primal",
        "jvp <= 3 * primal",
        "bytes(jvp) <= 9 * bytes(primal)",
    ] {
        Project::new(&[("a.dfn", &program(law))]).out(&build);
    }
    let project = Project::new(&[("a.dfn", &program("grad <= 1.5 * primal"))]);
    let shown = project.shown(&build);
    assert!(shown.contains("E0709"), "{shown}");
    assert!(
        shown.contains("costs more than 1.5 times the function"),
        "{shown}"
    );
    assert!(shown.contains("operations of the function: "), "{shown}");
    assert!(shown.contains("operations of the gradient: "), "{shown}");
    assert_eq!(project.files(), ["a.dfn"], "nothing is written");
    let project = Project::new(&[("a.dfn", &program("grad < 4"))]);
    let shown = project.shown(&build);
    assert!(shown.contains("E0522"), "{shown}");
}

/// The loop adds n - 1 times; each step loads two numbers and stores one.
#[test]
fn the_ir_shows_formulas_and_what_was_executed() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    let plain = project.out(&["ir", "a.dfn", "--cost"]);
    assert!(plain.contains("operations     n + 1"), "{plain}");
    assert!(!plain.contains("executed"), "{plain}");
    let at = project.out(&["ir", "a.dfn", "--cost", "--at", "n=2000,m=10"]);
    assert!(at.contains("= 2001"), "{at}");
    assert!(at.contains("executed       2001 operations, "), "{at}");
    assert!(at.contains("16000 bytes of workspace"), "{at}");
}
