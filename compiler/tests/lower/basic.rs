//! Scalars, elementwise operations, reductions, contractions, calls, checks.

use super::run::{array, array32, compare, lowered, module, ordered};
use dfn_ir::interp::Array;
use dfn_ir::scalar::Scalar;

fn number(x: f64) -> Array {
    Array::of(Scalar::F64(x))
}

#[test]
fn scalars() {
    let text = "
    func @f(%x: f64, %y: f64) -> (f64, f64) {
      %a = exp %x : f64
      %b = fma %a, %y, %x : f64
      %c = sin %b : f64
      return %b, %c
    }";
    compare(text, "f", &[], &[number(0.5), number(-2.0)]);
}

#[test]
fn elementwise_with_tails() {
    let text = "
    func @f[%n](%x: f64[%n], %k: f64) -> (f64[%n], f64[%n]) {
      %s = broadcast %k {axes = []} : f64[%n]
      %a = mul %x, %s : f64[%n]
      %b = exp %a : f64[%n]
      %c = add %a, %b : f64[%n]
      return %b, %c
    }";
    for n in [0, 1, 7, 8, 9, 40, 100] {
        compare(text, "f", &[n], &[array(1, &[n as usize]), number(1.5)]);
    }
}

const SUM_EXP: &str = "
    func @f[%n](%a: f64, %x: f64[%n], %b: f64) -> (f64) {
      %as = broadcast %a {axes = []} : f64[%n]
      %bs = broadcast %b {axes = []} : f64[%n]
      %y = fma %as, %x, %bs : f64[%n]
      %e = exp %y : f64[%n]
      %s = reduce %e {kind = sum, axes = [0]} : f64
      return %s
    }";

#[test]
fn sums_in_every_length() {
    let lengths = [
        0, 1, 5, 7, 8, 9, 31, 32, 33, 47, 64, 71, 4095, 4096, 4097, 4100, 8200,
    ];
    for n in lengths {
        compare(
            SUM_EXP,
            "f",
            &[n],
            &[number(0.3), array(2, &[n as usize]), number(0.1)],
        );
    }
}

#[test]
fn a_sum_of_an_expression_is_one_pass() {
    let module = ordered(&module(SUM_EXP));
    let lowered = lowered(&module, module.named("f").unwrap());
    let text = lowered.program.to_string();
    assert!(!text.contains("alloc"), "{text}");
    // Blocks, full steps, eights; the rest is one vector.
    assert_eq!(text.matches("for %").count(), 3, "{text}");
}

#[test]
fn sums_of_f32() {
    let text = "
    func @f[%n](%x: f32[%n]) -> (f32, f32) {
      %e = exp %x : f32[%n]
      %s = reduce %e {kind = sum, axes = [0]} : f32
      %m = reduce %x {kind = max, axes = [0]} : f32
      return %s, %m
    }";
    for n in [0, 3, 8, 15, 16, 63, 64, 65, 72, 200, 5000] {
        compare(text, "f", &[n], &[array32(3, &[n as usize])]);
    }
}

#[test]
fn reductions_along_every_axis() {
    for axes in [
        "[]",
        "[0]",
        "[1]",
        "[2]",
        "[0, 1]",
        "[0, 2]",
        "[1, 2]",
        "[0, 1, 2]",
    ] {
        let result = match axes {
            "[]" => "f64[%n, %m, %k]",
            "[0]" => "f64[%m, %k]",
            "[1]" => "f64[%n, %k]",
            "[2]" => "f64[%n, %m]",
            "[0, 1]" => "f64[%k]",
            "[0, 2]" => "f64[%m]",
            "[1, 2]" => "f64[%n]",
            _ => "f64",
        };
        for kind in ["sum", "prod", "max", "min"] {
            let text = format!(
                "func @f[%n, %m, %k](%x: f64[%n, %m, %k]) -> ({result}) {{
                  %s = reduce %x {{kind = {kind}, axes = {axes}}} : {result}
                  return %s
                }}"
            );
            for dims in [[3, 2, 41], [1, 4, 9], [2, 3, 0], [0, 2, 3], [2, 1, 1]] {
                let sizes = dims.map(|n| n as i64);
                compare(&text, "f", &sizes, &[array(4, &dims)]);
            }
        }
    }
}

#[test]
fn long_rows_have_results_of_their_own() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m]) -> (f64) {
      %s = reduce %x {kind = sum, axes = [0, 1]} : f64
      return %s
    }";
    compare(text, "f", &[3, 9000], &[array(5, &[3, 9000])]);
}

