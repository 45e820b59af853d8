//! Linearization and transposition of functions given as text: what comes out verifies.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use dfn_ir::derive::{Deriver, Memo};
use dfn_ir::text::{module_to_string, parse};
use dfn_ir::verify::verify;

/// Derives function `f` of `source` in the parameters marked, twice over, verifying each stage.
fn derive(source: &str, active: &[bool]) -> String {
    let mut module = parse(source).unwrap();
    assert_eq!(
        parse(&module_to_string(&module)).map(|m| module_to_string(&m)),
        Ok(module_to_string(&module))
    );
    let f = module.named("f").unwrap();
    let mut memo = Memo::default();
    let made = Deriver::new(&mut module, &mut memo)
        .linearize(f, active)
        .unwrap();
    let back = Deriver::new(&mut module, &mut memo)
        .transpose(made.lin)
        .unwrap();
    check(&module);
    let text = module_to_string(&module);
    // The reverse function can be differentiated again, in all its float parameters.
    let bwd = module.get(back.bwd);
    let all: Vec<bool> = bwd
        .params()
        .iter()
        .map(|&v| bwd.ty(v).is_differentiable())
        .collect();
    let again = Deriver::new(&mut module, &mut memo)
        .linearize(back.bwd, &all)
        .unwrap();
    check(&module);
    Deriver::new(&mut module, &mut memo)
        .transpose(again.lin)
        .unwrap();
    check(&module);
    text
}

fn check(module: &dfn_ir::Module) {
    let errors: Vec<String> = verify(module).iter().map(ToString::to_string).collect();
    assert!(
        errors.is_empty(),
        "{}\n{}",
        errors.join("\n"),
        module_to_string(module)
    );
}

#[test]
fn tutorial_loss() {
    insta::assert_snapshot!(derive(
        "func @f[%n, %d](%w: f64[%d], %b: f64, %x: f64[%n, %d], %t: f64[%n]) -> (f64) {
           %z = dot %x, %w {batch = [], contract = [1, 0]} : f64[%n]
           %bs = broadcast %b {axes = []} : f64[%n]
           %s = add %z, %bs : f64[%n]
           %p = sigmoid %s : f64[%n]
           %one = const {value = f64 1.0} : f64[%n]
           %q = sub %one, %p : f64[%n]
           %u = sub %one, %t : f64[%n]
           %a = mul %p, %t : f64[%n]
           %c = fma %q, %u, %a : f64[%n]
           %l = log %c : f64[%n]
           %sum = reduce %l {kind = sum, axes = [0]} : f64
           %loss = neg %sum : f64
           return %loss
         }",
        &[true, true, false, false],
    ));
}

#[test]
fn map_with_gather() {
    insta::assert_snapshot!(derive(
        "func @f[%n, %m](%x: f64[%n], %k: i64[%m], %c: f64) -> (f64) {
           %y = map [%m] {yields = 1, sums = 0, accs = 0} : f64[%m] do {
             (%i: i64):
             %j = index %k, %i : i64
             %v = index %x, %j : f64
             %e = exp %v : f64
             %p = mul %e, %c : f64
             yield %p
           }
           %s = reduce %y {kind = sum, axes = [0]} : f64
           return %s
         }",
        &[true, false, true],
    ));
}

#[test]
fn branch() {
    insta::assert_snapshot!(derive(
        "func @f(%x: f64) -> (f64) {
           %zero = const {value = f64 0.0} : f64
           %c = compare %zero, %x {how = lt} : bool
           %y = if %c : f64 do {
             %r = sqrt %x : f64
             yield %r
           } else {
             %e = exp %x : f64
             %e2 = mul %e, %x : f64
             yield %e2
           }
           return %y
         }",
        &[true],
    ));
}

