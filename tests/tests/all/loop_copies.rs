//! No loop copies an array that its source does not: the programs of the suite and of the cost law, and the
//! examples, with all derivatives in them. What does stands in a table with its reason.

use super::programs::{programs, root};
use dfn::driver::{Session, Stages};
use std::path::{Path, PathBuf};

/// File, line of the source, and why an array is copied there.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("cart_pole.dfn", "optim.dfn:262", OLD),
    ("cart_pole.dfn", "optim.dfn:355", POINT),
    ("cart_pole.dfn", "optim.dfn:359", POINT),
    ("checkpoint.dfn", "checkpoint.dfn:13", SNAPSHOT),
    ("digits.dfn", "nn.dfn:19", TURNED),
    ("gaussian_process.dfn", "distributions.dfn:311", OLD),
    ("gaussian_process.dfn", "distributions.dfn:312", OLD),
    ("gaussian_process.dfn", "gaussian_process.dfn:23", OLD),
    ("gaussian_process.dfn", "gaussian_process.dfn:26", OLD),
    ("gaussian_process.dfn", "gaussian_process.dfn:27", OLD),
];

/// A sum of varying length reads the array that the loop changes.
const OLD: &str = "the loop of such a sum runs again for the derivative, on the array as it was";
/// The arm of a contraction for coefficients that are infinite.
const TURNED: &str =
    "a sum is added to turned around; the arm runs only where a coefficient is infinite";
/// A branch in an optimiser that goes on to another point, or does not.
const POINT: &str = "the source keeps one of two points; a function with a derivative in it does not count as asking";
/// A loop with snapshots.
const SNAPSHOT: &str = "a snapshot is a copy";

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
            let known = EXCEPTIONS.iter().any(|(file, line, _)| {
                *file == name && copy[1].trim().starts_with(&format!("{line}:"))
            });
            if !known {
                found.push_str(&format!("{name}: {}\n", copy.join("\n")));
            }
        }
    }
    assert!(count > 30, "only {count} programs were found");
    assert!(found.is_empty(), "{found}");
}
