//! Programs of several files, and the standard library.

use super::Project;

const SHAPES: &str = "\
pub const UNIT = 1.0;
pub struct Box { width: f64, height: f64 }
pub fn area(b: Box) -> f64 { b.width * b.height }
pub fn square(x: f64) -> f64 { half(2 * x * x) }
fn half(x: f64) -> f64 { if x < 0 { 0.0 } else { x / 2 } }
test \"its own\" { assert(square(3) == 9); }
export fn shape_square(x: f64) -> f64 { square(x) }
";

fn project(main: &str) -> Project {
    Project::new(&[("shapes.dfn", SHAPES), ("main.dfn", main)])
}

/// The output of a program, which is the same on the engines.
fn printed(main: &str) -> String {
    let project = project(main);
    let interp = project.out(&["run", "--backend", "interp", "main.dfn"]);
    assert_eq!(project.out(&["run", "main.dfn"]), interp);
    interp
}

#[test]
fn a_file_is_known_by_its_name_or_another_or_by_parts() {
    let whole = "import \"shapes.dfn\";\nfn main() { print(grad(shapes.square)(3.0)); }\n";
    assert_eq!(printed(whole), "6.0\n");
    let renamed = "import \"shapes.dfn\" as s;\n\
                   fn f(b: s.Box) -> f64 { s.area(b) + s.UNIT }\n\
                   fn main() { print(f(s.Box { width: 2.0, height: 3.0 })); }\n";
    assert_eq!(printed(renamed), "7.0\n");
    let parts = "import \"./shapes.dfn\" { square as sq, Box };\n\
                 fn main() { let b = Box { width: 2.0, height: 3.0 }; print(sq(b.width)); }\n";
    assert_eq!(printed(parts), "4.0\n");
}

/// `half` of the main file is elementwise code, that of the module is not: each file has its own.
#[test]
fn a_function_of_a_module_is_applied_by_elements_with_the_names_of_its_file() {
    let main = "import \"shapes.dfn\" { square };\n\
                import \"shapes.dfn\" as s;\n\
                fn half(x: f64) -> f64 { x / 3 }\n\
                fn twice(x: f64) -> f64 { s.square(x) + s.square(x) }\n\
                fn main() { print(square([1.0, 2.0])); print(twice([1.0, 2.0])); print(half(3.0)); }\n";
    assert_eq!(printed(main), "[1.0, 4.0]\n[2.0, 8.0]\n1.0\n");
}

#[test]
fn paths_are_relative_to_the_importing_file() {
    let project = project("import \"deep/a.dfn\";\nfn main() { print(a.f(2.0)); }\n");
    std::fs::create_dir(project.path().join("deep")).unwrap();
    let a = "import \"../shapes.dfn\";\nimport \"b.dfn\";\npub fn f(x: f64) -> f64 { b.g(shapes.square(x)) }\n";
    std::fs::write(project.path().join("deep/a.dfn"), a).unwrap();
    std::fs::write(
        project.path().join("deep/b.dfn"),
        "pub fn g(x: f64) -> f64 { x + 1 }\n",
    )
    .unwrap();
    assert_eq!(project.out(&["run", "main.dfn"]), "5.0\n");
}

#[test]
fn names_are_passed_on() {
    let files = [
        (
            "a.dfn",
            "import \"b.dfn\" { double };\nfn main() { print(double(3.0)); }\n",
        ),
        ("b.dfn", "pub import \"c.dfn\" { twice as double };\n"),
        ("c.dfn", "pub fn twice(x: f64) -> f64 { 2 * x }\n"),
    ];
    assert_eq!(Project::new(&files).out(&["run", "a.dfn"]), "6.0\n");
}

/// Only the file that the command names is tested and exported.
#[test]
fn tests_and_exports_of_other_files_are_theirs() {
    let main = "import \"shapes.dfn\";\n\
                test \"here\" { assert(shapes.shape_square(2.0) == 4.0); }\n\
                export fn main_square(x: f64) -> f64 { shapes.square(x) }\n";
    let project = project(main);
    assert_eq!(
        project.out(&["test", "main.dfn"]),
        "test here ... ok\n1 passed, 0 failed, 0 left out\n"
    );
    let header = project.out(&["build", "--emit", "header", "main.dfn"]);
    assert_eq!(header, "");
    let header = std::fs::read_to_string(project.path().join("main.h")).unwrap();
    assert!(header.contains("main_square") && !header.contains("shape_square"));
}

#[test]
fn what_is_private_is_refused() {
    let main = "import \"shapes.dfn\";\nimport \"shapes.dfn\" { half };\nimport \"shapes.dfn\" { squar };\n\
                fn main() { print(shapes.half(2.0)); }\n";
    insta::assert_snapshot!(project(main).shown(&["check", "main.dfn"]));
}

