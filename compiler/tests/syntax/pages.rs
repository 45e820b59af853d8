//! The pages of the codes are true: each erroneous example gives its code, each other is accepted.

use super::parse;
use dfn::diagnostic::{Diagnostic, codes, examples};
use std::collections::BTreeSet;

/// The codes that have an example which the parser alone refuses.
fn is_syntax(code: &str) -> bool {
    code.starts_with("E01") || ("E0010".."E0100").contains(&code)
}

#[test]
fn each_page_begins_with_its_code_and_title() {
    for entry in codes::all() {
        let first = entry.page.lines().next().unwrap_or("");
        assert_eq!(first, format!("# {}: {}", entry.code, entry.title));
    }
}

#[test]
fn each_page_belongs_to_a_code() {
    let known: BTreeSet<_> = codes::all()
        .map(|entry| format!("{}.md", entry.code))
        .collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name());
    for file in files.map(|name| name.into_string().unwrap()) {
        assert!(
            known.contains(&file) || file == "README.md",
            "docs/errors/{file} has no code"
        );
    }
}

#[test]
fn codes_are_unique_and_in_order() {
    let all: Vec<_> = codes::all().map(|entry| entry.code).collect();
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
}

#[test]
fn erroneous_examples_give_their_code() {
    for entry in codes::all().filter(|entry| is_syntax(entry.code.as_str())) {
        let wrong: Vec<_> = examples(entry.page)
            .into_iter()
            .filter(|e| e.code.is_some())
            .collect();
        assert!(!wrong.is_empty(), "{} shows no error", entry.code);
        for example in wrong {
            let found = codes_of(&parse(&example.text).1);
            assert_eq!(
                found,
                BTreeSet::from([example.code.unwrap()]),
                "{}",
                example.text
            );
        }
    }
}

/// In pages of later families too, every program is at least grammatical.
#[test]
fn all_other_examples_can_be_read() {
    for entry in codes::all() {
        for example in examples(entry.page) {
            if example.code.is_some_and(|code| is_syntax(&code)) {
                continue;
            }
            let found = parse(&example.text).1;
            assert!(
                found.is_empty(),
                "{}: {}\n{found:?}",
                entry.code,
                example.text
            );
        }
    }
}

#[test]
fn codes_are_found_however_they_are_written() {
    for text in ["E0101", "e0101", "101"] {
        assert_eq!(codes::find(text).unwrap().code.as_str(), "E0101");
    }
    assert!(codes::find("E9999").is_none() && codes::find("x").is_none());
}

fn codes_of(diagnostics: &[Diagnostic]) -> BTreeSet<String> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.to_string())
        .collect()
}
