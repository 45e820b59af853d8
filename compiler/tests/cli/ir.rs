//! `ir`.

use super::Project;

const PROGRAM: &str = "\
export fn slope(x: f64) -> f64 { grad(|y| sin(y) * y)(x) }
";

#[test]
fn the_text_of_each_stage_is_read_back() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    let elaborated = project.out(&["ir", "a.dfn"]);
    assert!(elaborated.contains("vjp"), "{elaborated}");
    for pass in [
        "inline",
        "simplify",
        "linearize",
        "transpose",
        "products",
        "accumulate",
        "order",
    ] {
        let text = project.out(&["ir", "--bare", "--after", pass, "a.dfn"]);
        std::fs::write(project.path().join("b.ir"), &text).unwrap();
        assert_eq!(project.out(&["ir", "b.ir"]), text, "after {pass}");
    }
}

#[test]
fn lines_of_the_source_stand_above_what_comes_from_them() {
    let source = "fn f(x: f64) -> f64 {\n    let s = sin(x);\n    s * x\n}\nexport fn slope(x: f64) -> f64 { grad(f)(x) }\n";
    let project = Project::new(&[("a.dfn", source)]);
    let text = project.out(&["ir", "--after", "transpose", "a.dfn"]);
    let derivative = text.split("func @slope").nth(1).unwrap();
    let (sine, product) = (
        derivative.find("  // a.dfn:2: let s = sin(x);\n").unwrap(),
        derivative.find("  // a.dfn:3: s * x\n").unwrap(),
    );
    assert!(sine < derivative.find(" = cos %x").unwrap(), "{text}");
    assert!(product < derivative.find(" = mul ").unwrap(), "{text}");
    // They are comments, so the text can be read back.
    std::fs::write(project.path().join("b.ir"), &text).unwrap();
    let bare = project.out(&["ir", "--bare", "--after", "transpose", "a.dfn"]);
    assert_eq!(project.out(&["ir", "b.ir"]), bare);
}

#[test]
fn passes_run_on_text() {
    let project = Project::new(&[("a.dfn", PROGRAM)]);
    std::fs::write(project.path().join("a.ir"), project.out(&["ir", "a.dfn"])).unwrap();
    let text = project.out(&["ir", "--passes", "linearize,transpose", "a.ir"]);
    assert!(text.contains(".bwd") && !text.contains("vjp"), "{text}");
    let loops = project.out(&["ir", "--loops", "a.ir"]);
    dfn_ir::loops::verify(&dfn_ir::loops::parse(&loops).unwrap()).unwrap();
}

#[test]
fn text_that_is_no_ir_is_refused() {
    let project = Project::new(&[
        ("a.ir", "func @f( {\n"),
        (
            "b.ir",
            "func @f(%x: f64) -> (f64) {\n  %y = and %x, %x : f64\n  return %y\n}\n",
        ),
    ]);
    insta::assert_snapshot!(project.shown(&["ir", "a.ir"]));
    assert_eq!(project.dfn(&["ir", "b.ir"]).status.code(), Some(1));
}
