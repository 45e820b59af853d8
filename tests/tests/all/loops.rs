//! Statements of the loop IR on each engine: one outcome, known by hand.

use dfn_ir::loops::{Program, parse};
use dfn_ir::scalar::{DType, Scalar};
use dfn_tests::engines::{Outcome, Value, run_everywhere};

pub(crate) fn program(text: &str) -> Program {
    parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A function on all engines: the status and the first buffer.
pub(crate) fn run(text: &str, args: &[Value]) -> Outcome {
    let program = program(text);
    let name = &program.functions.values().last().unwrap().name;
    run_everywhere(&program, name, args)
}

pub(crate) fn f64s(values: &[f64]) -> Vec<Scalar> {
    values.iter().map(|&x| Scalar::F64(x)).collect()
}

fn i64s(values: &[i64]) -> Vec<Scalar> {
    values.iter().map(|&x| Scalar::I64(x)).collect()
}

#[test]
fn loops_visit_the_same_counters_in_both_directions() {
    let text = |reverse: &str, step: i64| {
        format!(
            "export func @f(%lo: i64, %hi: i64, %out: buffer i64, %len: buffer i64) {{
  %zero: i64 = const 0
  %one: i64 = const 1
  %n: i64 = for %i = %lo to %hi step {step}{reverse} carry (%k: i64 = %zero) {{
    store %out[%k], %i
    %next: i64 = add %k, %one
    yield %next
  }}
  store %len[%zero], %n
  %ok: i32 = const 0
  return %ok
}}"
        )
    };
    for step in [1, 2, 3, 8] {
        for (lo, hi) in [
            (0, 0),
            (0, 1),
            (3, 2),
            (-3, 5),
            (0, 8),
            (1, 8),
            (5, 6),
            (2, -40),
        ] {
            let mut counters: Vec<i64> = (lo..hi).step_by(step as usize).collect();
            for reverse in ["", " reverse"] {
                let args = [
                    Value::Scalar(Scalar::I64(lo)),
                    Value::Scalar(Scalar::I64(hi)),
                    Value::Buffer(i64s(&[99; 10])),
                    Value::Buffer(i64s(&[99])),
                ];
                let (status, buffers) = run(&text(reverse, step), &args);
                assert_eq!(status, 0);
                let len = counters.len();
                assert_eq!(buffers[1], i64s(&[len as i64]), "{lo} {hi} {step}{reverse}");
                assert_eq!(
                    buffers[0][..len],
                    i64s(&counters),
                    "{lo} {hi} {step}{reverse}"
                );
                counters.reverse();
            }
        }
    }
}

#[test]
fn carries_may_change_places_and_be_buffers() {
    // Two buffers change places in each step; b[i] = a[i] + 1.
    let text = "export func @f(%n: i64, %x: buffer f64, %y: buffer f64, %r: buffer f64) {
  %zero: i64 = const 0
  %one: f64 = const 1.0
  %a: buffer f64, %b: buffer f64 = for %i = %zero to %n carry (%c: buffer f64 = %x, %d: buffer f64 = %y) {
    %v: f64 = load %c[%zero]
    %w: f64 = add %v, %one
    store %d[%zero], %w
    yield %d, %c
  }
  %v.1: f64 = load %a[%zero]
  store %r[%zero], %v.1
  %ok: i32 = const 0
  return %ok
}";
    for n in [0, 1, 5] {
        let args = [
            Value::size(n),
            Value::f64s(&[10.0]),
            Value::f64s(&[0.5]),
            Value::f64s(&[0.0]),
        ];
        let (status, buffers) = run(text, &args);
        assert_eq!((status, &buffers[2]), (0, &f64s(&[10.0 + n as f64])));
    }
}

#[test]
fn whiles_nest_and_return_from_inside() {
    // The number of Collatz steps of each number from 1 to n; a number above the limit ends with 7.
    let text = "export func @f(%n: i64, %limit: i64, %out: buffer i64) {
  %zero: i64 = const 0
  %one: i64 = const 1
  %two: i64 = const 2
  %three: i64 = const 3
  for %i = %zero to %n {
    %start: i64 = add %i, %one
    %x: i64, %steps: i64 = while carry (%v: i64 = %start, %k: i64 = %zero) {
      %more: bool = ne %v, %one
      yield %more
    } do {
      %fits: bool = le %v, %limit
      check %fits, 7
      %odd: i64 = rem %v, %two
      %is_odd: bool = eq %odd, %one
      %next: i64 = if %is_odd rare {
        %t: i64 = mul %v, %three
        %u: i64 = add %t, %one
        yield %u
      } else {
        %h: i64 = div %v, %two
        yield %h
      }
      %m: i64 = add %k, %one
      yield %next, %m
    }
    store %out[%i], %steps
  }
  %ok: i32 = const 0
  return %ok
}";
    let args = |limit| {
        [
            Value::size(10),
            Value::size(limit),
            Value::Buffer(i64s(&[-1; 10])),
        ]
    };
    // OEIS A006577.
    let steps = i64s(&[0, 1, 7, 2, 5, 8, 16, 3, 19, 6]);
    assert_eq!(run(text, &args(100)), (0, vec![steps]));
    let (status, buffers) = run(text, &args(20));
    assert_eq!(status, 7);
    // 7 reaches 22.
    assert_eq!(buffers[0], i64s(&[0, 1, 7, 2, 5, 8, -1, -1, -1, -1]));
}

