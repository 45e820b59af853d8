//! The example of logistic regression: trained from C, Rust and Python, with each backend and with the
//! interpreter. All agree to the bit, and with NumPy's solution to 1e-8.

use std::path::{Path, PathBuf};
use std::process::Command;

use dfn::backend::{Level, Options};
use dfn::build::Program;
use dfn::driver::{BackendName, Emit, Library, LibraryOptions, Session, optimise};
use dfn_ir::interp::Array;
use dfn_ir::{DType, Scalar};

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/logistic_regression")
        .join(file)
}

fn program() -> (Program, Session) {
    let mut session = Session::default();
    let program = session.program(&example("logistic.dfn"));
    (
        program.unwrap_or_else(|| panic!("{:?}", session.diagnostics)),
        session,
    )
}

fn backends() -> Vec<(BackendName, Level)> {
    vec![
        (BackendName::Cranelift, Level::O0),
        (BackendName::Cranelift, Level::O3),
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O0),
        #[cfg(feature = "llvm")]
        (BackendName::Llvm, Level::O3),
    ]
}

/// Writes the library to a directory.
fn library(directory: &Path, (backend, level): (BackendName, Level)) {
    let (program, session) = program();
    let library = Library::of_file(&example("logistic.dfn"), program, &session.sources).unwrap();
    let options = LibraryOptions {
        backend,
        options: Options::new(level),
        threads: dfn::driver::Threads::One,
    };
    library
        .write(
            directory,
            &[
                Emit::Lib,
                Emit::Header,
                Emit::Rust,
                Emit::Shared,
                Emit::Python,
            ],
            &options,
        )
        .unwrap();
}

/// Compiles something into `train` and runs it on the data.
fn train(command: &mut Command, directory: &Path) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = Command::new(directory.join("train"))
        .arg(example("breast_cancer.csv"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn train_in_c(directory: &Path, flags: &[&str]) -> String {
    let mut command = Command::new("cc");
    command
        .args([
            "-std=c99",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-pedantic",
        ])
        .args(flags);
    command
        .arg("-I")
        .arg(directory)
        .arg(example("main.c"))
        .arg(directory.join("liblogistic.a"));
    train(command.arg("-o").arg(directory.join("train")), directory)
}

fn train_in_rust(directory: &Path) -> String {
    let mut command = Command::new("rustc");
    command
        .args(["--edition=2024", "-Dwarnings", "-lstatic=logistic", "-L"])
        .arg(directory);
    command
        .env("OUT_DIR", directory)
        .arg(example("rust/src/main.rs"));
    train(command.arg("-o").arg(directory.join("train")), directory)
}

fn train_in_python(directory: &Path) -> String {
    let script = directory.join("train.py");
    std::fs::copy(example("train.py"), &script).unwrap();
    let mut command = dfn_tests::numpy::python();
    let output = command.arg(script).arg(example("breast_cancer.csv"));
    let output = output.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names and numbers of a table.
fn table(text: &str) -> Vec<(String, f64)> {
    let row = |line: &str| {
        let (name, number) = line.split_once(' ').unwrap();
        (name.to_owned(), number.parse().unwrap())
    };
    text.lines().map(row).collect()
}

#[test]
fn every_program_on_every_engine_gives_the_same_bits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut outputs = Vec::new();
    for backend in backends() {
        library(path, backend);
        outputs.push(train_in_c(path, &[]));
    }
    outputs.push(train_in_c(path, &["-fsanitize=address,undefined"]));
    outputs.push(train_in_rust(path));
    outputs.push(train_in_python(path));
    let first = &outputs[0];
    assert!(outputs.iter().all(|output| output == first), "{outputs:#?}");
    let found = table(first);
    assert_eq!(found, interpreted());
    let expected = table(&std::fs::read_to_string(example("expected.txt")).unwrap());
    assert_eq!(found.len(), expected.len());
    for ((name, found), (wanted, expected)) in found.iter().zip(&expected) {
        assert_eq!(name, wanted);
        assert!(
            (found - expected).abs() <= 1e-8 * expected.abs().max(1.0),
            "{name}: {found} {expected}"
        );
    }
}

/// The same training in the interpreter.
fn interpreted() -> Vec<(String, f64)> {
    let (mut program, session) = program();
    optimise(&mut program.module, &session.sources, None).unwrap();
    let call = |name: &str, sizes: &[i64], args: &[&Array]| {
        let export = program
            .exports
            .iter()
            .find(|export| export.name == name)
            .unwrap();
        let args: Vec<Array> = args.iter().map(|&arg| arg.clone()).collect();
        dfn_ir::interp::run(&program.module, export.func, sizes, &args, &mut ()).unwrap()
    };
    let text = std::fs::read_to_string(example("breast_cancer.csv")).unwrap();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
        .collect();
    let (n, d) = (rows.len(), rows[0].len() - 1);
    let features = rows
        .iter()
        .flat_map(|row| row[..d].iter().map(|&x| Scalar::F64(x)))
        .collect();
    let labels = rows.iter().map(|row| Scalar::Bool(row[d] == 1.0)).collect();
    let x = Array::new(DType::F64, &[n, d], features).unwrap();
    let y = Array::new(DType::Bool, &[n], labels).unwrap();
    let (n, d) = (n as i64, d as i64);
    let x = call("standardise", &[n, d], &[&x]).remove(0);
    let mut v = Array::from(vec![0.0; d as usize + 1].as_slice());
    let number = |array: &Array| match array.elements() {
        [Scalar::F64(x)] => *x,
        other => panic!("{other:?}"),
    };
    loop {
        let mut found = call("objective_grad", &[n, d], &[&v, &x, &y]);
        let (gradient, loss) = (found.remove(1), found.remove(0));
        if number(&call("norm", &[d + 1], &[&gradient])[0]) < 1e-8 {
            let accuracy = call("accuracy", &[n, d], &[&v, &x, &y]).remove(0);
            let mut table = vec![
                ("loss".to_owned(), number(&loss)),
                ("accuracy".to_owned(), number(&accuracy)),
            ];
            let names = (0..d).map(|j| format!("w[{j}]")).chain(["b".to_owned()]);
            table.extend(names.zip(v.elements().iter().map(|&e| number(&Array::of(e)))));
            return table;
        }
        let hessian = call("objective_hessian", &[n, d], &[&v, &x, &y]).remove(0);
        v = call("newton_update", &[d + 1], &[&v, &gradient, &hessian]).remove(0);
    }
}

#[test]
fn the_library_defines_what_its_header_promises_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    for backend in backends() {
        library(directory.path(), backend);
        let output = Command::new("nm")
            .arg("-g")
            .arg(directory.path().join("liblogistic.a"))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut found: Vec<&str> = text
            .lines()
            .filter_map(|line| line.rsplit_once(' ').map(|(_, name)| name))
            .collect();
        found.sort_unstable();
        let (program, _) = program();
        let names = program.exports.iter().map(|export| export.name.clone());
        let mut promised: Vec<String> = names
            .flat_map(|name| ["", "_with", "_workspace"].map(|suffix| format!("{name}{suffix}")))
            .collect();
        promised.extend(["malloc".to_owned(), "free".to_owned()]);
        promised.sort();
        assert_eq!(found, promised);
    }
}

#[test]
fn header_of_the_example() {
    let directory = tempfile::tempdir().unwrap();
    library(directory.path(), (BackendName::Cranelift, Level::O0));
    insta::assert_snapshot!(std::fs::read_to_string(directory.path().join("logistic.h")).unwrap());
}
