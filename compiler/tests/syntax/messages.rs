//! Messages as text and as JSON, with several places and files; faults of whole files.

use dfn::diagnostic::files::{FileError, MAX_FILE_BYTES};
use dfn::diagnostic::{Colour, Diagnostic, SourceMap, Span, codes, render, to_json};
use std::io;

/// A message about two files, with everything a message can have.
fn full_message() -> (SourceMap, Diagnostic) {
    let mut sources = SourceMap::new();
    let model = sources.add(
        "model.dfn",
        "//! Two lines.\nfn f[d](w: f64[d]) { g(w) }\nlet\n",
    );
    let linalg = sources.add("linalg.dfn", "fn g[d](x: f64[d + 1]) { }\n");
    let at = |file, start, end| Span::new(file, start, end);
    let diagnostic = Diagnostic::error(codes::syntax::UNEXPECTED, "sizes `d` and `d + 1` differ")
        .at(at(model, 38, 39), "has the size `d`")
        .also(at(model, 20, 21), "`d` comes from here")
        .also(at(linalg, 15, 20), "expected because of this")
        .note("sizes are compared as polynomials")
        .help("pass an array of `d + 1` elements");
    (sources, diagnostic)
}

#[test]
fn two_files_notes_and_help() {
    let (sources, diagnostic) = full_message();
    insta::assert_snapshot!(render(&diagnostic, &sources, Colour::Never));
}

#[test]
fn json() {
    let (sources, diagnostic) = full_message();
    let shown = serde_json::to_string_pretty(&to_json(&diagnostic, &sources)).unwrap();
    insta::assert_snapshot!(shown);
}

#[test]
fn colours_only_on_request() {
    let (sources, diagnostic) = full_message();
    assert!(!render(&diagnostic, &sources, Colour::Never).contains('\u{1b}'));
    assert!(render(&diagnostic, &sources, Colour::Always).contains('\u{1b}'));
}

#[test]
fn warnings_are_no_errors() {
    let mut sources = SourceMap::new();
    let file = sources.add("a.dfn", "");
    let warning =
        Diagnostic::warning(codes::syntax::STRAY_DOC, "odd").at(Span::new(file, 0, 0), "");
    assert!(!warning.is_error());
    assert!(render(&warning, &sources, Colour::Never).starts_with("warning[E0111]: odd"));
}

/// Places outside of the text or inside a character are moved, not refused.
#[test]
fn impossible_places_do_not_panic() {
    let mut sources = SourceMap::new();
    let file = sources.add("a.dfn", "é\r\nab");
    for (start, end) in [(1, 1), (0, 1), (1, 9), (9, 20), (6, 6), (3, 2), (2, 3)] {
        let diagnostic =
            Diagnostic::error(codes::syntax::UNEXPECTED, "t").at(Span::new(file, start, end), "l");
        assert!(render(&diagnostic, &sources, Colour::Never).contains("a.dfn"));
        to_json(&diagnostic, &sources);
    }
}

fn file_message(contents: io::Result<Vec<u8>>) -> String {
    let mut sources = SourceMap::new();
    let error: FileError = sources.add_read("model.dfn", contents).unwrap_err();
    render(&error.into(), &sources, Colour::Never)
}

#[test]
fn file_that_cannot_be_read() {
    insta::assert_snapshot!(file_message(Err(io::Error::from(io::ErrorKind::NotFound))));
}

#[test]
fn file_that_is_not_utf8() {
    insta::assert_snapshot!(file_message(Ok(b"// caf\xe9\nfn f() { }\n".to_vec())));
    assert!(file_message(Ok(b"a\nb\n\xff".to_vec())).contains("byte 0xff at offset 4, line 3"));
    assert!(file_message(Ok(b"a\xe2\x82".to_vec())).contains("byte 0xe2 at offset 1, line 1"));
}

#[test]
fn file_that_is_too_large() {
    insta::assert_snapshot!(file_message(Ok(vec![b' '; MAX_FILE_BYTES + 1])));
}

/// Ten thousand faults in one file are shown in the time it takes to read them.
#[test]
fn many_messages_about_a_long_file() {
    let text = "fn f() { let x = ; }\n".repeat(10_000);
    let shown = super::messages(&text);
    assert_eq!(shown.matches("error[E0101]").count(), 10_000);
    assert!(shown.contains("example.dfn:10000:18"));
}
