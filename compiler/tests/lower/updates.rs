//! Updates of elements: in place where the old array is not needed, in a copy where it is.

use super::run::{array, compare, lowered, module};
use dfn_ir::interp::Array;
use dfn_ir::scalar::Scalar;

fn program(text: &str) -> String {
    let module = module(text);
    lowered(&module, module.named("f").unwrap())
        .program
        .to_string()
}

/// The prefix sums of `x`, written element by element, under a condition, in two nested loops.
const LOOP: &str = "
    func @f[%n, %m](%x: f64[%n, %m]) -> (f64[%n, %m]) {
      %y = for [%n] %x {direction = up} : f64[%n, %m] do {
        (%i: i64, %a: f64[%n, %m]):
        %b = for [%m] %a {direction = up} : f64[%n, %m] do {
          (%j: i64, %c: f64[%n, %m]):
          %zero = const {value = i64 0} : i64
          %p = compare %zero, %i {how = lt} : bool
          %d = if %p : f64[%n, %m] do {
            %one = const {value = i64 1} : i64
            %k = sub %i, %one : i64
            %u = index %c, %k, %j : f64
            %v = index %c, %i, %j : f64
            %w = add %u, %v : f64
            %e = update %c, %w, %i, %j : f64[%n, %m]
            yield %e
          } else {
            yield %c
          }
          yield %d
        }
        yield %b
      }
      return %y
    }";

#[test]
fn a_loop_that_updates_elements_copies_once() {
    for n in [0, 1, 4] {
        compare(LOOP, "f", &[n, 5], &[array(1, &[n as usize, 5])]);
    }
    let text = program(LOOP);
    assert!(!text.contains("alloc"), "{text}");
    assert_eq!(text.matches("copy").count(), 1, "{text}");
    let first_loop = text.find("for %").unwrap();
    assert!(text.find("copy").unwrap() < first_loop, "{text}");
}

#[test]
fn an_old_array_that_is_needed_stays() {
    let text = "
    func @f[%n](%x: f64[%n], %v: f64, %i: i64) -> (f64[%n], f64[%n], f64[%n], f64) {
      %a = sin %x : f64[%n]
      %b = update %a, %v, %i : f64[%n]
      %c = add %a, %b : f64[%n]
      %e = update %b, %v, %i : f64[%n]
      %row = index %b, %i : f64
      %zero = const {value = i64 0} : i64
      %g = update %e, %row, %zero : f64[%n]
      %h = update %g, %v, %i : f64[%n]
      return %c, %b, %h, %row
    }";
    let args = [
        array(2, &[9]),
        Array::of(Scalar::F64(7.0)),
        Array::of(Scalar::I64(4)),
    ];
    compare(text, "f", &[9], &args);
}

#[test]
fn a_view_of_the_old_array_keeps_it() {
    let text = "
    func @f[%n](%x: f64[%n, %n], %v: f64[%n], %i: i64) -> (f64[%n, %n], f64[%n], f64[%n]) {
      %a = sin %x : f64[%n, %n]
      %row = index %a, %i : f64[%n]
      %b = update %a, %v, %i : f64[%n, %n]
      %c = add %row, %v : f64[%n]
      %zero = const {value = i64 0} : i64
      %flat = reshape %b : f64[%n * %n]
      %one = const {value = f64 1.0} : f64
      %d = update %b, %v, %zero : f64[%n, %n]
      %e = slice %flat, %zero {axis = 0, step = 1} : f64[%n]
      return %d, %c, %e
    }";
    compare(
        text,
        "f",
        &[5],
        &[array(3, &[5, 5]), array(4, &[5]), Array::of(Scalar::I64(2))],
    );
}

#[test]
fn rows_move_within_an_array() {
    let text = "
    func @f[%n](%x: f64[%n, %n], %i: i64, %j: i64) -> (f64[%n, %n]) {
      %a = sin %x : f64[%n, %n]
      %row = index %a, %i : f64[%n]
      %b = update %a, %row, %j : f64[%n, %n]
      %t = transpose %b {axes = [1, 0]} : f64[%n, %n]
      %column = index %t, %i : f64[%n]
      %c = update %b, %column, %i : f64[%n, %n]
      return %c
    }";
    let index = |i| Array::of(Scalar::I64(i));
    compare(text, "f", &[6], &[array(5, &[6, 6]), index(2), index(4)]);
    compare(text, "f", &[6], &[array(5, &[6, 6]), index(3), index(3)]);
}

