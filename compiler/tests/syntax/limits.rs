//! Absurd programs: deep, long, empty. Tests run on threads with 2 MB of stack, in debug builds.

use super::{messages, parse};
use dfn::diagnostic::Diagnostic;

fn codes(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.as_str())
        .collect()
}

/// The codes of a program with `n` times `open`, then `middle`, then `n` times `close`.
fn nested(
    n: usize,
    before: &str,
    open: &str,
    middle: &str,
    close: &str,
    after: &str,
) -> Vec<String> {
    let text = [before, &open.repeat(n), middle, &close.repeat(n), after].concat();
    let (module, diagnostics) = parse(&text);
    drop(module.clone());
    codes(&diagnostics).into_iter().map(str::to_owned).collect()
}

const DEEP: [(&str, &str, &str); 16] = [
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("(1, ", "1", ")"),
    ("f(", "1", ")"),
    ("a[", "1", "]"),
    ("-", "1", ""),
    ("!", "a", ""),
    ("2 ** ", "1", ""),
    ("{ ", "1", " }"),
    ("if a { ", "1", " } else { 2 }"),
    ("|x| ", "1", ""),
    ("|x| { f(", "1", ") }"),
    ("[for i in 0..n: ", "1", "]"),
    ("sum(for i in (0..n).rev(): ", "1", ")"),
    ("M { w: ", "1", " }"),
    ("a[(0..", "1", ").rev()]"),
];

#[test]
fn sixty_levels_are_read() {
    for (open, middle, close) in DEEP {
        let found = nested(60, "fn f() { let x = ", open, middle, close, "; }");
        assert!(found.is_empty(), "{open}: {found:?}");
    }
}

#[test]
fn ten_thousand_levels_are_refused() {
    for (open, middle, close) in DEEP {
        let found = nested(10_000, "fn f() { let x = ", open, middle, close, "; }");
        assert_eq!(found, ["E0104"], "{open}");
    }
}

#[test]
fn ten_thousand_levels_of_other_things_are_refused() {
    let cases = [
        ("fn f(x: ", "(", "f64", ")", ") { }"),
        ("fn f(x: ", "fn(", "f64", ")", ") { }"),
        ("fn f(x: ", "f64[", "1", "]", ") { }"),
        ("fn f() { let ", "(", "a", ")", " = 1; }"),
        ("fn f() ", "{ fn f() ", "{ }", " }", ""),
        ("fn f() { ", "for i in 0..n { ", "", " }", "}"),
        ("fn f() { ", "if a { } else ", "{ }", "", "}"),
    ];
    for (before, open, middle, close, after) in cases {
        let found = nested(10_000, before, open, middle, close, after);
        assert_eq!(found, ["E0104"], "{before}{open}");
    }
}

#[test]
fn brackets_that_are_never_closed() {
    for open in [
        "(", "[", "{", "f(", "a[", "if a {", "M { w: ", "fn f() {", "|x| {",
    ] {
        let found = nested(10_000, "fn f() { ", open, "", "", "");
        assert!(!found.is_empty() && found.len() <= 3, "{open}: {found:?}");
    }
}

/// Chains lean to the left: the parser does not recurse, but whoever walks the tree does.
#[test]
fn long_chains() {
    let chains = [
        " + a", " * a", " && a", ".b", "()", "[0]", " as f64", ".0.0",
    ];
    for link in chains {
        assert!(
            nested(200, "fn f() { let x = a", link, "", "", "; }").is_empty(),
            "{link}"
        );
        assert_eq!(
            nested(10_000, "fn f() { let x = a", link, "", "", "; }"),
            ["E0104"],
            "{link}"
        );
    }
    assert_eq!(
        nested(10_000, "fn f(x: f64", "[1]", "", "", ") { }"),
        ["E0104"]
    );
}

/// A chain in the first operand of a chain, and so on: each alone is short.
#[test]
fn chains_in_chains() {
    let link = " + a".repeat(100);
    let close = format!("{link})");
    assert!(nested(4, "fn f() { let x = ", "(", "a", &close, "; }").is_empty());
    assert_eq!(
        nested(200, "fn f() { let x = ", "(", "a", &close, "; }"),
        ["E0104"]
    );
    let broken = format!("{link}, )");
    let found = nested(200, "fn f() { let x = ", "f(", "a b", &broken, "; }");
    assert!(found.contains(&"E0104".to_owned()), "{found:?}");
}

/// Long lists are not deep.
#[test]
fn wide_programs_are_read() {
    assert!(nested(10_000, "fn f() { let x = [", "1, ", "", "", "]; }").is_empty());
    assert!(nested(10_000, "fn f() { ", "x = 1; ", "", "", "}").is_empty());
    assert!(nested(10_000, "", "fn f() { }\n", "", "", "").is_empty());
}

#[test]
fn empty_files() {
    for text in [
        "",
        "\n",
        "\u{feff}",
        "// only a comment",
        "/* */",
        "//! only a doc",
    ] {
        let (module, diagnostics) = parse(text);
        assert!(
            module.items.is_empty() && diagnostics.is_empty(),
            "{text:?}"
        );
    }
}

#[test]
fn windows_line_ends() {
    let (module, diagnostics) = parse("/// Doc.\r\n/// More.\r\nfn f() {\r\n    1 // c\r\n}\r\n");
    assert!(diagnostics.is_empty());
    assert_eq!(
        module.items[0].doc.as_ref().unwrap().text.as_ref(),
        "Doc.\nMore."
    );
}

/// The place of a fault is right after characters of several bytes.
#[test]
fn places_count_characters() {
    let text = "fn f() { let ä = \"日本\"; let x = ?; }";
    assert!(
        messages(text).contains("example.dfn:1:32"),
        "{}",
        messages(text)
    );
}