#[test]
fn an_import_that_is_not_passed_on_is_private() {
    let files = [
        (
            "a.dfn",
            "import \"b.dfn\";\nfn main() { print(b.twice(3.0)); }\n",
        ),
        (
            "b.dfn",
            "import \"c.dfn\" { twice };\npub fn f(x: f64) -> f64 { twice(x) }\n",
        ),
        ("c.dfn", "pub fn twice(x: f64) -> f64 { 2 * x }\n"),
    ];
    insta::assert_snapshot!(Project::new(&files).shown(&["check", "a.dfn"]));
}

#[test]
fn names_that_clash_are_refused() {
    let main = "import \"shapes.dfn\" { square };\nimport \"shapes.dfn\" { square };\n\
                import \"shapes.dfn\";\nimport \"shapes.dfn\";\nimport \"shapes.dfn\" { area };\n\
                fn area(x: f64) -> f64 { x }\nfn main() { print(square(2.0)); }\n";
    insta::assert_snapshot!(project(main).shown(&["check", "main.dfn"]));
}

#[test]
fn circles_are_refused_with_the_way_round() {
    let files = [
        ("a.dfn", "import \"b.dfn\";\nfn main() { print(1); }\n"),
        ("b.dfn", "\nimport \"c.dfn\";\n"),
        ("c.dfn", "import \"./b.dfn\" as again;\n"),
        ("own.dfn", "import \"own.dfn\" as me;\n"),
    ];
    let project = Project::new(&files);
    insta::assert_snapshot!(format!(
        "{}\n{}",
        project.shown(&["check", "a.dfn"]),
        project.shown(&["check", "own.dfn"])
    ));
}

/// What is wrong with a file is said at the import, and faults in it at their own place.
#[test]
fn files_that_cannot_be_read_are_refused_at_the_import() {
    let main = "import \"missing.dfn\";\nimport \"latin1.dfn\";\nimport \"faulty.dfn\";\n\
                import \"folder\";\nimport \"std/statz\";\n";
    let project = project(main);
    std::fs::write(project.path().join("latin1.dfn"), b"// caf\xe9\n").unwrap();
    std::fs::write(project.path().join("faulty.dfn"), "fn f( { }\n").unwrap();
    std::fs::create_dir(project.path().join("folder")).unwrap();
    insta::assert_snapshot!(project.shown(&["check", "main.dfn"]));
    let unlike = "import \"std/nothing-like-it\";\n";
    std::fs::write(project.path().join("main.dfn"), unlike).unwrap();
    let shown = project.shown(&["check", "main.dfn"]);
    assert!(
        shown.contains("its modules are `std/") && shown.contains("`std/stats`"),
        "{shown}"
    );
}

#[test]
fn names_that_are_no_names_need_another() {
    let main = "import \"2d-shapes.dfn\";\nimport \"2d-shapes.dfn\" as shapes;\nimport \"for.dfn\";\n\
                pub import \"shapes.dfn\" as other;\nfn main() { print(shapes.UNIT); }\n";
    let project = project(main);
    for file in ["2d-shapes.dfn", "for.dfn"] {
        std::fs::write(project.path().join(file), SHAPES).unwrap();
    }
    insta::assert_snapshot!(project.shown(&["check", "main.dfn"]));
    let without = main.replace("pub ", "");
    std::fs::write(project.path().join("main.dfn"), without).unwrap();
    insta::assert_snapshot!(
        "names_that_are_no_names",
        project.shown(&["check", "main.dfn"])
    );
}

/// A program that imports a module has only the functions of it that it calls.
#[test]
fn the_standard_library_costs_only_what_is_called() {
    let project =
        project("import \"std/stats\";\nfn main() { print(stats.median([1.0, 2.0, 6.0])); }\n");
    assert_eq!(project.out(&["run", "main.dfn"]), "2.0\n");
    let ir = project.out(&["ir", "main.dfn"]);
    let functions = ir.lines().filter(|line| line.starts_with("func ")).count();
    assert!(functions < 10, "{ir}");
    let private = project.shown(&["check", "main.dfn"]);
    assert_eq!(private, "status 0\n--- out\n--- err\n");
}

/// The library is where the path says `std/`; a folder of that name is reached by another path.
#[test]
fn a_folder_called_std_is_reached() {
    let project = project("import \"./std/own.dfn\";\nfn main() { print(own.f(2.0)); }\n");
    std::fs::create_dir(project.path().join("std")).unwrap();
    std::fs::write(
        project.path().join("std/own.dfn"),
        "pub fn f(x: f64) -> f64 { x }\n",
    )
    .unwrap();
    assert_eq!(project.out(&["run", "main.dfn"]), "2.0\n");
}
