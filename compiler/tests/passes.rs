//! The whole pipeline over IR text: derivatives are expanded, simplified, and verify after every pass.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use dfn::passes::Manager;
use dfn_ir::text::parse;

fn run(source: &str) -> String {
    let mut module = parse(source).unwrap();
    Manager::new(None)
        .always_verify()
        .run_all(&mut module)
        .unwrap();
    let main = module.named("main").unwrap();
    dfn_ir::text::function_to_string(module.get(main), Some(&module))
}

const LOSS: &str = "
    func @loss[%n, %d](%w: f64[%d], %b: f64, %x: f64[%n, %d], %t: f64[%n]) -> (f64) {
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
    }";

#[test]
fn value_and_gradient() {
    insta::assert_snapshot!(run(&format!(
        "{LOSS}
        func @main[%n, %d](%w: f64[%d], %b: f64, %x: f64[%n, %d], %t: f64[%n]) -> (f64, f64[%d], f64) {{
          %one = const {{value = f64 1.0}} : f64
          %v, %gw, %gb = vjp [%n, %d] %w, %b, %x, %t, %one {{func = @loss, active = [1, 1, 0, 0]}} : f64, f64[%d], f64
          return %v, %gw, %gb
        }}"
    )));
}

#[test]
fn hessian_by_columns() {
    insta::assert_snapshot!(run(&format!(
        "{LOSS}
        func @grad[%n, %d](%w: f64[%d], %b: f64, %x: f64[%n, %d], %t: f64[%n]) -> (f64[%d]) {{
          %one = const {{value = f64 1.0}} : f64
          %v, %gw = vjp [%n, %d] %w, %b, %x, %t, %one {{func = @loss, active = [1, 0, 0, 0]}} : f64, f64[%d]
          return %gw
        }}
        func @main[%n, %d](%w: f64[%d], %b: f64, %x: f64[%n, %d], %t: f64[%n]) -> (f64[%d, %d]) {{
          %h = map [%d] {{yields = 1, sums = 0, accs = 0}} : f64[%d, %d] do {{
            (%i: i64):
            %all = iota : i64[%d]
            %is = broadcast %i {{axes = []}} : i64[%d]
            %same = compare %all, %is {{how = eq}} : bool[%d]
            %e = convert %same {{to = f64}} : f64[%d]
            %g, %column = jvp [%n, %d] %w, %b, %x, %t, %e {{func = @grad, active = [1, 0, 0, 0]}} : f64[%d], f64[%d]
            yield %column
          }}
          return %h
        }}"
    )));
}

#[test]
fn gather_in_a_map() {
    insta::assert_snapshot!(run("func @f[%n, %m](%x: f64[%n], %k: i64[%m]) -> (f64) {
           %y = map [%m] {yields = 1, sums = 0, accs = 0} : f64[%m] do {
             (%i: i64):
             %j = index %k, %i : i64
             %v = index %x, %j : f64
             %e = exp %v : f64
             yield %e
           }
           %s = reduce %y {kind = sum, axes = [0]} : f64
           return %s
         }
         func @main[%n, %m](%x: f64[%n], %k: i64[%m]) -> (f64[%n]) {
           %one = const {value = f64 1.0} : f64
           %v, %g = vjp [%n, %m] %x, %k, %one {func = @f, active = [1, 0]} : f64, f64[%n]
           return %g
         }",));
}

#[test]
fn the_derivative_of_a_least_element_goes_through_it_alone() {
    // The derivative reads one exponential and adds at one place, unless several are equal.
    insta::assert_snapshot!(run("func @f[%n](%x: f64[%n]) -> (f64) {
           %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
             (%i: i64):
             %v = index %x, %i : f64
             %e = exp %v : f64
             yield %e
           }
           %s = reduce %y {kind = min, axes = [0]} : f64
           return %s
         }
         func @main[%n](%x: f64[%n]) -> (f64[%n]) {
           %one = const {value = f64 1.0} : f64
           %v, %g = vjp [%n] %x, %one {func = @f, active = [1]} : f64, f64[%n]
           return %g
         }",));
}

#[test]
fn branches_on_one_condition_are_one() {
    // What the first branch gives goes to the same arm of the second only, and is no result; a map that gives
    // one number everywhere is that number.
    let found = run(
        "func @main[%n](%x: f64[%n], %c: bool, %a: f64) -> (f64, f64[%n]) {
           %s, %y = if %c : f64, f64[%n] do {
             %t = reduce %x {kind = sum, axes = [0]} : f64
             %z = const {value = f64 0.0} : f64[%n]
             yield %t, %z
           } else {
             %e = exp %x : f64[%n]
             yield %a, %e
           }
           %b = exp %a : f64
           %same = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
             (%i: i64):
             yield %b
           }
           %r = if %c : f64[%n] do {
             %p = mul %x, %same : f64[%n]
             yield %p
           } else {
             %q = mul %y, %same : f64[%n]
             yield %q
           }
           return %s, %r
         }",
    );
    assert_eq!(found.matches(" = if ").count(), 1, "{found}");
    assert!(!found.contains("map ["), "{found}");
    assert!(!found.contains("value = f64 0.0"), "{found}");
}

