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
