//! Loops that carry numbers from place to place run in vectors: the same bits for every processor and length.

use super::products::{compare, planned};
use super::run::{array, array32, module, ordered};
use dfn::passes::lower::Machine;
use dfn::passes::{Manager, find};
use dfn_ir::Scalar;
use dfn_ir::interp::Array;

const LENGTHS: [usize; 14] = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 30, 31, 64];

/// Two numbers are carried, one of them two places; a sum is added to, and the last number is a result.
const LOOP: &str = "
    func @f[%n](%x: f64[%n], %y: f64[%n]) -> (f64[%n], f64[%n], f64) {
      %a = acc_new %y : acc f64[%n]
      %zero = const {value = f64 0.5} : f64
      %last, %u, %w, %b, %z, %t = for [%n] %zero, %zero, %zero, %a {direction = up} : f64, f64, f64, acc f64[%n], f64[%n], f64[%n] do {
        (%i: i64, %p: f64, %q: f64, %r: f64, %c: acc f64[%n]):
        %xi = index %x, %i : f64
        %s = fma %p, %xi, %zero : f64
        %d = sub %s, %r : f64
        %e = acc_add %c, %d, %i : acc f64[%n]
        %g = acc_add %e, %q, %i : acc f64[%n]
        %h = mul %d, %s : f64
        yield %xi, %s, %q, %g, %h, %q
      }
      %sum = acc_read %b : f64[%n]
      %k = add %z, %t : f64[%n]
      return %k, %sum, %last
    }";

#[test]
fn all_lengths_and_both_directions() {
    for text in [
        LOOP.to_owned(),
        LOOP.replace("direction = up", "direction = down"),
    ] {
        let narrow = text.replace("f64", "f32");
        for n in LENGTHS {
            compare(&text, &[n as i64], &[array(1, &[n]), array(2, &[n])]);
            compare(&narrow, &[n as i64], &[array32(1, &[n]), array32(2, &[n])]);
        }
    }
}

#[test]
fn what_needs_itself_runs_in_order() {
    let text = LOOP.replace("fma %p, %xi, %zero", "fma %q, %xi, %p");
    for n in [0, 1, 9, 30] {
        compare(&text, &[n as i64], &[array(1, &[n]), array(2, &[n])]);
    }
    assert!(!lowered(&text).contains("shuffle"));
    assert!(lowered(LOOP).contains("shuffle"));
}

/// The loop program of `@f`.
fn lowered(text: &str) -> String {
    let module = ordered(&module(text));
    let root = module.named("f").unwrap();
    planned(&module, root, Machine::AVX512).program.to_string()
}

/// Two stages of a step: the second reads the first at the place before.
const STAGES: &str = "
    func @f[%n](%x: f64[%n], %m: i64) -> (f64[%n]) {
      %two = const {value = f64 2.0} : f64
      %zero = const {value = i64 0} : i64
      %r = for [%m] %x {direction = up} : f64[%n] do {
        (%step: i64, %y: f64[%n]):
        %a = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
          (%i: i64):
          %first = compare %i, %zero {how = eq} : bool
          %v = if %first : f64 do {
            %x0 = index %x, %zero : f64
            yield %x0
          } else {
            %xi = index %x, %i : f64
            %before = size [-1 + %i] : i64
            %there = compare %zero, %before {how = le} : bool
            check %there {message = \"index\"}
            %yi = index %y, %before : f64
            %p = mul %xi, %yi : f64
            yield %p
          }
          yield %v
        }
        %b = add %a, %y : f64[%n]
        %c = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
          (%i2: i64):
          %first2 = compare %i2, %zero {how = eq} : bool
          %v2 = if %first2 : f64 do {
            yield %two
          } else {
            %before2 = size [-1 + %i2] : i64
            %bi = index %b, %before2 : f64
            yield %bi
          }
          yield %v2
        }
        %d = sub %c, %a : f64[%n]
        yield %d
      }
      return %r
    }";

#[test]
fn stages_leave_no_arrays() {
    let mut woven = module(STAGES);
    let mut manager = Manager::new(None);
    for pass in ["order", "weave", "simplify"] {
        manager.run(find(pass).unwrap(), &mut woven).unwrap();
    }
    let ssa = dfn_ir::text::module_to_string(&woven);
    assert_eq!(ssa.matches(" = map ").count(), 0, "{ssa}");
    assert_eq!(ssa.matches(" = for ").count(), 2, "{ssa}");
    let program = lowered(&ssa);
    // Two arrays that the steps exchange; the loops of the steps and of the whole vectors.
    assert_eq!(program.matches(" = alloc ").count(), 2, "{program}");
    assert_eq!(program.matches(" = for %").count(), 2, "{program}");
    // In each piece `x` and `y` are read once, and one array is written.
    for (lanes, loads) in [("f64x8", 2), ("f64x4", 2), ("f64x2", 2)] {
        let found = program.matches(&format!(": {lanes} = load ")).count();
        assert_eq!(found, loads, "{lanes}: {program}");
    }
    for n in LENGTHS {
        let m = Array::of(Scalar::I64(3));
        compare(&ssa, &[n as i64], &[array(1, &[n]), m]);
    }
}
