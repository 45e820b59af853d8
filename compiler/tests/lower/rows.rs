//! Rows side by side, one pass over rows that are needed twice, and maps made flat for both: the same bits
//! for every processor.

use super::products::{compare, planned};
use super::run::{array, array32, lowered, module, ordered};
use dfn::passes::lower::Machine;
use dfn::passes::{Manager, find};
use dfn_ir::interp::Array;

const ROWS: [usize; 6] = [1, 3, 8, 11, 64, 77];
const ELEMENTS: [usize; 8] = [0, 1, 5, 8, 13, 32, 45, 71];

fn check(text: &str, (n, m): (usize, usize), args: &[Array]) {
    compare(text, &[n as i64, m as i64], args);
}

#[test]
fn each_row_has_its_result() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m], %y: f64[%m]) -> (f64[%n], f64[%n], f64[%n, %m]) {
      %z = broadcast %y {axes = [1]} : f64[%n, %m]
      %d = sub %x, %z : f64[%n, %m]
      %s = mul %d, %d : f64[%n, %m]
      %a = reduce %s {kind = sum, axes = [1]} : f64[%n]
      %b = reduce %d {kind = max, axes = [1]} : f64[%n]
      return %a, %b, %d
    }";
    let narrow = text.replace("f64", "f32");
    for n in ROWS {
        for m in ELEMENTS {
            check(text, (n, m), &[array(1, &[n, m]), array(2, &[m])]);
            check(&narrow, (n, m), &[array32(1, &[n, m]), array32(2, &[m])]);
        }
    }
    check(text, (9, 4101), &[array(3, &[9, 4101]), array(4, &[4101])]);
}

#[test]
fn rows_are_added_up_in_order() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m], %y: f64[%n]) -> (f64[%m]) {
      %a = dot %y, %x {batch = [], contract = [0, 0]} : f64[%m]
      return %a
    }";
    for n in ROWS {
        for m in ELEMENTS {
            check(text, (n, m), &[array(1, &[n, m]), array(2, &[n])]);
        }
    }
}

/// A value and its gradient, both of which need all rows of `x`.
const TWICE: &str = "
    func @f[%n, %m](%x: f64[%n, %m], %w: f64[%m], %y: f64[%n]) -> (f64, f64[%m], f64[%n, %m]) {
      %z = dot %x, %w {batch = [], contract = [1, 0]} : f64[%n]
      %r = sub %z, %y : f64[%n]
      %t = tanh %r : f64[%n]
      %s = reduce %t {kind = sum, axes = [0]} : f64
      %g = dot %t, %x {batch = [], contract = [0, 0]} : f64[%m]
      %b = broadcast %r {axes = [0]} : f64[%n, %m]
      %p = mul %b, %x : f64[%n, %m]
      return %s, %g, %p
    }";

#[test]
fn one_pass_over_rows_that_are_needed_twice() {
    for n in ROWS {
        for m in ELEMENTS {
            let args = [array(1, &[n, m]), array(2, &[m]), array(3, &[n])];
            check(TWICE, (n, m), &args);
        }
    }
    let (n, m) = (4103, 3);
    let args = [array(1, &[n, m]), array(2, &[m]), array(3, &[n])];
    check(TWICE, (n, m), &args);
}

/// All loops that read `x` stand in the loops over strips of rows: none stands alone.
#[test]
fn one_pass_has_one_outermost_loop() {
    let module = ordered(&module(TWICE));
    let root = module.named("f").unwrap();
    let program = planned(&module, root, Machine::AVX512).program.to_string();
    let outermost = program.lines().filter(|line| {
        line.starts_with("  for ") || line.starts_with("  %") && line.contains(" = for ")
    });
    assert_eq!(outermost.count(), 1, "{program}");
}

#[test]
fn a_map_in_a_map_becomes_one() {
    let text = "
    func @f[%n, %m](%x: f64[%n], %y: f64[%m, %n]) -> (f64[%m], f64[%m, %n]) {
      %a, %b = map [%m] {yields = 2, sums = 0, accs = 0} : f64[%m], f64[%m, %n] do {
        (%i: i64):
        %row = index %y, %i : f64[%n]
        %s, %d = map [%n] {yields = 2, sums = 0, accs = 0} : f64[%n], f64[%n] do {
          (%j: i64):
          %p = index %x, %j : f64
          %q = index %row, %j : f64
          %e = sub %p, %q : f64
          %f = mul %e, %e : f64
          yield %f, %e
        }
        %t = reduce %s {kind = sum, axes = [0], order = any} : f64
        %u = exp %t : f64
        yield %u, %d
      }
      return %a, %b
    }";
    let before = module(text);
    let mut after = before.clone();
    let mut manager = Manager::new(None).always_verify();
    manager.run(find("flatten").unwrap(), &mut after).unwrap();
    let print = |module: &dfn_ir::Module| dfn_ir::text::module_to_string(module);
    assert!(print(&after).contains("map [%m, %n]"), "{}", print(&after));
    let root = before.named("f").unwrap();
    let sizes = [13, 21];
    let args = [array(5, &[13]), array(6, &[21, 13])];
    let run = |module: &dfn_ir::Module| {
        let module = ordered(module);
        dfn_ir::interp::run(&module, root, &sizes, &args, &mut ()).unwrap()
    };
    assert_eq!(run(&after), run(&before));
    assert!(
        !lowered(&ordered(&after), root)
            .program
            .to_string()
            .is_empty()
    );
}

