//! One row that meets each row of an array: eight rows at a time where rows are short, the same bits for every
//! processor.

use super::products::compare;
use super::run::{array, array32, lowered, module};
use dfn_ir::interp::Array;

const ROWS: [usize; 7] = [0, 1, 7, 8, 9, 16, 43];
const ELEMENTS: [usize; 11] = [0, 1, 2, 3, 7, 8, 10, 17, 31, 32, 45];

fn check(text: &str, (n, m): (usize, usize), args: &[Array]) {
    compare(text, &[n as i64, m as i64], args);
}

/// `x - y` for each row of `x`, and what is computed from it in the same loop.
const CENTRED: &str = "
    func @f[%n, %m](%x: f64[%n, %m], %y: f64[%m], %w: f64[%m]) -> (f64[%n, %m], f64[%n, %m]) {
      %a = broadcast %y {axes = [1]} : f64[%n, %m]
      %b = broadcast %w {axes = [1]} : f64[%n, %m]
      %d = sub %x, %a : f64[%n, %m]
      %s = mul %d, %b : f64[%n, %m]
      return %d, %s
    }";

#[test]
fn each_row_meets_the_row() {
    let narrow = CENTRED.replace("f64", "f32");
    for n in ROWS {
        for m in ELEMENTS {
            let args = [array(1, &[n, m]), array(2, &[m]), array(3, &[m])];
            check(CENTRED, (n, m), &args);
            let args = [array32(1, &[n, m]), array32(2, &[m]), array32(3, &[m])];
            check(&narrow, (n, m), &args);
        }
    }
}

#[test]
fn a_row_may_be_part_of_an_array_and_have_two_axes() {
    let text = "
    func @f[%n, %m](%x: f64[%n, %m, 3], %y: f64[%n, %m, 3]) -> (f64[%n, %m, 3]) {
      %zero = const {value = i64 0} : i64
      %one = const {value = i64 1} : i64
      %last = sub %n, %one : i64
      %k = max %last, %zero : i64
      %r = index %y, %k : f64[%m, 3]
      %b = broadcast %r {axes = [1, 2]} : f64[%n, %m, 3]
      %d = div %x, %b : f64[%n, %m, 3]
      return %d
    }";
    for n in [1, 2, 8, 9, 20] {
        for m in [0, 1, 2, 5, 10, 11, 15] {
            check(text, (n, m), &[array(1, &[n, m, 3]), array(2, &[n, m, 3])]);
        }
    }
}

/// How often the row is written anew.
fn wheels(text: &str) -> usize {
    let module = module(text);
    let root = module.named("f").unwrap();
    let program = lowered(&module, root).program.to_string();
    program.matches("%wheel").count()
}

#[test]
fn rows_that_fill_vectors_and_rows_of_changing_kind_run_as_they_are() {
    assert!(wheels(CENTRED) > 0);
    for known in ["8", "24", "32", "100"] {
        let text = CENTRED
            .replace("[%n, %m](", "[%n](")
            .replace("%m]", &format!("{known}]"));
        assert_eq!(wheels(&text), 0, "{known}");
    }
    assert!(wheels(&CENTRED.replace("[%n, %m](", "[%n](").replace("%m]", "10]")) > 0);
    // One value for each row: no row is repeated.
    let text = "
    func @f[%n, %m](%x: f64[%n, %m], %y: f64[%n], %w: f64[%m]) -> (f64[%n, %m]) {
      %a = broadcast %y {axes = [0]} : f64[%n, %m]
      %b = broadcast %w {axes = [1]} : f64[%n, %m]
      %d = sub %x, %a : f64[%n, %m]
      %s = mul %d, %b : f64[%n, %m]
      return %s
    }";
    assert_eq!(wheels(text), 0);
    for (n, m) in [(9, 3), (20, 10)] {
        check(
            text,
            (n, m),
            &[array(1, &[n, m]), array(2, &[n]), array(3, &[m])],
        );
    }
}
