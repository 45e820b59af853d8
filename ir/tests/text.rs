//! The text form: what is written of a function's results is compared with what it returns.

#![allow(clippy::unwrap_used, reason = "tests")]

use dfn_ir::text::{module_to_string, parse};

#[test]
fn result_types_are_compared() {
    let function = |results: &str| {
        format!("func @f[%n](%x: f64, %y: f64[%n]) -> ({results}) {{\n  return %x, %y\n}}\n")
    };
    assert!(parse(&function("f64, f64[%n]")).is_ok());
    for wrong in [
        "f32, f64[%n]",
        "f64, f64",
        "f64, f64[%n + 1]",
        "f64[3], f64[%n]",
    ] {
        let error = parse(&function(wrong)).unwrap_err().to_string();
        assert!(error.contains("another type"), "{wrong}: {error}");
    }
    for wrong in ["f64", "f64, f64[%n], f64"] {
        let error = parse(&function(wrong)).unwrap_err().to_string();
        assert!(error.contains("announced"), "{wrong}: {error}");
    }
}

#[test]
fn result_types_may_mention_what_is_computed() {
    let text = "func @f[%n](%k: i64) -> (i64, f64[%m]) {\n  %m = mul %k, %n : i64\n  %y = const {value = f64 1.0} : f64[%m]\n  return %m, %y\n}\n";
    assert!(parse(text).is_ok());
}

#[test]
fn marks_are_printed_as_they_are_read() {
    let marks = [
        "tangent @t",
        "pullback @t @t",
        "linear 1 @t",
        "checkpoint",
        "declared",
        "snapshots root",
        "snapshots count 8",
        "snapshots bytes 4096",
        "inline",
        "apart",
    ];
    for mark in marks {
        let text = format!(
            "func @t(%x: f64) -> (f64) {{\n  return %x\n}}\n\nfunc @f(%x: f64) -> (f64) {mark} {{\n  return %x\n}}\n"
        );
        let module = parse(&text).unwrap();
        assert_eq!(module_to_string(&module), text);
    }
}
