//! Long blocks, whose values wait on the stack between stretches: every engine gives the same outcome, and
//! the one that is known by hand.

use std::fmt::Write;

use dfn_ir::scalar::Scalar;
use dfn_tests::engines::Value;

use crate::loops::{f64s, run};

/// More than a backend leaves in one stretch.
const CHOICES: usize = 600;

/// Choices that add `step` to `%a0` each, if `%go` holds: numbered from `from` to `to`.
fn choices(text: &mut String, from: usize, to: usize, step: &str) {
    for k in from..to {
        let next = k + 1;
        let _ = writeln!(
            text,
            "  %a{next}: f64 = if %go {{
    %b{next}: f64 = add %a{k}, {step}
    yield %b{next}
  }} else {{
    yield %a{k}
  }}"
        );
    }
}

/// What is defined at the start and needed at the end: numbers, truth values, vectors, addresses.
#[test]
fn everything_waits() {
    let mut text = String::from(
        "export func @f(%x: buffer f64, %p: pointer, %step: f64, %go: bool) {
  %zero: i64 = const 0
  %a0: f64 = const 0.0
  %v: f64x8 = load %x[%zero]
  %small: f64x8 = const 3.5
  %mask: boolx8 = lt %v, %small
  %any: bool = any %mask
  %three: i64 = const 3
  %four: i64 = const 4
  %tail: buffer f64 = advance %x, %three
  %narrow: f32x4 = const 0.25
  %inner: buffer f64 = address %p, 8
",
    );
    choices(&mut text, 0, CHOICES, "%step");
    let _ = write!(
        text,
        "  %late: f64 = load %tail[%zero]
  %kept: f64x8 = select %mask, %v, %small
  %sum: f64 = if %any {{
    %c: f64 = add %late, %a{CHOICES}
    yield %c
  }} else {{
    yield %step
  }}
  %wide: f64x4 = convert %narrow
  %low: f64x4 = low %kept
  %both: f64x4 = add %low, %wide
  store %x[%zero], %both
  store %tail[%three], %sum
  store %inner[%zero], %late
  %back: f64 = load %inner[%zero]
  store %x[%four], %back
  %ok: i32 = const 0
  return %ok
}}"
    );
    for (go, sum) in [(true, 4.0 + 1200.0), (false, 4.0)] {
        let args = [
            Value::Buffer(f64s(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])),
            Value::Workspace(64),
            Value::Scalar(Scalar::F64(2.0)),
            Value::Scalar(Scalar::Bool(go)),
        ];
        let (status, buffers) = run(&text, &args);
        assert_eq!(status, 0);
        let expected = [1.25, 2.25, 3.25, 3.75, 4.0, 6.0, sum, 8.0];
        assert_eq!(buffers[0], f64s(&expected));
    }
}

/// The body of a loop is long: what it carries, and what stands outside, is there in each run.
#[test]
fn bodies_of_loops_are_cut() {
    let mut text = String::from(
        "export func @f(%out: buffer f64, %n: i64, %go: bool) {
  %zero: i64 = const 0
  %start: f64 = const 0.0
  %one: f64 = const 1.0
  %twice: f64 = add %one, %one
  %end: f64 = for %i = %zero to %n carry (%a0: f64 = %start) {
  %index: f64 = convert %i
",
    );
    choices(&mut text, 0, CHOICES, "%twice");
    let _ = write!(
        text,
        "  %more: f64 = add %a{CHOICES}, %index
    yield %more
  }}
  %all: f64 = mul %end, %twice
  store %out[%zero], %all
  %ok: i32 = const 0
  return %ok
}}"
    );
    let args = [
        Value::Buffer(f64s(&[0.0])),
        Value::Scalar(Scalar::I64(3)),
        Value::Scalar(Scalar::Bool(true)),
    ];
    let (status, buffers) = run(&text, &args);
    assert_eq!(status, 0);
    // Twice three runs of 1200, and 0 + 1 + 2.
    assert_eq!(buffers[0], f64s(&[2.0 * (3.0 * 1200.0 + 3.0)]));
}
