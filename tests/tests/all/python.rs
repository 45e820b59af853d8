//! The Python module of a library: what it takes, gives and refuses.

use dfn::backend::{Level, Options};
use dfn::driver::{BackendName, Emit, Library, LibraryOptions, Session};
use std::path::Path;
use std::process::Command;

// By hand, from docs/c-abi.md; NumPy 1 and 2 print numbers alike where they stand in an array.
const OUTPUT: &str = "\
Curve(knots=array([2. , 3.5]), last=Place(x=4.0, index=2147483647), closed=True)
Place(x=4.5, index=-2147483648)
[1. 2.] float32 [ 6. 22. 38.] float64
(array([], dtype=float32), array([0., 0.]))
(array([0. , 0.5]), array([0, 1, 2]))
(2, array([False,  True, False]), 7)
(4, array([ True]), 7)
2.0
Error: every_form.dfn:34:8: the index is outside of the axis of size `n`
ValueError: `mask` must have the shape [n], here (3,), not (2,)
ValueError: `x` must have 1 axes, not 2
TypeError: `x` must hold int64, not float64
TypeError: `mask` must hold bool, not int64
TypeError: `lambda_` must hold float64, not <U1
TypeError: steps() missing 1 required keyword-only argument: 'n'
OverflowError: `curve.last.index` holds a number that int32 does not
ValueError: `y` must have the shape [2*n, m], here (-2, 2), not (0, 2)
ValueError: a result would have the shape (-1,)
";

/// By hand, from the program.
const NAMES: &str = "\
(-2.0, 5.0)
(-2.0, 5.0)
321.0 321.0
[4.0, 5.0]
Error_(None_=2.0, None__=1.0, _x_=4.0) Vec(x=3.0)
`min` must have 1 axes, not 2
";

#[test]
fn every_form_of_argument_and_result() {
    prints("every_form", "main", OUTPUT);
}

#[test]
fn names_that_python_and_rust_use_themselves() {
    prints("names", "names_main", NAMES);
}

/// A program, made a Python module and a Rust module, says `wanted` when `main` uses it.
fn prints(name: &str, main: &str, wanted: &str) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/python");
    let file = sources.join(format!("{name}.dfn"));
    let directory = tempfile::tempdir().unwrap();
    let mut session = Session::default();
    let program = session.program(&file);
    let program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let library = Library::of_file(&file, program, &session.sources).unwrap();
    let options = LibraryOptions {
        backend: BackendName::best(),
        options: Options::new(Level::O0),
        threads: dfn::driver::Threads::One,
    };
    let files = [Emit::Shared, Emit::Python, Emit::Rust];
    library.write(directory.path(), &files, &options).unwrap();
    let main = format!("{main}.py");
    std::fs::copy(sources.join(&main), directory.path().join(&main)).unwrap();
    let mut python = dfn_tests::numpy::python();
    let output = python.arg(directory.path().join(&main)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted, "{said}");
    let rustc = Command::new("rustc")
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .arg(format!("{name}.rs"))
        .current_dir(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&rustc.stderr);
    assert!(rustc.status.success(), "{said}");
}
