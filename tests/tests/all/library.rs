//! Libraries: the C functions around compiled ones refuse what they must, and C, C++ and Rust agree with
//! them.
//!
//! The compiled function is written by hand here, so that every status is reached.

use std::path::Path;
use std::process::Command;

use dfn::backend::{Backend, Level, Options, cranelift::Cranelift};
use dfn::build::{self, Export, ExportField, ExportParam, ExportType};
use dfn::diagnostic::{FileId, Span};
use dfn::export::{self, Inner, Interface, Place};
use dfn_ir::{DType, Module, Size};

/// `y = a x` for an odd `n`, with `a` in a struct; check 1 fails if an element is negative.
const INNER: &str = "\
func @inner.workspace(%n: i64, %bytes: buffer i64) {
  %zero: i64 = const 0
  %eight: i64 = const 8
  %limit: i64 = const 1000000
  %fits: bool = le %n, %limit
  %product: i64 = mul %n, %eight
  %none: i64 = const -1
  %size: i64 = select %fits, %product, %none
  store %bytes[%zero], %size
  %ok: i32 = const 0
  return %ok
}
func @inner(%n: i64, %a: f64, %exact: bool, %digits: i32, %x: buffer f64 class 1 readonly, %y: buffer f64 class 2, %s: buffer f64 class 3, %w: pointer) {
  %zero: i64 = const 0
  %tmp: buffer f64 class 4 = address %w, 0
  %f: f64 = const 0.0
  %sum: f64 = for %i = %zero to %n carry (%c: f64 = %f) {
    %v: f64 = load %x[%i]
    %good: bool = le %f, %v
    check %good, 1
    %av: f64 = mul %a, %v
    store %tmp[%i], %av
    %next: f64 = add %c, %av
    yield %next
  }
  copy %y[%zero] from %tmp[%zero], %n
  store %s[%zero], %sum
  %ok: i32 = const 0
  return %ok
}
";

const MODULE: &str = "\
func @scale[%n](%a: f64, %exact: bool, %digits: i32, %x: f64[%n]) -> (f64[%n], f64) {
  %0 = broadcast %a {axes = []} : f64[%n]
  %1 = mul %0, %x : f64[%n]
  return %1, %a
}
";

const MAIN_C: &str = r#"
#include "scale.h"
#include <stdio.h>

int main(void) {
    double x[3] = {1.0, 2.0, 4.0}, y[3] = {0, 0, 0}, sum = 0;
    double memory[11];
    void *aligned = memory + ((uintptr_t)memory % 16 != 0);
    char *odd = (char *)memory + 1;
    Factor half = {0.5, {1, 0}};
    printf("%d", scale(3, &half, x, y, &sum));
    printf(" %g %g %g %g\n", y[0], y[1], y[2], sum);
    printf("%d\n", scale(0, &half, NULL, NULL, &sum));
    printf("%d", scale(-1, &half, x, y, &sum));
    printf(" %d", scale(INT64_MAX, &half, x, y, &sum));
    printf(" %d\n", scale(1000001, &half, x, y, &sum));
    printf("%d", scale(3, NULL, x, y, &sum));
    printf(" %d", scale(3, &half, NULL, y, &sum));
    printf(" %d", scale(3, &half, x, NULL, &sum));
    printf(" %d\n", scale(3, &half, x, y, NULL));
    printf("%d", scale(3, &half, (double *)(void *)odd, y, &sum));
    printf(" %d\n", scale_with(3, &half, x, y, &sum, odd, 64));
    printf("%d", (int)scale_workspace_size(3));
    printf(" %d", (int)scale_workspace_size(0));
    printf(" %d", (int)scale_workspace_size(-1));
    printf(" %d\n", (int)scale_workspace_size(1000001));
    printf("%d", scale_with(3, &half, x, y, &sum, aligned, 72));
    printf(" %d", scale_with(3, &half, x, y, &sum, aligned, 71));
    printf(" %d\n", scale_with(3, &half, x, y, &sum, NULL, 64));
    x[1] = -1.0;
    printf("%d\n", scale(3, &half, x, y, &sum) - DFN_CHECK);
    return 0;
}
"#;

// By hand, from docs/c-abi.md.
const OUTPUT_C: &str = "0 0.5 1 2 3.5\n0\n1 1 1\n2 2 2 2\n3 3\n72 48 -1 -1\n0 4 2\n0\n";

const MAIN_RS: &str = r#"
mod scale { include!("scale.rs"); }
use scale::{Error, Factor, Kind};

fn main() {
    let half = Factor { a: 0.5, kind: Kind { exact: true, digits: 0 } };
    println!("{:?}", scale::scale(3, &half, &[1.0, 2.0, 4.0]));
    println!("{:?}", scale::scale(0, &half, &[]));
    println!("{:?}", scale::scale(2, &half, &[1.0]));
    println!("{:?}", scale::scale(1, &half, &[-1.0]).map_err(|error| error.to_string()));
    assert_eq!(scale::scale(usize::MAX, &half, &[]), Err(Error::Length { argument: "n" }));
}
"#;

