//! Maps, loops, choices, accumulators.

use super::run::{array, compare, lowered, module, ordered};
use dfn_ir::interp::Array;
use dfn_ir::scalar::{DType, Scalar};

fn number(x: f64) -> Array {
    Array::of(Scalar::F64(x))
}

fn indices(of: &[i64]) -> Array {
    let elements = of.iter().map(|&i| Scalar::I64(i)).collect();
    Array::new(DType::I64, &[of.len()], elements).unwrap()
}

#[test]
fn comprehensions() {
    let text = "
    func @f[%n, %m](%x: f64[%n], %y: f64[%m], %p: i64[%n]) -> (f64[%n, %m], f64, f64[%n]) {
      %z, %s = map [%n, %m] {yields = 1, sums = 1, accs = 0} : f64[%n, %m], f64 do {
        (%i: i64, %j: i64):
        %a = index %x, %i : f64
        %b = index %y, %j : f64
        %c = mul %a, %b : f64
        %d = sin %c : f64
        yield %d, %c
      }
      %g = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
        (%l: i64):
        %k = index %p, %l : i64
        %v = index %x, %k : f64
        %t = convert %l {to = f64} : f64
        %w = fma %v, %t, %v : f64
        yield %w
      }
      return %z, %s, %g
    }";
    let args = [array(1, &[5]), array(2, &[21]), indices(&[4, 0, 2, 2, 1])];
    compare(text, "f", &[5, 21], &args);
    let args = [array(1, &[20]), array(2, &[1]), indices(&[3; 20])];
    compare(text, "f", &[20, 1], &args);
    let args = [array(1, &[0]), array(2, &[3]), indices(&[])];
    compare(text, "f", &[0, 3], &args);
}

#[test]
fn checks_in_maps() {
    let text = "
    func @f[%n](%x: f64[%n], %p: i64[%n]) -> (f64[%n]) {
      %g = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
        (%i: i64):
        %k = index %p, %i : i64
        %size = size [%n] : i64
        %ok = compare %k, %size {how = lt} : bool
        check %ok {message = \"index out of bounds\"}
        %v = index %x, %k : f64
        yield %v
      }
      return %g
    }";
    let mut places = vec![7; 30];
    compare(text, "f", &[30], &[array(1, &[30]), indices(&places)]);
    places[13] = 30;
    compare(text, "f", &[30], &[array(1, &[30]), indices(&places)]);
}

#[test]
fn maps_of_arrays() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m], %w: f64[%m]) -> (f64[%n, %m], f64[%n], f64[%m], f64) {
      %z, %l, %s, %t = map [%n] {yields = 2, sums = 2, accs = 0} : f64[%n, %m], f64[%n], f64[%m], f64 do {
        (%i: i64):
        %row = index %x, %i : f64[%m]
        %e = exp %row : f64[%m]
        %sum = reduce %e {kind = sum, axes = [0]} : f64
        %log = log %sum : f64
        %b = broadcast %log {axes = []} : f64[%m]
        %d = sub %row, %b : f64[%m]
        %k = dot %d, %w {batch = [], contract = [0, 0]} : f64
        yield %d, %log, %e, %k
      }
      return %z, %l, %s, %t
    }";
    for n in [0, 1, 6] {
        compare(
            text,
            "f",
            &[n, 13],
            &[array(3, &[n as usize, 13]), array(4, &[13])],
        );
    }
}

#[test]
fn accumulators_in_maps() {
    let text = "
    func @f[%n, %m](%x: f64[%n], %p: i64[%n], acc %a: f64[%m]) -> (f64[%n], acc f64[%m]) {
      %zero = const {value = f64 0.0} : f64[%n]
      %new = acc_new %zero : acc f64[%n]
      %r, %b = map [%n] %new, %a {yields = 0, sums = 0, accs = 2} : acc f64[%n], acc f64[%m] do {
        (%i: i64, %c: acc f64[%n], %d: acc f64[%m]):
        %v = index %x, %i : f64
        %e = exp %v : f64
        %k = index %p, %i : i64
        %c1 = acc_add %c, %e, %i : acc f64[%n]
        %d1 = acc_add %d, %v, %k : acc f64[%m]
        %d2 = acc_add %d1, %e, %k : acc f64[%m]
        yield %c1, %d2
      }
      %out = acc_read %r : f64[%n]
      return %out, %b
    }";
    let text = &text.replace("acc %a: f64[%m]", "%a: acc f64[%m]");
    let places: Vec<i64> = (0..37).map(|i| i * 7 % 5).collect();
    compare(
        text,
        "f",
        &[37, 5],
        &[array(5, &[37]), indices(&places), array(6, &[5])],
    );
}

#[test]
fn additions_of_parts() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m], %v: f64[%m], %i: i64) -> (f64[%n, %m]) {
      %a = acc_new %x : acc f64[%n, %m]
      %e = exp %v : f64[%m]
      %b = acc_add %a, %e, %i : acc f64[%n, %m]
      %j = const {value = i64 1} : i64
      %k = const {value = f64 2.5} : f64
      %c = acc_add %b, %k, %j, %j : acc f64[%n, %m]
      %d = acc_add %c, %x : acc f64[%n, %m]
      %r = acc_read %d : f64[%n, %m]
      return %r
    }";
    let index = Array::of(Scalar::I64(2));
    compare(
        text,
        "f",
        &[3, 11],
        &[array(7, &[3, 11]), array(8, &[11]), index],
    );
}