#[test]
fn loop_with_carry() {
    insta::assert_snapshot!(derive(
        "func @f[%n](%a: f64[%n], %x: f64, %h: f64) -> (f64, f64[%n]) {
           %one = const {value = f64 1.0} : f64
           %k = const {value = i64 0} : i64
           %last, %count, %all = for [%n] %x, %k {direction = up} : f64, i64, f64[%n] do {
             (%i: i64, %s: f64, %k2: i64):
             %ai = index %a, %i : f64
             %p = mul %ai, %s : f64
             %q = sin %p : f64
             %next = fma %h, %q, %s : f64
             %step = const {value = i64 1} : i64
             %k3 = add %k2, %step : i64
             yield %next, %k3, %q
           }
           return %last, %all
         }",
        &[true, true, true],
    ));
}

#[test]
fn call_and_nested_regions() {
    insta::assert_snapshot!(derive(
        "func @g[%d](%u: f64[%d], %v: f64[%d]) -> (f64) {
           %p = mul %u, %v : f64[%d]
           %t = tanh %p : f64[%d]
           %s = reduce %t {kind = sum, axes = [0]} : f64
           return %s
         }
         func @f[%n, %d](%x: f64[%n, %d], %w: f64[%d]) -> (f64[%n]) {
           %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
             (%i: i64):
             %row = index %x, %i : f64[%d]
             %v = call [%d] %row, %w {func = @g} : f64
             %z = const {value = f64 0.0} : f64
             %c = compare %v, %z {how = lt} : bool
             %r = if %c : f64 do {
               %m = mul %v, %v : f64
               yield %m
             } else {
               %s = call [%d] %w, %w {func = @g} : f64
               yield %s
             }
             yield %r
           }
           return %y
         }",
        &[true, true],
    ));
}

/// The messages of the verifier on one function.
fn verified(body: &str) -> Vec<String> {
    let source = format!("func @f(%k: f64; lin %x: f64) -> (f64) {{ {body} }}");
    let module = parse(&source).unwrap();
    verify(&module)
        .into_iter()
        .map(|error| error.message)
        .collect()
}

#[test]
fn what_is_linear_in_zero_is_linear() {
    let zero = "%z = const {value = f64 0.0} : f64 %a = mul %k, %z : f64";
    assert_eq!(
        verified(&format!("{zero} %b = fma %k, %a, %x : f64 return %b")),
        [""; 0]
    );
    let carried = "%s, %t = for [3] %a, %x {direction = up} : f64, f64 do {
        (%i: i64, %u: f64, %v: f64):
        %w = fma %k, %u, %v : f64
        %n = neg %u : f64
        yield %n, %w
      }
      %b = add %s, %t : f64 return %b";
    assert_eq!(verified(&format!("{zero} {carried}")), [""; 0]);
    let refused = ["is not linear in the operands that are linear here"];
    assert_eq!(verified("%b = add %k, %x : f64 return %b"), refused);
    assert_eq!(verified("%b = mul %x, %x : f64 return %b"), refused);
    let not_zero = "%o = const {value = f64 1.0} : f64";
    assert_eq!(
        verified(&format!("{not_zero} %b = add %o, %x : f64 return %b")),
        refused
    );
}

/// A vector whose size is known only inside a region is made again, with the region that adds to an
/// accumulator on the way.
#[test]
fn what_runs_again_has_accumulators_of_its_own() {
    derive(
        "func @f[%n, %m](%x: f64[%m]) -> (f64) {
           %s = map [%n] {yields = 0, sums = 1, accs = 0} : f64 do {
             (%i: i64):
             %a = acc_new %x : acc f64[%m]
             %b = map [%m] %a {yields = 0, sums = 0, accs = 1} : acc f64[%m] do {
               (%j: i64, %c: acc f64[%m]):
               %u = index %x, %j : f64
               %v = for [1 + %i] %u {direction = up} : f64 do {
                 (%k: i64, %w: f64):
                 %y = sin %w : f64
                 yield %y
               }
               %d = acc_add %c, %v, %j : acc f64[%m]
               yield %d
             }
             %r = acc_read %b : f64[%m]
             %t = reduce %r {kind = sum, axes = [0]} : f64
             yield %t
           }
           return %s
         }",
        &[true],
    );
}

