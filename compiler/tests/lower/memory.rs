//! Memory planning: slots are shared, formulas are checked, what is no formula is refused.

use super::run::{array, compare, compare_on, measured, module, ordered, planned, run_loops};
use dfn_ir::interp::Array;
use dfn_ir::scalar::{DType, Scalar};

/// Four temporaries one after another; two are alive at a time.
const CHAIN: &str = "
    func @f[%n](%x: i64[%n, %n]) -> (i64[%n, %n]) {
      %a = dot %x, %x {batch = [], contract = [1, 0]} : i64[%n, %n]
      %b = dot %a, %x {batch = [], contract = [1, 0]} : i64[%n, %n]
      %c = dot %b, %x {batch = [], contract = [1, 0]} : i64[%n, %n]
      %d = dot %c, %x {batch = [], contract = [1, 0]} : i64[%n, %n]
      %e = dot %d, %x {batch = [], contract = [1, 0]} : i64[%n, %n]
      return %e
    }";

fn square(n: i64) -> Array {
    let elements = (0..n * n).map(|i| Scalar::I64(i % 7 - 3)).collect();
    let n = usize::try_from(n).unwrap();
    Array::new(DType::I64, &[n, n], elements).unwrap()
}

#[test]
fn temporaries_share_slots() {
    compare(CHAIN, "f", &[9], &[square(9)]);
    let module = ordered(&module(CHAIN));
    let root = module.named("f").unwrap();
    let plan = planned(&module, root);
    // Two slots of 9 * 9 * 8 = 648 bytes, rounded up to 704.
    assert_eq!(measured(&plan, root, &[9]), 2 * 704);
    assert_eq!(measured(&plan, root, &[0]), 0);
}

#[test]
fn overflow_is_minus_one() {
    let module = module(CHAIN);
    let root = module.named("f").unwrap();
    let plan = planned(&module, root);
    assert_eq!(measured(&plan, root, &[1 << 31]), -1);
    assert_eq!(measured(&plan, root, &[i64::MAX]), -1);
    // 2 * 8 * (2^28)^2 = 2^60
    assert_eq!(measured(&plan, root, &[1 << 28]), 1 << 60);
}

#[test]
fn the_workspace_of_a_callee_comes_after() {
    let text = "
    func @g[%n](%x: f64[%n]) -> (f64) {
      %e = exp %x : f64[%n]
      %i = const {value = i64 0} : i64
      %first = index %e, %i : f64
      %s = reduce %e {kind = sum, axes = [0]} : f64
      %t = add %s, %first : f64
      return %t
    }
    func @f[%n, %m](%x: f64[%n], %y: f64[%m]) -> (f64[%n], f64) {
      %e = sin %x : f64[%n]
      %i = const {value = i64 1} : i64
      %k = index %e, %i : f64
      %a = call [%n] %e {func = @g} : f64
      %b = call [%m] %y {func = @g} : f64
      %c = add %a, %b : f64
      %d = add %c, %k : f64
      %z = broadcast %d {axes = []} : f64[%n]
      %w = mul %z, %e : f64[%n]
      return %w, %a
    }";
    compare(text, "f", &[20, 50], &[array(2, &[20]), array(3, &[50])]);
    let module = module(text);
    let root = module.named("f").unwrap();
    let plan = planned(&module, root);
    // `e` of 160 bytes, `b` of 8 (`a` is a result), and 400 bytes in @g, all rounded up.
    assert_eq!(measured(&plan, root, &[20, 50]), 192 + 64 + 448);
}

/// An array whose size is an element, in a loop with a check that fails in between.
const UNKNOWN: &str = "
    func @f[%n](%x: f64[%n], %p: i64[%n]) -> (f64) {
      %start = const {value = f64 0.0} : f64
      %s = for [%n] %start {direction = up} : f64 do {
        (%i: i64, %before: f64):
        %k = index %p, %i : i64
        %zero = const {value = i64 0} : i64
        %a = slice %x, %zero {axis = 0, step = 1} : f64[%k]
        %b = exp %a : f64[%k]
        %c = slice %b, %zero {axis = 0, step = 1} : f64[1]
        %s = reduce %b {kind = sum, axes = [0]} : f64
        %ok = compare %before, %s {how = lt} : bool
        check %ok {message = \"sums must grow\"}
        %t = reduce %c {kind = sum, axes = [0]} : f64
        %u = add %s, %t : f64
        yield %u
      }
      return %s
    }";

fn integers(of: &[i64]) -> Array {
    let elements = of.iter().map(|&i| Scalar::I64(i)).collect();
    Array::new(DType::I64, &[of.len()], elements).unwrap()
}

#[test]
fn a_size_that_is_computed_inside_is_taken_from_malloc() {
    let text = UNKNOWN
        .replace("%s = reduce", "%sum = reduce")
        .replace(", %s {", ", %sum {");
    let text = text.replace("add %s", "add %sum");
    let module = module(&text);
    // Operations are not compared: how long the inner rows are is not seen from outside.
    let args = [array(4, &[3]), integers(&[1, 2, 3])];
    for module in [&module, &ordered(&module)] {
        compare_on(module, "f", &[3], &args, false);
    }
    let root = module.named("f").unwrap();
    let plan = planned(&module, root);
    let check = |p: &[i64]| {
        let args = [array(4, &[3]), integers(p)];
        let outcome = run_loops(&plan, root, &[3], &args, &[(DType::F64, vec![])]);
        // Four arguments and results, the workspace; nothing is left of what was taken.
        (outcome.status, outcome.live)
    };
    let (fine, live) = check(&[1, 2, 3]);
    assert_eq!((fine, live), (0, 4));
    let (failed, live) = check(&[3, 1, 2]);
    assert_eq!(&*plan.checks[failed as usize - 1].message, "sums must grow");
    assert_eq!(live, 4);
    assert_eq!(measured(&plan, root, &[3]), 0);
}