#[test]
fn a_linear_branch_is_not_joined_with_one_that_is_not() {
    // As one branch all that it gave would count as linear, and what multiplies it too.
    let mut module = parse(
        "func @main[%n](%c: bool, %x: f64[%n]; lin %dx: f64[%n]) -> (f64[%n]) {
           %s = if %c : f64[%n] do {
             %e = exp %x : f64[%n]
             yield %e
           } else {
             yield %x
           }
           %d = if %c : f64[%n] do {
             %t = add %dx, %dx : f64[%n]
             yield %t
           } else {
             yield %dx
           }
           %p = scale %s, %d : f64[%n]
           return %p
         }",
    )
    .unwrap();
    let mut manager = Manager::new(None).always_verify();
    let outcome = manager.run(dfn::passes::find("simplify").unwrap(), &mut module);
    outcome.unwrap();
}

#[test]
fn a_part_that_is_made_zero_and_added_to_is_written_once() {
    let found = run("func @main[%l, %h](%x: f64[%l, 2, %h], %a: f64[%h], %b: f64[%h], %i: i64, %j: i64) -> (f64[%l, 2, %h]) {
           %zeros = const {value = f64 0.0} : f64[2, %h]
           %zero = const {value = i64 0} : i64
           %one = const {value = i64 1} : i64
           %u = update %x, %zeros, %i : f64[%l, 2, %h]
           %p = acc_new %u : acc f64[%l, 2, %h]
           %q = acc_add %p, %a, %i, %one : acc f64[%l, 2, %h]
           %r = acc_add %q, %b, %i, %zero : acc f64[%l, 2, %h]
           %s = acc_read %r : f64[%l, 2, %h]
           %w = stack %a, %b : f64[2, %h]
           %t = update %s, %w, %j : f64[%l, 2, %h]
           return %t
         }",);
    assert_eq!(found.matches(" = update ").count(), 4, "{found}");
    for gone in ["acc_", "stack", "f64 0.0"] {
        assert!(!found.contains(gone), "{found}");
    }
}

#[test]
fn a_part_that_is_made_zero_in_part_is_added_to() {
    // What is added to is not all that was made zero, or not zero any more: it stays so, or is added to.
    let text = |at: &str, index: &str| {
        format!(
            "func @main[%l, %h](%x: f64[%l, 2, %h], %a: f64[%h], %i: i64, %j: i64, %k: i64) -> (f64[%l, 2, %h]) {{
           %zeros = const {{value = f64 0.0}} : f64[2, %h]
           %u = update %x, %zeros, %i : f64[%l, 2, %h]
           %p = acc_new %u : acc f64[%l, 2, %h]
           %q = acc_add %p, %a, {at} : acc f64[%l, 2, %h]
           %r = acc_add %q, %a, {index} : acc f64[%l, 2, %h]
           %s = acc_read %r : f64[%l, 2, %h]
           return %s
         }}"
        )
    };
    let twice = run(&text("%i, %k", "%i, %k"));
    assert_eq!(twice.matches("acc_add").count(), 1, "{twice}");
    assert!(twice.contains("f64 0.0"), "{twice}");
    let elsewhere = run(&text("%j, %k", "%j, %k"));
    assert_eq!(elsewhere.matches("acc_add").count(), 2, "{elsewhere}");
}

