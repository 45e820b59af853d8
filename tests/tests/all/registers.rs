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
    code_of(PROGRAM)
}

fn code_of(program: &str) -> String {
    let options = Options {
        target: Some("x86_64-unknown-linux-gnu".to_owned()),
        cpu: Cpu::Baseline,
        level: Level::O3,
    };
    asm(&parse(program).unwrap(), &options).unwrap()
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

#[test]
fn a_bound_is_one_instruction_and_a_question_for_nan() {
    let program = PROGRAM.replace(
        "%b: f64x4 = const 22.0",
        "%e: i64 = const 8\n  %b: f64x4 = load %x[%e]",
    );
    let code = code_of(&program);
    assert_eq!(code.matches("vminpd").count(), 1, "{code}");
    assert_eq!(code.matches("vcmp").count(), 1, "{code}");
}

/// The squared distance of four points to one in 8 coordinates.
fn distance() -> String {
    let mut body = String::new();
    for k in 0..8 {
        body += &format!(
            "  %i{k}: i64 = const {}
  %x{k}: f64x4 = load %x[%i{k}]
  %j{k}: i64 = const {k}
  %y{k}: f64 = load %y[%j{k}]
  %z{k}: f64x4 = splat %y{k}
  %d{k}: f64x4 = sub %x{k}, %z{k}
  %s{k}: f64x4 = mul %d{k}, %d{k}
",
            4 * k
        );
        if k > 0 {
            let before = if k > 1 {
                format!("%a{}", k - 1)
            } else {
                "%s0".to_owned()
            };
            body += &format!("  %a{k}: f64x4 = add {before}, %s{k}\n");
        }
    }
    format!(
        "export func @distance(%x: buffer f64 class 1 readonly, %y: buffer f64 class 1 readonly, %out: buffer f64 class 2) {{
{body}  store %out[%i0], %a7
  %ok: i32 = const 0
  return %ok
}}
"
    )
}

#[test]
fn multipliers_take_over_what_is_too_much_for_the_adders() {
    // 15 additions and 8 products: 3 additions change units, and none of the running sum.
    let code = code_of(&distance());
    let count = |name: &str| code.matches(name).count();
    let multiplied = count("vfmsub") + count("vfmadd") + count("vfnmadd");
    assert_eq!(
        (multiplied, count("vsubpd"), count("vaddpd")),
        (3, 5, 7),
        "{code}"
    );
}