/// Eight runs of a map that yields eight numbers are written row by row: no lane is taken out of a vector to be
/// stored alone.
#[test]
fn rows_of_lanes_are_written_at_once() {
    let text = "func @f[%n](%x: f64[%n]) -> (f64[%n, 9]) {
          %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n, 9] do {
            (%i: i64):
            %a = index %x, %i : f64
            %b = mul %a, %a : f64
            %c = mul %b, %a : f64
            %d = add %b, %c : f64
            %e = neg %a : f64
            %s = stack %a, %b, %c, %d, %e, %a, %b, %c, %d : f64[9]
            yield %s
          }
          return %y
        }";
    for n in [0, 1, 7, 8, 9, 16, 29] {
        compare(text, &[n as i64], &[array(7, &[n])]);
    }
    let module = ordered(&module(text));
    let root = module.named("f").unwrap();
    let program = planned(&module, root, Machine::AVX512).program.to_string();
    let shuffles = program.lines().filter(|line| line.contains(" = shuffle "));
    assert_eq!(shuffles.count(), 2 * 24, "{program}");
    let last_lane = |line: &&str| line.contains(" = extract ") && line.ends_with(", 7");
    assert_eq!(program.lines().find(last_lane), None, "{program}");
}

/// `y = e / sum(e)` needs no memory for `e`, unless `e` is read after it.
#[test]
fn a_step_lies_where_the_result_will_stand() {
    let memory = |more: &str, results: &str, types: &str| {
        let module = ordered(&module(&format!(
            "func @f[%n](%x: f64[%n]) -> ({types}) {{
              %e = exp %x : f64[%n]
              %s = reduce %e {{kind = sum, axes = [0], order = any}} : f64
              %b = broadcast %s {{axes = []}} : f64[%n]
              %y = div %e, %b : f64[%n]
              {more}
              return {results}
            }}"
        )));
        let root = module.named("f").unwrap();
        let program = planned(&module, root, Machine::AVX512).program.to_string();
        program.matches(" = alloc ").count()
    };
    assert_eq!(memory("", "%y", "f64[%n]"), 0);
    let after = "%z = mul %e, %y : f64[%n]
              %t = reduce %z {kind = sum, axes = [0], order = any} : f64";
    assert_eq!(memory(after, "%y, %t", "f64[%n], f64"), 1);
}

/// Where registers are wide and many, long chains run in two vectors at a time; the bits are those of one.
#[test]
fn long_chains_run_in_two_vectors() {
    let text = "func @f[%n](%x: f64[%n]) -> (f64[%n]) {
      %a = sigmoid %x : f64[%n]
      %b = tanh %a : f64[%n]
      %c = mul %a, %b : f64[%n]
      %d = exp %c : f64[%n]
      return %d
    }";
    for n in [0, 1, 7, 8, 9, 14, 15, 16, 17, 24, 31] {
        compare(text, &[n as i64], &[array(8, &[n])]);
    }
    let module = ordered(&module(text));
    let root = module.named("f").unwrap();
    let wide = |machine| {
        planned(&module, root, machine)
            .program
            .to_string()
            .contains("f64x16")
    };
    assert!(wide(Machine::AVX512));
    assert!(!wide(Machine::AVX2));
}

#[test]
fn what_is_added_in_place_ends_in_ever_shorter_vectors() {
    let mut steps = String::new();
    for k in 1..14 {
        steps += &format!("%t{k} = fma %t{}, %x, %y : f64[%n]\n", k - 1);
    }
    let text = format!(
        "func @f[%n](%x: f64[%n], %y: f64[%n], %k: i64) -> (f64[3, %n]) {{
           %zeros = const {{value = f64 0.0}} : f64[3, %n]
           %p = acc_new %zeros : acc f64[3, %n]
           %t0 = mul %x, %y : f64[%n]
           {steps}
           %one = const {{value = i64 1}} : i64
           %q = acc_add %p, %t13, %one : acc f64[3, %n]
           %r = acc_add %q, %t12, %k : acc f64[3, %n]
           %s = acc_read %r : f64[3, %n]
           return %s
         }}"
    );
    let narrow = text.replace("f64", "f32");
    for n in ELEMENTS {
        for k in [0, 1] {
            let at = Array::scalar(dfn_ir::DType::I64, dfn_ir::Scalar::I64(k));
            let args = [array(1, &[n]), array(2, &[n]), at.clone()];
            compare(&text, &[n as i64], &args);
            let args = [array32(1, &[n]), array32(2, &[n]), at];
            compare(&narrow, &[n as i64], &args);
        }
    }
    let module = ordered(&module(&text));
    let loops = lowered(&module, module.named("f").unwrap())
        .program
        .to_string();
    for lanes in [8, 4, 2] {
        assert!(loops.contains(&format!("f64x{lanes} = fma")), "{loops}");
    }
}

#[test]
fn whether_rows_are_long_is_asked_once_for_runs_side_by_side() {
    let text = "
    func @f[%n, %k, %d](%x: f64[%n, %d], %c: f64[%k, %d]) -> (f64[%n]) {
      %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
        (%i: i64):
        %z = map [%k, %d] {yields = 1, sums = 0, accs = 0} : f64[%k, %d] do {
          (%j: i64, %a: i64):
          %u = index %x, %i, %a : f64
          %v = index %c, %j, %a : f64
          %w = sub %u, %v : f64
          %s = mul %w, %w : f64
          yield %s
        }
        %r = reduce %z {kind = sum, axes = [1], order = lanes} : f64[%k]
        %m = reduce %r {kind = min, axes = [0], order = lanes} : f64
        yield %m
      }
      return %y
    }";
    for n in [0, 7, 8, 21] {
        for (k, d) in [(0, 3), (1, 8), (3, 7), (9, 8), (16, 21), (5, 33), (40, 2)] {
            let args = [array(1, &[n, d]), array(2, &[k, d])];
            compare(text, &[n as i64, k as i64, d as i64], &args);
        }
    }
}
