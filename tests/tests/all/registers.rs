//! What LLVM makes of small temporaries and of bounds: instructions are counted, in code for x86-64.

use dfn::backend::llvm::asm;
use dfn::backend::{Cpu, Level, Options};
use dfn_ir::loops::parse;

/// A bound that is a constant, by way of a temporary.
const PROGRAM: &str = "\
export func @bounded(%x: buffer f64 class 1 readonly, %y: buffer f64 class 2, %w: pointer) {
  %zero: i64 = const 0
  %four: i64 = const 4
  %t: buffer f64 class 3 align 16 = alloc %four in %w at %zero
  %a: f64x4 = load %x[%zero]
  %b: f64x4 = const 22.0
  %c: f64x4 = min %a, %b
  store %t[%zero], %c
  %d: f64x4 = load %t[%zero]
  store %y[%zero], %d
  %ok: i32 = const 0
  return %ok
}
";

fn code() -> String {
    let options = Options {
        target: Some("x86_64-unknown-linux-gnu".to_owned()),
        cpu: Cpu::Baseline,
        level: Level::O3,
    };
    asm(&parse(PROGRAM).unwrap(), &options).unwrap()
}

#[test]
fn a_temporary_of_few_elements_is_a_register() {
    let code = code();
    // Loaded once and written once: to the result, not to the workspace (the third argument).
    assert!(!code.contains("(%rdx)"), "{code}");
    assert_eq!(code.matches("(%rsi)").count(), 1, "{code}");
}

#[test]
fn a_constant_bound_is_one_instruction() {
    let code = code();
    assert_eq!(code.matches("vminpd").count(), 1, "{code}");
    assert!(!code.contains("vcmp"), "{code}");
}
