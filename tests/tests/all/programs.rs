//! Programs of the language on every engine: what their comments ask for must come out.
//!
//! One test for each directory of `tests/programs`, one for the tutorial, one for each page of the
//! documentation with programs in it.

use dfn_tests::programs::{check, load, run_on_all};
use std::path::{Path, PathBuf};

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The programs in a directory, in order.
pub(super) fn programs(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "dfn"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no programs in {}", directory.display());
    paths
}

fn check_directory(directory: &str) {
    let mut wrong = Vec::new();
    for path in programs(&root().join(directory)) {
        let source = std::fs::read_to_string(&path).unwrap();
        let found = check(&path, &source);
        wrong.extend(
            found
                .iter()
                .map(|error| format!("{}: {error}", path.file_name().unwrap().display())),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} faults in {directory}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What the comments and the tests of one program ask for.
pub(super) fn check_file(path: &Path) {
    let wrong = check(path, &std::fs::read_to_string(path).unwrap());
    assert!(
        wrong.is_empty(),
        "{}:\n{}",
        path.display(),
        wrong.join("\n")
    );
}

/// A test for each directory; one that is not listed is an error.
macro_rules! directories {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check_directory(concat!("tests/programs/", stringify!($name)));
            }
        )*

        #[test]
        fn every_directory_is_tested() {
            let listed = [$(stringify!($name)),*];
            for entry in std::fs::read_dir(root().join("tests/programs")).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                assert!(!path.is_dir() || listed.contains(&name.as_str()), "{name} is not tested");
            }
        }
    };
}

directories! {
    arithmetic arrays checks control data errors functions linalg modes output passes random transformations
}

#[test]
fn tutorial() {
    check_directory("examples/tutorial");
}

/// The programs in a page: blocks that begin with "```dfn", with their lines.
fn blocks(page: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match (inside, line) {
            (false, "```dfn") => {
                inside = true;
                found.push((number + 1, String::new()));
            }
            (true, "```") => inside = false,
            (true, line) => found.last_mut().unwrap().1.extend([line, "\n"]),
            (false, _) => {}
        }
    }
    found
}

#[test]
fn examples_of_the_language_reference() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("docs/language")).unwrap() {
        let path = entry.unwrap().path();
        let page = std::fs::read_to_string(&path).unwrap();
        for (line, source) in blocks(&page) {
            count += 1;
            let found = check(&path.with_extension("dfn"), &source);
            wrong.extend(
                found
                    .iter()
                    .map(|error| format!("{}, block at {line}: {error}", path.display())),
            );
        }
    }
    assert!(count > 20, "only {count} examples were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The blocks of the tutorial page: "```dfn FILE" and "```output FILE", with their text.
fn tutorial_blocks(page: &str) -> Vec<(String, String, String)> {
    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line.strip_prefix("```")) {
            (false, Some(head)) => {
                inside = true;
                let (kind, file) = head.split_once(' ').unwrap_or((head, ""));
                found.push((kind.to_owned(), file.to_owned(), String::new()));
            }
            (true, Some(_)) => inside = false,
            (true, None) => found.last_mut().unwrap().2.extend([line, "\n"]),
            (false, None) => {}
        }
    }
    found.retain(|(_, file, _)| !file.is_empty());
    found
}

#[test]
fn the_tutorial_page_shows_the_programs_and_what_they_print() {
    let page = std::fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let blocks = tutorial_blocks(&page);
    for path in programs(&root().join("examples/tutorial")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            blocks.iter().any(|(_, file, _)| *file == name),
            "{name} is not shown"
        );
    }
    for (kind, file, text) in blocks {
        let path = root().join("examples/tutorial").join(&file);
        let source = std::fs::read_to_string(&path).unwrap();
        if kind == "dfn" {
            assert!(source.contains(&text), "{file} does not contain\n{text}");
            continue;
        }
        let (sources, loaded) = load(&path, &source);
        let ran = run_on_all(&loaded.unwrap(), &sources).unwrap();
        let mut printed = ran.main.unwrap().lines.join("\n");
        printed.push('\n');
        assert_eq!(printed, text, "what {file} prints");
    }
}