#[test]
fn an_accumulator_is_the_result() {
    let text = "
    func @f[%n](%v: f64[%n]) -> (f64[%n]) {
      %z = const {value = f64 0.0} : f64[%n]
      %a = acc_new %z : acc f64[%n]
      %b = acc_add %a, %v : acc f64[%n]
      %r = acc_read %b : f64[%n]
      return %r
    }";
    compare(text, "f", &[9], &[array(8, &[9])]);
    let module = module(text);
    let program = lowered(&module, module.named("f").unwrap())
        .program
        .to_string();
    assert!(
        !program.contains("alloc") && !program.contains("copy"),
        "{program}"
    );
}

#[test]
fn loops_carry_scalars_arrays_and_stacks() {
    let text = "
    func @f[%n, %m](%x: f64[%m], %k: f64) -> (f64[%m], f64, f64[%n, %m], f64[%n]) {
      %h, %s, %hs, %ss = for [%n] %x, %k {direction = up} : f64[%m], f64, f64[%n, %m], f64[%n] do {
        (%i: i64, %a: f64[%m], %b: f64):
        %bs = broadcast %b {axes = []} : f64[%m]
        %c = mul %a, %bs : f64[%m]
        %d = sin %c : f64[%m]
        %e = reduce %d {kind = sum, axes = [0]} : f64
        %t = convert %i {to = f64} : f64
        %g = fma %e, %t, %b : f64
        yield %d, %g, %c, %b
      }
      return %h, %s, %hs, %ss
    }";
    for direction in ["up", "down"] {
        let text = text.replace("= up", &format!("= {direction}"));
        for n in [0, 1, 2, 5] {
            compare(&text, "f", &[n, 19], &[array(9, &[19]), number(1.25)]);
        }
    }
}

#[test]
fn loops_exchange_their_carries() {
    let text = "
    func @f[%n, %m](%x: f64[%m], %y: f64[%m]) -> (f64[%m], f64[%m], f64[%m]) {
      %a, %b, %c = for [%n] %x, %y, %x {direction = up} : f64[%m], f64[%m], f64[%m] do {
        (%i: i64, %p: f64[%m], %q: f64[%m], %r: f64[%m]):
        %s = add %p, %q : f64[%m]
        yield %q, %s, %r
      }
      return %a, %b, %c
    }";
    for n in [0, 1, 2, 7] {
        compare(text, "f", &[n, 3], &[array(10, &[3]), array(11, &[3])]);
    }
}

#[test]
fn accumulators_in_loops_stay_in_place() {
    let text = "
    func @f[%n](%x: f64[%n], %p: i64[%n]) -> (f64[%n]) {
      %z = const {value = f64 0.0} : f64[%n]
      %a = acc_new %z : acc f64[%n]
      %b = for [%n] %a {direction = down} : acc f64[%n] do {
        (%i: i64, %c: acc f64[%n]):
        %k = index %p, %i : i64
        %v = index %x, %i : f64
        %d = acc_add %c, %v, %k : acc f64[%n]
        yield %d
      }
      %r = acc_read %b : f64[%n]
      return %r
    }";
    let places: Vec<i64> = (0..50).map(|i| i * 13 % 7).collect();
    compare(text, "f", &[50], &[array(12, &[50]), indices(&places)]);
    let module = module(text);
    let program = lowered(&module, module.named("f").unwrap())
        .program
        .to_string();
    assert!(
        !program.contains("alloc") && !program.contains("copy"),
        "{program}"
    );
}

#[test]
fn choices() {
    let text = "
    func @f[%n](%x: f64[%n], %k: f64) -> (f64[%n], f64, f64[%n]) {
      %zero = const {value = f64 0.0} : f64
      %c = compare %zero, %k {how = lt} : bool
      %za = const {value = f64 0.0} : f64[%n]
      %acc = acc_new %za : acc f64[%n]
      %y, %s, %a = if %c : f64[%n], f64, acc f64[%n] do {
        %e = exp %x : f64[%n]
        %t = reduce %e {kind = sum, axes = [0]} : f64
        %b = acc_add %acc, %e : acc f64[%n]
        yield %e, %t, %b
      } else {
        yield %x, %k, %acc
      }
      %r = acc_read %a : f64[%n]
      return %y, %s, %r
    }";
    for k in [1.0, -1.0] {
        compare(text, "f", &[12], &[array(13, &[12]), number(k)]);
    }
}

#[test]
fn choices_in_maps() {
    let text = "
    func @f[%n](%x: f64[%n]) -> (f64[%n], f64) {
      %y, %s = map [%n] {yields = 1, sums = 1, accs = 0} : f64[%n], f64 do {
        (%i: i64):
        %v = index %x, %i : f64
        %zero = const {value = f64 0.0} : f64
        %c = compare %zero, %v {how = lt} : bool
        %w = if %c : f64 do {
          %l = log %v : f64
          yield %l
        } else {
          yield %v
        }
        yield %w, %v
      }
      return %y, %s
    }";
    compare(text, "f", &[30], &[array(14, &[30])]);
}

/// A map and its transposition read the residual at the same index: one nest, nothing stored.
#[test]
fn a_residual_between_two_maps_is_not_stored() {
    let text = "
    func @f[%n](%x: f64[%n]) -> (f64, f64[%n]) {
      %r, %s = map [%n] {yields = 1, sums = 1, accs = 0} : f64[%n], f64 do {
        (%i: i64):
        %v = index %x, %i : f64
        %e = exp %v : f64
        yield %e, %e
      }
      %g = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
        (%j: i64):
        %f = index %r, %j : f64
        %d = mul %f, %f : f64
        yield %d
      }
      return %s, %g
    }";
    compare(text, "f", &[21], &[array(15, &[21])]);
    let module = ordered(&module(text));
    let program = lowered(&module, module.named("f").unwrap())
        .program
        .to_string();
    assert!(!program.contains("alloc"), "{program}");
    assert_eq!(program.matches("for %").count(), 1, "{program}");
}
