//! The formatter: its layout, that it changes nothing else, and that formatting again changes
//! nothing.

use super::{dump, parse};
use dfn::diagnostic::SourceFile;
use dfn::syntax::format::format;
use dfn::syntax::token::{CommentKind, lex};
use proptest::prelude::*;

fn formatted(text: &str) -> String {
    format(&SourceFile::single("example.dfn", text)).unwrap()
}

/// Formats, and checks that the tree is the same and that formatting again changes nothing.
fn check(text: &str) -> String {
    // The formatter gives a program back as it was if the layout would change anything else: this
    // function shows that it did not.
    let marked = formatted(&format!("{text}\nfn  marker( ) {{ }}"));
    assert!(
        marked.ends_with("fn marker() {}\n"),
        "formatting would lose something: {text}"
    );
    let once = formatted(text);
    assert_eq!(
        formatted(&once),
        once,
        "formatting again changes the layout"
    );
    let tree = |text: &str| dump::module(&parse(text).0);
    assert_eq!(tree(&once), tree(text), "formatting changes the program");
    once
}

#[test]
fn logistic_regression_is_formatted_already() {
    let text = include_str!("../programs/logistic.dfn");
    // Spaces before a comment are not kept.
    assert_eq!(check(text), text.replace(";          //", "; //"));
}

#[test]
fn every_form_of_the_grammar() {
    insta::assert_snapshot!(check(include_str!("../programs/everything.dfn")));
}

#[test]
fn long_lines() {
    insta::assert_snapshot!(check(include_str!("../programs/long_lines.dfn")));
}

#[test]
fn comments_stay() {
    insta::assert_snapshot!(check(include_str!("../programs/comments.dfn")));
}

#[test]
fn a_faulty_program_is_not_formatted() {
    let found = format(&SourceFile::single("example.dfn", "fn f() { 1 + }")).unwrap_err();
    assert_eq!(found[0].code.as_str(), "E0101");
}

#[test]
fn small_files() {
    assert_eq!(check(""), "");
    assert_eq!(check("\n\n"), "");
    assert_eq!(check("\u{feff}fn  f( ){}"), "fn f() {}\n");
    assert_eq!(check("// only a comment"), "// only a comment\n");
    assert_eq!(
        check("//! doc\r\n\r\n\r\nfn f() { }\r\n"),
        "//! doc\n\nfn f() {}\n"
    );
}

/// What must not be joined or dropped, because it would mean something else.
#[test]
fn the_meaning_is_kept() {
    for body in [
        "a[1. .. 2]",
        "t.0.1",
        "- -x",
        "!(!x)",
        "x - -y ** -z",
        "if a { 1 } else { 2 };",
        "{ 1 };",
        "(a,)",
        "(-x) ** 2",
        "a[..(step) - 1]",
        "a[(1..n).rev(), (0..2), (..).rev()]",
        "let f: (fn(f64) -> f64)[2] = g;",
        "let (a,) = b;",
        "loop { break; }",
    ] {
        check(&format!("fn f() {{ {body} }}"));
    }
}

/// The comments of a program, without documentation.
fn comments(text: &str) -> Vec<String> {
    let source = SourceFile::single("example.dfn", text);
    let mut found = Vec::new();
    for comment in lex(&source).comments {
        if matches!(comment.kind, CommentKind::Line | CommentKind::Block) {
            found.push(source.slice(comment.span).to_owned());
        }
    }
    found.sort();
    found
}

/// A comment or a newline anywhere in a program is kept, and nothing else changes.
#[test]
fn comments_anywhere() {
    let text = include_str!("../programs/everything.dfn");
    let pieces = ["// c\n", "/* c */", "\n", "\n\n\n", " "];
    // Every third place: with the five pieces in turn, each place of the grammar meets most.
    for (at, piece) in (0..text.len()).step_by(3).zip(pieces.iter().cycle()) {
        let changed = [&text[..at], piece, &text[at..]].concat();
        if parse(&changed).1.is_empty() {
            assert_eq!(comments(&check(&changed)), comments(&changed));
        }
    }
}

/// Pieces that make programs which are often right.
const PIECES: [&str; 22] = [
    "let x = 1;",
    "f(x);",
    "// c\n",
    "/* b */",
    "\n",
    "\n\n",
    "if a { b } else { c }",
    "for i in 0..n {",
    "}",
    "{",
    "x",
    "+ y",
    ", z",
    "(",
    ")",
    "[",
    "]",
    ";",
    "let y = ",
    "|x| x",
    "M { a: 1,",
    "@ b",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_pieces(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..12)) {
        let text = format!("fn f() {{ {} }}", pieces.join(" "));
        if parse(&text).1.is_empty() {
            check(&text);
        }
    }
}