#[test]
fn integers_and_truth_values() {
    let text = "
    func @f[%n](%x: f64[%n]) -> (bool, bool, i64, i64[%n]) {
      %zero = const {value = f64 0.0} : f64[%n]
      %p = compare %zero, %x {how = lt} : bool[%n]
      %any = reduce %p {kind = any, axes = [0]} : bool
      %all = reduce %p {kind = all, axes = [0]} : bool
      %c = convert %p {to = i64} : i64[%n]
      %count = reduce %c {kind = sum, axes = [0]} : i64
      %i = iota : i64[%n]
      %w = mul %i, %c : i64[%n]
      return %any, %all, %count, %w
    }";
    for n in [0, 1, 9, 100] {
        compare(text, "f", &[n], &[array(6, &[n as usize])]);
    }
}

#[test]
fn contractions() {
    let cases = [
        ("f64[%n]", "f64[%n]", "[0, 0]", "f64", [7, 0, 0]),
        ("f64[%n, %m]", "f64[%m]", "[1, 0]", "f64[%n]", [5, 70, 0]),
        ("f64[%n, %m]", "f64[%n]", "[0, 0]", "f64[%m]", [5, 70, 0]),
        (
            "f64[%n, %m]",
            "f64[%m, %k]",
            "[1, 0]",
            "f64[%n, %k]",
            [5, 6, 19],
        ),
        (
            "f64[%n, %m]",
            "f64[%k, %m]",
            "[1, 1]",
            "f64[%n, %k]",
            [5, 6, 19],
        ),
        (
            "f64[%m, %n]",
            "f64[%m, %k]",
            "[0, 0]",
            "f64[%n, %k]",
            [5, 6, 19],
        ),
        (
            "f64[%m, %n]",
            "f64[%k, %m]",
            "[0, 1]",
            "f64[%n, %k]",
            [5, 6, 19],
        ),
        ("f64[%n]", "f64[%m]", "[]", "f64[%n, %m]", [3, 17, 0]),
        ("f64[%n, %m]", "f64[%m]", "[1, 0]", "f64[%n]", [5, 0, 0]),
    ];
    for (x, y, contract, z, sizes) in cases {
        let text = format!(
            "func @f[%n, %m, %k](%x: {x}, %y: {y}) -> ({z}) {{
              %z = dot %x, %y {{batch = [], contract = {contract}}} : {z}
              return %z
            }}"
        );
        let dims = |ty: &str| -> Vec<usize> {
            let of = |name: &str| match name {
                "%n" => sizes[0],
                "%m" => sizes[1],
                _ => sizes[2],
            };
            let inner = ty.trim_start_matches("f64[").trim_end_matches(']');
            inner.split(", ").map(of).collect()
        };
        let sizes = sizes.map(|n| n as i64);
        let args = [array(7, &dims(x)), array(8, &dims(y))];
        compare(&text, "f", &sizes, &args);
    }
}

#[test]
fn batched_contraction() {
    let text = "
    func @f[%b, %n, %m](%x: f64[%b, %n, %m], %y: f64[%b, %m]) -> (f64[%b, %n]) {
      %z = dot %x, %y {batch = [0, 0], contract = [2, 1]} : f64[%b, %n]
      return %z
    }";
    compare(
        text,
        "f",
        &[3, 4, 50],
        &[array(9, &[3, 4, 50]), array(10, &[3, 50])],
    );
}

#[test]
fn index_functions() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m], %v: f64[%m], %i: i64) -> (f64[%m, %n], f64[%m], f64[%n, 2], f64[6]) {
      %t = transpose %x {axes = [1, 0]} : f64[%m, %n]
      %e = exp %t : f64[%m, %n]
      %row = index %x, %i : f64[%m]
      %r = add %row, %v : f64[%m]
      %one = const {value = i64 1} : i64
      %cols = slice %x, %one {axis = 1, step = 2} : f64[%n, 2]
      %b = mul %cols, %cols : f64[%n, 2]
      %flip = const {value = i64 5} : i64
      %back = slice %v, %flip {axis = 0, step = -1} : f64[6]
      %back2 = add %back, %back : f64[6]
      return %e, %r, %b, %back2
    }";
    let args = [
        array(11, &[3, 10]),
        array(12, &[10]),
        Array::of(Scalar::I64(2)),
    ];
    compare(text, "f", &[3, 10], &args);
}

