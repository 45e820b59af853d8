//! Object files: called from C, without needs of their own, for every architecture.

use std::process::Command;

use dfn::backend::{Backend, Cpu, Level, Options, cranelift::Cranelift};
use dfn_ir::loops::{Program, parse};

use crate::scalars;

/// Scales and clears vectors with loops that look like `memset` and `memcpy`; uses a struct, a local
/// function and the heap.
const PROGRAM: &str = "\
func @local(%x: buffer f64, %n: i64, %limit: i64) {
  %zero: i64 = const 0
  %fits: bool = le %n, %limit
  check %fits, 3
  %c: f64 = const 0.0
  for %i = %zero to %n {
    store %x[%i], %c
  }
  fill %x[%zero], %n, %c
  %ok: i32 = const 0
  return %ok
}
export func @scale(%n: i64, %x: buffer f64 class 1 readonly, %y: buffer f64 class 2, %p: pointer, %flag: bool) {
  %zero: i64 = const 0
  %limit: i64 = const 1000
  call @local(%y, %n, %limit)
  %eight: i64 = const 8
  %bytes: i64 = mul %n, %eight
  %tmp.p: pointer = malloc %bytes
  %none: bool = null %tmp.p
  %some: bool = not %none
  check %some, 4
  %tmp: buffer f64 class 3 = address %tmp.p, 0
  copy %tmp[%zero] from %x[%zero], %n
  %k: f64 = field %p, 8
  %one: f64 = const 1.0
  %a: f64 = select %flag, %k, %one
  for %i = %zero to %n {
    %v: f64 = load %tmp[%i]
    %f: f64 = floor %v
    %s: f64 = fma %a, %v, %f
    store %y[%i], %s
  }
  free %tmp.p
  %ok: i32 = const 0
  return %ok
}
";

const DRIVER: &str = r#"
#include <stdint.h>
#include <stdio.h>
struct factor { int32_t unused; double k; };
int scale(int64_t n, const double *x, double *y, const struct factor *p, uint8_t flag);
int main(void) {
    double x[3] = {1.5, -0.25, 4.0}, y[3] = {9, 9, 9};
    struct factor p = {0, 10.0};
    int status = scale(3, x, y, &p, 1);
    printf("%d %.17g %.17g %.17g\n", status, y[0], y[1], y[2]);
    status = scale(3, x, y, &p, 0);
    printf("%d %.17g %.17g %.17g\n", status, y[0], y[1], y[2]);
    printf("%d\n", scale(1001, x, y, &p, 0));
    return 0;
}
"#;

// By hand: 10x + floor(x), then x + floor(x).
const OUTPUT: &str = "0 16 -3.5 44\n0 2.5 -1.25 8\n3\n";

pub(crate) fn backends() -> Vec<(&'static dyn Backend, Level)> {
    vec![
        (&Cranelift, Level::O0),
        (&Cranelift, Level::O3),
        #[cfg(feature = "llvm")]
        (&dfn::backend::llvm::Llvm, Level::O0),
        #[cfg(feature = "llvm")]
        (&dfn::backend::llvm::Llvm, Level::O3),
    ]
}

fn program() -> Program {
    let program = parse(PROGRAM).unwrap();
    dfn_ir::loops::verify(&program).unwrap();
    program
}

#[test]
fn objects_link_with_c() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("driver.c"), DRIVER).unwrap();
    for (backend, level) in backends() {
        let bytes = backend.object(&program(), &Options::new(level)).unwrap();
        std::fs::write(path("scale.o"), bytes).unwrap();
        let status = Command::new("cc")
            .args([path("driver.c"), path("scale.o")])
            .arg("-o")
            .arg(path("driver"))
            .status()
            .unwrap();
        assert!(status.success());
        let output = Command::new(path("driver")).output().unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output, OUTPUT, "{} {level:?}", backend.name());
    }
}

/// Undefined symbols and exported ones, read from the object.
fn symbols(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    use cranelift_object::object::{Object, ObjectSymbol, read::File};
    let file = File::parse(bytes).unwrap();
    let names = |wanted: &dyn Fn(&cranelift_object::object::read::Symbol<'_, '_>) -> bool| {
        let mut names: Vec<_> = file
            .symbols()
            .filter(|symbol| wanted(symbol))
            .map(|symbol| symbol.name().unwrap().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        names.sort();
        names
    };
    (
        names(&|symbol| symbol.is_undefined()),
        names(&|symbol| symbol.is_global() && !symbol.is_undefined()),
    )
}

#[test]
fn objects_need_malloc_and_free_only() {
    for (backend, level) in backends() {
        let bytes = backend.object(&program(), &Options::new(level)).unwrap();
        let (undefined, defined) = symbols(&bytes);
        assert_eq!(
            undefined,
            ["free", "malloc"],
            "{} {level:?}",
            backend.name()
        );
        assert_eq!(defined, ["scale"], "{} {level:?}", backend.name());
    }
}

/// Each operation on each type, also as vectors, on each architecture, without any call of a library.
#[test]
fn every_operation_is_inline_on_every_architecture() {
    let targets = [
        "x86_64-unknown-linux-gnu",
        "aarch64-unknown-linux-gnu",
        "riscv64gc-unknown-linux-gnu",
    ];
    for (backend, level) in backends() {
        for target in targets {
            for lanes in [1, 8] {
                let program = scalars::program(&scalars::cases(), lanes);
                let options = Options {
                    target: Some(target.to_owned()),
                    cpu: Cpu::Baseline,
                    level,
                };
                let bytes = backend
                    .object(&program, &options)
                    .unwrap_or_else(|error| panic!("{} {target}: {error}", backend.name()));
                let (undefined, _) = symbols(&bytes);
                assert!(
                    undefined.is_empty(),
                    "{} {target}: {undefined:?}",
                    backend.name()
                );
            }
        }
    }
}

#[cfg(feature = "llvm")]
#[test]
fn processors_without_fma_are_refused() {
    let options = Options {
        target: Some("x86_64-unknown-linux-gnu".to_owned()),
        cpu: Cpu::Named("x86-64-v2".to_owned()),
        level: Level::O2,
    };
    let error = dfn::backend::llvm::Llvm
        .object(&program(), &options)
        .unwrap_err();
    assert!(
        matches!(error, dfn::backend::BackendError::NoFma { .. }),
        "{error}"
    );
}

#[cfg(feature = "llvm")]
#[test]
fn llvm_shows_its_text_forms() {
    use dfn::backend::llvm::{asm, llvm_ir};
    let options = Options::new(Level::O3);
    let ir = llvm_ir(&program(), &options).unwrap();
    assert!(ir.contains("define") && ir.contains("@scale("), "{ir}");
    assert!(
        ir.contains("noalias") && ir.contains("!alias.scope"),
        "{ir}"
    );
    assert!(!ir.contains("fast") && !ir.contains("contract"), "{ir}");
    let text = asm(&program(), &options).unwrap();
    assert!(text.contains("scale:") && text.contains("vfmadd"), "{text}");
}