#[test]
fn carries_that_are_exchanged_and_updated() {
    let text = "
    func @f[%n](%x: f64[%n], %y: f64[%n]) -> (f64[%n], f64[%n], f64[%n], f64[%n, %n]) {
      %a, %b, %c, %s = for [%n] %x, %y, %x {direction = up} : f64[%n], f64[%n], f64[%n], f64[%n, %n] do {
        (%i: i64, %p: f64[%n], %q: f64[%n], %r: f64[%n]):
        %v = index %q, %i : f64
        %w = update %p, %v, %i : f64[%n]
        %u = index %p, %i : f64
        %t = update %r, %u, %i : f64[%n]
        yield %q, %w, %t, %r
      }
      return %a, %b, %c, %s
    }";
    for n in [1, 2, 5] {
        compare(
            text,
            "f",
            &[n],
            &[array(6, &[n as usize]), array(7, &[n as usize])],
        );
    }
}

#[test]
fn parts_and_while() {
    let text = "
    func @f[%n](%x: f64[%n, 3], %v: f64[3], %k: i64) -> (f64[%n, 3], i64) {
      %zero = const {value = f64 0.0} : f64[%n, 3]
      %z = update %zero, %v, %k : f64[%n, 3]
      %start = const {value = i64 0} : i64
      %y, %j, %runs = while %z, %start : f64[%n, 3], i64, i64 do {
        (%a: f64[%n, 3], %i: i64):
        %c = compare %i, %k {how = lt} : bool
        yield %c
      } else {
        (%b: f64[%n, 3], %i1: i64):
        %row = index %x, %i1 : f64[3]
        %new = update %b, %row, %i1 : f64[%n, 3]
        %one = const {value = i64 1} : i64
        %next = add %i1, %one : i64
        yield %new, %next
      }
      return %y, %runs
    }";
    let args = [array(8, &[6, 3]), array(9, &[3]), Array::of(Scalar::I64(4))];
    compare(text, "f", &[6], &args);
    let text = program(text);
    assert!(!text.contains("alloc"), "{text}");
}

/// Elements are read before the update, also by an inner loop, and used at it and after it.
#[test]
fn elements_that_were_read_do_not_keep_the_array() {
    let text = "
    func @f[%n](%x: f64[%n, %n]) -> (f64[%n, %n]) {
      %y = for [%n] %x {direction = up} : f64[%n, %n] do {
        (%i: i64, %a: f64[%n, %n]):
        %zero = const {value = i64 0} : i64
        %p = index %a, %i, %zero : f64
        %q = index %a, %zero, %i : f64
        %s = for [%n] %p {direction = up} : f64 do {
          (%k: i64, %t: f64):
          %u = index %a, %i, %k : f64
          %v = index %a, %k, %i : f64
          %w = fma %u, %v, %t : f64
          yield %w
        }
        %b = update %a, %s, %i, %i : f64[%n, %n]
        %r = div %s, %p : f64
        %m = mul %r, %q : f64
        %c = update %b, %m, %zero, %i : f64[%n, %n]
        %z = index %c, %i, %i : f64
        %d = update %c, %z, %i, %zero : f64[%n, %n]
        yield %d
      }
      return %y
    }";
    compare(text, "f", &[5], &[array(10, &[5, 5])]);
    let text = program(text);
    assert!(!text.contains("alloc"), "{text}");
    assert_eq!(text.matches("copy").count(), 1, "{text}");
}

#[test]
fn one_loop_after_another_stays_in_place() {
    let text = "
    func @f[%n](%x: f64[%n]) -> (f64[%n]) {
      %y = for [%n] %x {direction = up} : f64[%n] do {
        (%i: i64, %a: f64[%n]):
        %p = index %a, %i : f64
        %q = sin %p : f64
        %b = update %a, %q, %i : f64[%n]
        yield %b
      }
      %z = for [%n] %y {direction = down} : f64[%n] do {
        (%j: i64, %c: f64[%n]):
        %zero = const {value = i64 0} : i64
        %r = index %c, %zero : f64
        %d = update %c, %r, %j : f64[%n]
        yield %d
      }
      return %z
    }";
    compare(text, "f", &[5], &[array(11, &[5])]);
    let text = program(text);
    assert!(!text.contains("alloc"), "{text}");
    assert_eq!(text.matches("copy").count(), 1, "{text}");
}