const OUTPUT_RS: &str = "Ok(([0.5, 1.0, 2.0], 3.5))
Ok(([], 0.0))
Err(Length { argument: \"x\" })
Err(\"scale.dfn:4:5: elements are not negative\")
";

fn array(dtype: DType, shape: Vec<Size>) -> ExportType {
    ExportType::Array { dtype, shape }
}

fn field(name: &str, ty: ExportType) -> ExportField {
    ExportField {
        name: name.to_owned(),
        doc: None,
        ty,
    }
}

/// `struct Kind { exact: bool, digits: i32 }  struct Factor { a: f64, kind: Kind }`
fn factor() -> ExportType {
    let digits = array(DType::I32, Vec::new());
    let kind = ExportType::Struct {
        name: "Kind".to_owned(),
        doc: None,
        fields: vec![
            field("exact", array(DType::Bool, Vec::new())),
            field("digits", digits),
        ],
    };
    let a = ExportField {
        doc: Some("What to multiply with.".to_owned()),
        ..field("a", array(DType::F64, Vec::new()))
    };
    ExportType::Struct {
        name: "Factor".to_owned(),
        doc: Some("A factor.".to_owned()),
        fields: vec![a, field("kind", kind)],
    }
}

/// `export fn scale[n](k: Factor, x: f64[n]) -> (f64[n], f64)`
fn interface() -> Interface {
    let module: Module = dfn_ir::text::parse(MODULE).unwrap();
    let func = module.named("scale").unwrap();
    let n = Size::value(module.get(func).size_params()[0]);
    let vector = array(DType::F64, vec![n]);
    let export = Export {
        name: "scale".to_owned(),
        doc: Some("Scales `x` */ and sums it.".to_owned()),
        span: Span::new(FileId::FIRST, 0, 0),
        func,
        sizes: vec!["n".to_owned()],
        params: vec![
            ExportParam {
                name: "double".to_owned(),
                ty: factor(),
            },
            ExportParam {
                name: "x".to_owned(),
                ty: vector.clone(),
            },
        ],
        result: ExportType::Tuple(vec![vector, array(DType::F64, Vec::new())]),
        hidden: 0,
        computed: Vec::new(),
        bounds: Vec::new(),
        laws: Vec::new(),
    };
    let program = build::Program {
        module,
        exports: vec![export],
        doc: Some("About scaling.".to_owned()),
        ..build::Program::default()
    };
    let mut interface = Interface::new("scale", "scale.dfn", &program).unwrap();
    let message = "elements are not negative".to_owned();
    interface.checks.push(Place {
        message,
        at: "scale.dfn:4:5".to_owned(),
    });
    interface
}

fn object(backend: &dyn Backend, level: Level) -> Vec<u8> {
    let mut program = dfn_ir::loops::parse(INNER).unwrap();
    let run = program.find("inner").unwrap();
    let inner = Inner {
        run,
        workspace: program.find("inner.workspace"),
    };
    let interface = interface();
    export::wrap(&mut program, &interface, &interface.functions[0], inner);
    dfn_ir::loops::verify(&program).unwrap_or_else(|errors| panic!("{errors:?}\n{program}"));
    backend.object(&program, &Options::new(level)).unwrap()
}

fn run(directory: &Path, command: &str, args: &[&str]) -> String {
    let status = Command::new(command)
        .args(args)
        .current_dir(directory)
        .status()
        .unwrap();
    assert!(status.success(), "{command} {args:?}");
    let output = Command::new(directory.join("main")).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Warnings are errors; the output is `main`.
fn strict<'a>(first: &[&'a str]) -> Vec<&'a str> {
    [first, &STRICT, &["scale.o"]].concat()
}

const STRICT: [&str; 6] = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-o", "main"];

#[test]
fn every_status_is_returned_to_c() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("scale.h"), export::header(&interface())).unwrap();
    std::fs::write(path.join("main.c"), MAIN_C).unwrap();
    std::fs::write(path.join("main.cc"), MAIN_C).unwrap();
    for (backend, level) in super::objects::backends() {
        std::fs::write(path.join("scale.o"), object(backend, level)).unwrap();
        let sanitized = ["-std=c99", "-fsanitize=address,undefined", "main.c"];
        assert_eq!(run(path, "cc", &strict(&["-std=c99", "main.c"])), OUTPUT_C);
        assert_eq!(
            run(path, "c++", &strict(&["-std=c++11", "main.cc"])),
            OUTPUT_C
        );
        assert_eq!(run(path, "cc", &strict(&sanitized)), OUTPUT_C);
    }
}

#[test]
fn the_rust_module_is_safe_to_use() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    std::fs::write(path.join("scale.rs"), export::rust(&interface())).unwrap();
    std::fs::write(path.join("main.rs"), MAIN_RS).unwrap();
    std::fs::write(path.join("scale.o"), object(&Cranelift, Level::O0)).unwrap();
    let args = [
        "--edition=2024",
        "-Dwarnings",
        "main.rs",
        "-Clink-arg=scale.o",
    ];
    assert_eq!(run(path, "rustc", &args), OUTPUT_RS);
}

#[test]
fn header() {
    insta::assert_snapshot!(export::header(&interface()));
}

#[test]
fn rust_module() {
    insta::assert_snapshot!(export::rust(&interface()));
}

#[test]
fn python_module() {
    insta::assert_snapshot!(export::python(&interface()));
}
