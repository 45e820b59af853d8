//! `doc`, and `fmt` on directories.

use super::Project;
use dfn::driver::STANDARD_MODULES;
use std::path::Path;

const SHAPES: &str = "//! Shapes.\n\n/// The area of a square.\npub fn area(x: f64) -> f64 { x * x }\n\nfn half(x: f64) -> f64 { x / 2 }\n";

#[test]
fn the_documentation_of_a_file() {
    let project = Project::new(&[("shapes.dfn", SHAPES)]);
    let page = project.out(&["doc", "shapes.dfn"]);
    assert!(page.starts_with("# shapes\n\nShapes.\n"), "{page}");
    assert!(
        page.contains("pub fn area(x: f64) -> f64\n") && !page.contains("half"),
        "{page}"
    );
    assert_eq!(project.out(&["doc", "-o", "shapes.md", "shapes.dfn"]), "");
    assert_eq!(
        std::fs::read_to_string(project.path().join("shapes.md")).unwrap(),
        page
    );
    assert_eq!(project.dfn(&["doc", "missing.dfn"]).status.code(), Some(1));
    assert_eq!(project.dfn(&["doc", "std/missing"]).status.code(), Some(1));
}

/// The pages under `docs/std` are what `dfn doc std/NAME` prints. `DFN_UPDATE_DOCS=1` writes them.
#[test]
fn the_pages_of_the_standard_library_are_up_to_date() {
    let project = Project::new(&[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/std");
    for (name, _) in STANDARD_MODULES {
        let page = project.out(&["doc", &format!("std/{name}")]);
        let path = folder.join(format!("{name}.md"));
        if std::env::var_os("DFN_UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == page,
            "docs/std/{name}.md: run the test with DFN_UPDATE_DOCS=1"
        );
    }
}

#[test]
fn directories_are_formatted() {
    let loose = "fn  f( x : f64)->f64 {x}\n";
    let project = Project::new(&[("a.dfn", loose), ("notes.txt", "fn  f")]);
    for folder in ["inner", ".hidden"] {
        std::fs::create_dir(project.path().join(folder)).unwrap();
        std::fs::write(project.path().join(folder).join("b.dfn"), loose).unwrap();
    }
    assert_eq!(
        project.shown(&["fmt", "--check", "."]),
        "status 1\n--- out\n./a.dfn: not formatted\n./inner/b.dfn: not formatted\n--- err\n"
    );
    assert_eq!(project.out(&["fmt", "."]), "");
    assert_eq!(project.out(&["fmt", "--check", "."]), "");
    let hidden = std::fs::read_to_string(project.path().join(".hidden/b.dfn")).unwrap();
    assert_eq!(hidden, loose);
    let missing = project.shown(&["fmt", "missing"]);
    assert!(
        missing.starts_with("status 1\n") && missing.contains("E0001"),
        "{missing}"
    );
}