/// The accumulator that one arm gives has no tangent of its own.
#[test]
fn an_arm_that_gives_a_constant_accumulator() {
    derive(
        "func @f(%x: f64[2], %c: bool) -> (f64) {
           %a = acc_new %x : acc f64[2]
           %one = const {value = f64 1.0} : f64[2]
           %b = if %c : acc f64[2] do {
             yield %a
           } else {
             %n = acc_new %one : acc f64[2]
             yield %n
           }
           %r = acc_read %b : f64[2]
           %s = reduce %r {kind = sum, axes = [0]} : f64
           return %s
         }",
        &[true, false],
    );
}

/// One array as two arguments of a call in a region: its accumulator is handed on, that of the second
/// argument is added to it.
#[test]
fn one_array_twice_in_a_call_in_a_map() {
    derive(
        "func @g[%d](%u: f64[%d], %v: f64[%d]) -> (f64) {
           %p = mul %u, %v : f64[%d]
           %t = tanh %p : f64[%d]
           %q = mul %t, %v : f64[%d]
           %s = reduce %q {kind = sum, axes = [0]} : f64
           return %s
         }
         func @f[%n, %d](%x: f64[%d]) -> (f64[%n]) {
           %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
             (%i: i64):
             %v = call [%d] %x, %x {func = @g} : f64
             yield %v
           }
           return %y
         }",
        &[true],
    );
}

#[test]
fn a_map_hands_on_its_accumulators() {
    let read = "%m = const {value = f64 0.0} : f64[2] %a = acc_new %m : acc f64[2]
        %b = map [2] %a {yields = 0, sums = 0, accs = 1} : acc f64[2] do {
          (%i: i64, %c: acc f64[2]):
          %d = acc_add %c, %x, %i : acc f64[2]
          %q = acc_read %d : f64[2]
          %e = acc_new %q : acc f64[2]
          yield %e
        }
        %r = acc_read %b : f64[2] %s = reduce %r {kind = sum, axes = [0]} : f64 return %s";
    let refused = ["the region must hand on the accumulators that it got"];
    assert_eq!(verified(read), refused);
    let handed = read
        .replace("%e = acc_new %q : acc f64[2]", "")
        .replace("%q = acc_read %d : f64[2]", "");
    assert_eq!(verified(&handed.replace("yield %e", "yield %d")), [""; 0]);
}

/// A linear function of zeros gives zeros, which are linear.
#[test]
fn a_call_of_zeros_is_zero() {
    let module = parse(
        "func @g(%k: f64; lin %x: f64) -> (f64) { %y = mul %k, %x : f64 return %y }
         func @f(%k: f64; lin %x: f64) -> (f64) {
           %z = const {value = f64 0.0} : f64
           %a = call %k, %z {func = @g} : f64
           %b = add %a, %x : f64
           return %b
         }",
    );
    assert_eq!(verify(&module.unwrap()), Vec::new());
}

#[test]
fn what_is_linear_twice_is_refused() {
    for product in [
        "%y = mul %a, %b : f64",
        "%y = scale %a, %b : f64",
        "%y = fma %a, %b, %a : f64",
        "%y = div %a, %b : f64",
        "%y = dot %a, %b {batch = [], contract = []} : f64",
        "%c = compare %a, %b {how = lt} : bool
         %y = select %c, %a, %b : f64",
    ] {
        let source = format!("func @f(; lin %a: f64, %b: f64) -> (f64) {{ {product} return %y }}");
        let mut module = parse(&source).unwrap();
        let f = module.named("f").unwrap();
        let mut memo = Memo::default();
        let made = Deriver::new(&mut module, &mut memo).transpose(f);
        let refused = made.unwrap_err().to_string();
        assert!(
            refused.contains("two of its operands depend on what it is to be linear in"),
            "{product}: {refused}"
        );
    }
}