#[test]
fn joins_write_their_parts() {
    let text = "
    func @f[%n](%x: f64[%n], %y: f64[%n]) -> (f64[2, %n], f64[2 * %n], f64[3]) {
      %a = exp %x : f64[%n]
      %b = neg %y : f64[%n]
      %s = stack %a, %b : f64[2, %n]
      %c = mul %a, %b : f64[%n]
      %d = concat %c, %x {axis = 0} : f64[2 * %n]
      %p = reduce %x {kind = sum, axes = [0]} : f64
      %q = reduce %y {kind = max, axes = [0]} : f64
      %t = stack %p, %q, %p : f64[3]
      return %s, %d, %t
    }";
    compare(text, "f", &[11], &[array(13, &[11]), array(14, &[11])]);
}

#[test]
fn reshapes_and_tables() {
    let text = "
    func @f[%n](%x: f64[%n, 6]) -> (f64[6 * %n], f64[%n, 2, 3], f64[2, 3], f64[3, %n, 2]) {
      %e = exp %x : f64[%n, 6]
      %r = reshape %e : f64[6 * %n]
      %q = reshape %x : f64[%n, 2, 3]
      %q2 = add %q, %q : f64[%n, 2, 3]
      %t = dense {values = f64 [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]} : f64[2, 3]
      %u = mul %t, %t : f64[2, 3]
      %w = transpose %q2 {axes = [2, 0, 1]} : f64[3, %n, 2]
      return %r, %q2, %u, %w
    }";
    compare(text, "f", &[4], &[array(15, &[4, 6])]);
}

#[test]
fn calls_and_checks() {
    let text = "
    func @g[%n](%x: f64[%n], %k: f64) -> (f64[%n], f64) {
      %zero = const {value = f64 0.0} : f64
      %ok = compare %zero, %k {how = lt} : bool
      check %ok {message = \"k must be positive\"}
      %s = broadcast %k {axes = []} : f64[%n]
      %y = mul %x, %s : f64[%n]
      %m = reduce %y {kind = sum, axes = [0]} : f64
      return %y, %m
    }
    func @f[%n, %m](%x: f64[%n, %m], %k: f64, %i: i64) -> (f64[%m], f64, f64[%m]) {
      %row = index %x, %i : f64[%m]
      %y, %s = call [%m] %row, %k {func = @g} : f64[%m], f64
      %z, %t = call [%m] %y, %s {func = @g} : f64[%m], f64
      %w = add %y, %z : f64[%m]
      return %w, %t, %z
    }";
    let x = Array::new(
        dfn_ir::DType::F64,
        &[2, 3],
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(Scalar::F64).to_vec(),
    )
    .unwrap();
    let index = Array::of(Scalar::I64(1));
    compare(text, "f", &[2, 3], &[x.clone(), number(2.0), index.clone()]);
    compare(text, "f", &[2, 3], &[x, number(-2.0), index]);
}

/// What is cheap and early joins the nest that needs it: nothing is stored.
#[test]
fn a_nest_sinks_into_its_only_user() {
    let text = "
    func @f[%n, %m](%y: bool[%n], %x: f64[%n, %m], %v: f64[%m]) -> (f64) {
      %t = convert %y {to = f64} : f64[%n]
      %two = const {value = f64 2.0} : f64[%n]
      %signs = mul %t, %two : f64[%n]
      %z = dot %x, %v {batch = [], contract = [1, 0]} : f64[%n]
      %k = index %v, %i : f64
      %b = broadcast %k {axes = []} : f64[%n]
      %a = fma %signs, %z, %b : f64[%n]
      %e = exp %a : f64[%n]
      %s = reduce %e {kind = sum, axes = [0]} : f64
      return %s
    }";
    let text = text.replace("%v: f64[%m])", "%v: f64[%m], %i: i64)");
    let truth = (0..11).map(|i| Scalar::Bool(i % 3 == 0)).collect();
    let y = Array::new(dfn_ir::DType::Bool, &[11], truth).unwrap();
    let index = Array::of(Scalar::I64(2));
    compare(
        &text,
        "f",
        &[11, 4],
        &[y, array(16, &[11, 4]), array(17, &[4]), index],
    );
    let module = ordered(&module(&text));
    let program = lowered(&module, module.named("f").unwrap())
        .program
        .to_string();
    assert_eq!(program.matches("alloc %n").count(), 1, "{program}");
}
