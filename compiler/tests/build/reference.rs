//! The reference is complete: every function that a program can call has a row in the table of all
//! functions, and every function of the libraries that are written in the language is documented.

use dfn::build::{Prelude, function_names};
use dfn::diagnostic::SourceMap;
use std::path::PathBuf;

/// What the prelude keeps to itself.
const HELPERS: &[&str] = &[
    "betaln_f64",
    "definite",
    "downhill_scalar",
    "downhill_vector",
    "erfcx_f64",
    "find_root_scalar",
    "find_root_vector",
    "fixed_point_scalar",
    "fixed_point_vector",
    "gamma_above",
    "gamma_f64",
    "gamma_value",
    "identity_like",
    "inverse_values",
    "iterated_scalar",
    "iterated_vector",
    "log1mexp_slope",
    "log1mexp_slope_tangent",
    "log1mexp_tangent",
    "lowest_scalar",
    "lowest_vector",
    "lstsq_vector",
    "mask_positions",
    "minimizer_scalar",
    "minimizer_vector",
    "newton_downhill",
    "newton_scalar",
    "newton_vector",
    "random_normal",
    "random_uniform",
    "search_left",
    "search_right",
    "settled_scalar",
    "settled_vector",
    "sinc_near_zero",
    "solve_positive_vector",
    "solve_vector",
    "split_key",
    "stirling_rest",
    "threefry_first",
    "threefry_round",
    "threefry_second",
    "uniform_of",
];

/// Constants; they stand on the page of types.
const CONSTANTS: &[&str] = &["pi", "inf", "nan"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The names in the first column of the table, and the number of columns that are filled.
fn rows() -> Vec<(Vec<String>, usize)> {
    let page = read("docs/language/all-functions.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let row = row.trim_matches('|');
        let first = row.split(" | ").next().unwrap_or_default();
        let names = first.split('`').skip(1).step_by(2);
        let names = names.map(|call| call.split('(').next().unwrap_or_default().to_owned());
        let filled = row.split(" | ").filter(|cell| !cell.trim().is_empty());
        (names.collect(), filled.count())
    })
    .collect()
}

fn prelude() -> Prelude {
    let (prelude, diagnostics) = Prelude::read(&mut SourceMap::default());
    assert!(diagnostics.is_empty());
    prelude
}

#[test]
fn every_function_has_a_row_with_shapes_domain_derivative_and_cost() {
    let rows = rows();
    let prelude = prelude();
    let own = prelude.items().map(|(name, _)| name);
    let helps = |name: &str| HELPERS.contains(&name) || name.starts_with("sparse_");
    let own = own.filter(|name| !helps(name) && !CONSTANTS.contains(name));
    let mut known: Vec<&str> = function_names().collect();
    known.extend(own);
    for name in &known {
        let row = rows
            .iter()
            .find(|(names, _)| names.iter().any(|n| n == name));
        let (_, filled) = row.unwrap_or_else(|| panic!("`{name}` has no row"));
        assert_eq!(*filled, 5, "the row of `{name}`");
    }
    for name in rows.iter().flat_map(|(names, _)| names) {
        assert!(known.contains(&name.as_str()), "there is no `{name}`");
    }
}

#[test]
fn the_prelude_is_documented() {
    for (name, doc) in prelude().items() {
        assert!(doc.is_some(), "`{name}` has no `///`");
    }
}

#[test]
fn the_standard_library_is_documented() {
    for entry in std::fs::read_dir(root().join("std")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        let page = read(&format!("docs/std/{module}.md"));
        assert!(text.starts_with("//!"), "{module}");
        let lines: Vec<&str> = text.lines().collect();
        for (k, line) in lines.iter().enumerate() {
            let item = line.strip_prefix("pub ").or(line.strip_prefix("export "));
            let Some((_, rest)) = item.and_then(|item| item.split_once(' ')) else {
                continue;
            };
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            let above = lines[..k].iter().rev().find(|line| !line.starts_with('@'));
            assert!(
                above.is_some_and(|line| line.starts_with("///")),
                "{module}.{name}"
            );
            assert!(page.contains(name), "docs/std/{module}.md lacks `{name}`");
        }
    }
}
