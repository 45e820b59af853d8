//! No loop copies an array that its source does not: the programs of the suite and of the cost law, and the
//! examples, with all derivatives in them. What does stands in a table with its reason.

use super::programs::{programs, root};
use dfn::driver::{Session, Stages};
use std::path::{Path, PathBuf};

/// File, line of the source, and why an array is copied there.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// The copies in the loops of a program.
fn copies(path: &Path) -> String {
    let mut session = Session::default();
    let stages = Stages::of_file(path, &mut session);
    let stages = stages.unwrap_or_else(|| panic!("{path:?}: {:?}", session.diagnostics));
    let copies = stages.copies(&session.sources);
    copies.unwrap_or_else(|errors| panic!("{path:?}: {errors:?}"))
}

/// The folders with programs.
fn folders() -> Vec<PathBuf> {
    let mut folders = vec![root().join("tests/cost")];
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        folders.extend(Some(entry.unwrap().path()).filter(|path| path.is_dir()));
    }
    folders
}

#[test]
fn loops_copy_only_what_the_source_copies() {
    let mut found = String::new();
    let mut count = 0;
    for path in folders().iter().flat_map(|folder| programs(folder)) {
        count += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = copies(&path);
        let lines: Vec<&str> = text.lines().collect();
        for copy in lines.chunks(2) {
            let known = EXCEPTIONS.iter().any(|(file, line, _)| *file == name && copy[1].trim() == *line);
            if !known {
                found.push_str(&format!("{name}: {}\n", copy.join("\n")));
            }
        }
    }
    assert!(count > 30, "only {count} programs were found");
    assert!(found.is_empty(), "{found}");
}
