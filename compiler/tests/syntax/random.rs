//! Whatever the text is: no panic, no hang, and a diagnostic if something is wrong.

use super::{messages, parse};
use proptest::prelude::*;

/// Pieces of programs, right and wrong.
const PIECES: [&str; 74] = [
    "fn", "let", "mut", "if", "else", "for", "in", "while", "loop", "break", "continue", "return",
    "struct", "type", "const", "import", "export", "pub", "as", "true", "test", "step", "rev", "x",
    "f64", "n", "_", "1", "2.5e3", "0x1f", "1.", "\"s\"", "\"open", "(", ")", "[", "]", "{", "}",
    ",", ";", ":", "::", ".", "..", "..=", "->", "=>", "=", "==", "<", "<=", "+", "-", "*", "/",
    "**", "@", "&", "|", "^", "&&", "||", "!", "+=", "**=", "// c\n", "/// d\n", "//! m\n", "/*",
    "*/", "\n", "#", "é",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_characters(text in "\\PC{0,80}") {
        messages(&text);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        messages(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_tokens(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..60)) {
        messages(&pieces.join(" "));
    }

    #[test]
    fn any_tokens_in_a_function(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
    ) {
        messages(&format!("fn f() {{ {} }}\nfn g() {{ }}", pieces.join(" ")));
    }

    /// A program with one token changed: what is far from the change is still read.
    #[test]
    fn one_piece_replaced(
        start in 0usize..1000,
        length in 0usize..8,
        piece in proptest::sample::select(&PIECES[..])
    ) {
        let text = include_str!("../programs/everything.dfn");
        let floor = |at: usize| text.floor_char_boundary(at.min(text.len()));
        let (from, to) = (floor(start * 3), floor(start * 3 + length));
        let changed = [&text[..from], piece, &text[to..]].concat();
        let shown = messages(&changed);
        let (module, diagnostics) = parse(&changed);
        prop_assert_eq!(shown.is_empty(), diagnostics.is_empty());
        prop_assert!(!module.items.is_empty());
    }
}