#[test]
fn vectors_fold_gather_and_mask() {
    let text = "export func @f(%x: buffer f64, %j: buffer i64, %b: buffer bool, %out: buffer f64, %mask: buffer bool) {
  %zero: i64 = const 0
  %eight: i64 = const 8
  %v: f64x8 = load %x[%zero]
  %m: boolx8 = load %b[%zero]
  %i: i64x8 = load %j[%zero]
  %g: f64x8 = gather %x[%i] mask %m
  store %out[%zero], %g
  %h: f64x8 = gather %x[%i.1]
  store %out[%eight], %h
  %l: f64x4 = low %v
  %u: f64x4 = high %v
  %s: f64x4 = sub %u, %l
  %l2: f64x2 = low %s
  %u2: f64x2 = high %s
  %s2: f64x2 = mul %l2, %u2
  %a: f64 = low %s2
  %c: f64 = extract %s2, 1
  %k: i64 = const 16
  store %out[%k], %a
  %k1: i64 = const 17
  store %out[%k1], %c
  %any: bool = any %m
  %all: bool = all %m
  %both: boolx2 = splat %any
  store %mask[%zero], %both
  %two: i64 = const 2
  store %mask[%two], %all
  %three: i64 = const 3
  %ok: i32 = const 0
  return %ok
}";
    // Every index is in range for the gather without a mask; the lanes not set are far outside.
    let text = text.replace("  %i: i64x8 =", "  %i.1: i64x8 = iota\n  %i: i64x8 =");
    let x = [1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0];
    let masks = [
        [true, false, true, false, true, false, false, true],
        [false; 8],
        [true; 8],
    ];
    for mask in masks {
        let indices = [7, 6, 5, 4, 3, 2, 1, 0].map(|i: i64| i);
        let mut far = indices;
        for (index, set) in far.iter_mut().zip(mask) {
            if !set {
                *index = i64::MAX / 16;
            }
        }
        let args = [
            Value::f64s(&x),
            Value::Buffer(i64s(&far)),
            Value::Buffer(mask.map(Scalar::Bool).to_vec()),
            Value::f64s(&[9.0; 18]),
            Value::Buffer(vec![Scalar::Bool(false); 3]),
        ];
        let (status, buffers) = run(&text, &args);
        assert_eq!(status, 0);
        let mut wanted: Vec<f64> = indices
            .iter()
            .zip(mask)
            .map(|(&i, set)| if set { x[i as usize] } else { 0.0 })
            .collect();
        wanted.extend(x);
        // (10-1)*(30-3), (20-2)*(40-4)
        wanted.extend([243.0, 648.0]);
        assert_eq!(buffers[3], f64s(&wanted));
        let any = mask.contains(&true);
        let all = !mask.contains(&false);
        assert_eq!(buffers[4], [any, any, all].map(Scalar::Bool));
    }
}

#[test]
fn ranges_are_filled_and_copied() {
    for (dtype, value) in [
        (DType::F64, Scalar::F64(-1.5)),
        (DType::F32, Scalar::F32(2.5)),
        (DType::I32, Scalar::I32(-7)),
        (DType::Bool, Scalar::Bool(true)),
    ] {
        let text = format!(
            "export func @f(%at: i64, %n: i64, %v: {dtype}, %x: buffer {dtype}, %y: buffer {dtype}) {{
  fill %x[%at], %n, %v
  %one: i64 = const 1
  copy %y[%one] from %x[%at], %n
  %ok: i32 = const 0
  return %ok
}}"
        );
        for n in [-3_i64, 0, 1, 5] {
            let zeros = vec![Scalar::zero(dtype); 9];
            let args = [
                Value::size(3),
                Value::Scalar(Scalar::I64(n)),
                Value::Scalar(value),
                Value::Buffer(zeros.clone()),
                Value::Buffer(zeros.clone()),
            ];
            let n = n.max(0) as usize;
            let (status, buffers) = run(&text, &args);
            let expect = |start: usize| {
                let mut wanted = zeros.clone();
                wanted[start..start + n].fill(value);
                wanted
            };
            assert_eq!(
                (status, buffers),
                (0, vec![expect(3), expect(1)]),
                "{dtype} {n}"
            );
        }
    }
}
