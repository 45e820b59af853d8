//! The files for editors agree with the language.

use dfn::syntax::token::is_name;
use serde_json::Value;
use std::path::Path;

fn editor_file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../editors/vscode")
        .join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The words between `(` and `)` of the pattern with this name.
fn words(grammar: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in grammar["repository"]["words"]["patterns"]
        .as_array()
        .unwrap()
    {
        let text = pattern["match"].as_str().unwrap();
        if let Some(rest) = text.strip_prefix("\\b(") {
            let (inner, _) = rest.split_once(')').unwrap();
            found.extend(inner.split('|').map(str::to_owned));
        }
    }
    found.sort();
    found
}

#[test]
fn the_grammar_has_all_reserved_words_and_no_other() {
    let grammar = editor_file("syntaxes/dfn.tmLanguage.json");
    let page = include_str!("../../../docs/language/grammar.md");
    let line = page
        .lines()
        .find(|line| line.starts_with("Reserved words: `"))
        .unwrap();
    let mut reserved: Vec<&str> = line.split('`').nth(1).unwrap().split(' ').collect();
    reserved.sort_unstable();
    assert_eq!(words(&grammar), reserved);
    for word in reserved {
        assert!(!is_name(word), "{word} is a name");
    }
}

#[test]
fn the_other_files_can_be_read() {
    assert_eq!(
        editor_file("package.json")["contributes"]["languages"][0]["id"],
        "dfn"
    );
    assert!(editor_file("language-configuration.json")["brackets"].is_array());
}