#[test]
fn reading_stays_behind_its_check() {
    // The index is the same in all runs, but only the check says that it is in bounds.
    insta::assert_snapshot!(run("func @main[%n](%x: f64[%n], %k: i64) -> (f64) {
           %zero = const {value = f64 0.0} : f64
           %s = for [%n] %zero {direction = up} : f64 do {
             (%i: i64, %a: f64):
             %size = size [%n] : i64
             %fits = compare %k, %size {how = lt} : bool
             check %fits {message = \"index out of bounds\"}
             %v = index %x, %k : f64
             %b = add %a, %v : f64
             yield %b
           }
           return %s
         }",));
}

#[test]
fn redundant_checks_go() {
    insta::assert_snapshot!(run("func @main[%n](%x: f64[%n], %k: i64) -> (f64, f64) {
           %size = size [%n] : i64
           %one = const {value = i64 1} : i64
           %two = const {value = i64 2} : i64
           %sure = compare %one, %two {how = lt} : bool
           check %sure {message = \"never fails\"}
           %fits = compare %k, %size {how = lt} : bool
           check %fits {message = \"index out of bounds\"}
           %v = index %x, %k : f64
           %again = compare %k, %size {how = lt} : bool
           check %again {message = \"index out of bounds\"}
           %w = index %x, %k : f64
           return %v, %w
         }",));
}

#[test]
fn a_sum_over_rows_of_a_product_is_a_product_of_the_sum() {
    // The derivative in the centre: a vector times the matrix, and no second matrix product.
    let made = run("
        func @loss[%n, %d](%centre: f64[%d], %x: f64[%n, %d], %w: f64[%d, %d]) -> (f64) {
          %c = broadcast %centre {axes = [1]} : f64[%n, %d]
          %r = sub %x, %c : f64[%n, %d]
          %z = dot %r, %w {batch = [], contract = [1, 0]} : f64[%n, %d]
          %e = exp %z : f64[%n, %d]
          %sum = reduce %e {kind = sum, axes = [0, 1]} : f64
          return %sum
        }
        func @main[%n, %d](%centre: f64[%d], %x: f64[%n, %d], %w: f64[%d, %d]) -> (f64[%d]) {
          %one = const {value = f64 1.0} : f64
          %v, %g = vjp [%n, %d] %centre, %x, %w, %one {func = @loss, active = [1, 0, 0]} : f64, f64[%d]
          return %g
        }");
    insta::assert_snapshot!(made);
}

#[test]
fn both_sides_of_a_contraction_may_be_summed_early() {
    insta::assert_snapshot!(run("
        func @main[%n, %m, %k](%x: f64[%k, %n], %y: f64[%n, %m]) -> (f64[%k], f64[%m], f64) {
          %z = dot %x, %y {batch = [], contract = [1, 0]} : f64[%k, %m]
          %columns = reduce %z {kind = sum, axes = [0]} : f64[%m]
          %rows = reduce %z {kind = sum, axes = [1]} : f64[%k]
          %all = reduce %z {kind = sum, axes = [0, 1]} : f64
          return %rows, %columns, %all
        }"));
}

#[test]
fn sums_of_what_a_branch_gives_are_made_in_its_arms() {
    insta::assert_snapshot!(run("
        func @main[%n](%c: bool, %x: f64[%n], %y: f64[%n]) -> (f64) {
          %z = if %c : acc f64[%n] do {
            %e = exp %x : f64[%n]
            %a = acc_new %e : acc f64[%n]
            yield %a
          } else {
            %s = mul %x, %y : f64[%n]
            %b = acc_new %s : acc f64[%n]
            yield %b
          }
          %r = acc_read %z : f64[%n]
          %minus = neg %r : f64[%n]
          %sum = reduce %minus {kind = sum, axes = [0]} : f64
          return %sum
        }"));
}
