//! The SSA interpreter on small functions built by hand.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use dfn_ir::interp::{Array, RunError, run, run_counted};
use dfn_ir::ops::{
    AccAdd, AccNew, AccRead, Add, Check, CompareOp, Differences, Dot, For, If, Index, Map, Mul,
    Order, Print, Reduce, ReduceKind, Sin, transform::Target,
};
use dfn_ir::scalar::Compare;
use dfn_ir::{Builder, DType, FuncId, Module, Parts, Scalar, Size, Span, Type, TypeError, Value};

fn build(make: impl FnOnce(&mut Builder) -> Result<Vec<Value>, TypeError>) -> (Module, FuncId) {
    let mut b = Builder::new("f");
    let results = make(&mut b).unwrap();
    let mut module = Module::new();
    let id = module.add(b.finish(results));
    (module, id)
}

fn f64s(numbers: &[f64]) -> Array {
    Array::from(numbers)
}

fn float(x: f64) -> Array {
    Array::of(Scalar::F64(x))
}

fn vector(n: Value) -> Type {
    Type::array(DType::F64, [Size::value(n)])
}

fn parts(args: &[Value], sizes: &[Size], blocks: Vec<dfn_ir::Block>) -> Parts {
    Parts {
        args: args.iter().copied().collect(),
        sizes: sizes.iter().cloned().collect(),
        blocks,
        wanted: Vec::new(),
    }
}

/// `for i < n: acc[0] += x[i]`
fn sum_in_loop() -> (Module, FuncId) {
    build(|b| {
        let n = b.size_param("n");
        let x = b.param(vector(n), None);
        let zeros = b.fill(0.0, &vector(n))?;
        let acc = b.op(AccNew, &[zeros])?;
        b.open();
        let i = b.param(Type::scalar(DType::I64), None);
        let inner = b.param(vector(n).accumulator(), None);
        let element = b.op(Index, &[x, i])?;
        let first = b.constant(Scalar::I64(0))?;
        let inner = b.op(AccAdd, &[inner, element, first])?;
        let block = b.close(vec![inner]);
        let looped = b.emit(
            For { reverse: false },
            parts(&[acc], &[n.into()], vec![block]),
        )?;
        let acc = b.results(looped)[0];
        Ok(vec![b.op(AccRead, &[acc])?])
    })
}

#[test]
fn a_loop_adds_into_an_accumulator() {
    let (module, f) = sum_in_loop();
    let x = f64s(&[1.0, 2.0, 4.5]);
    let results = run(&module, f, &[3], &[x], &mut ()).unwrap();
    assert_eq!(results, [f64s(&[7.5, 0.0, 0.0])]);
}

#[test]
fn a_loop_that_updates_one_element_a_step_copies_nothing() {
    let (module, f) = sum_in_loop();
    let counts = |n: usize| {
        let x = f64s(&vec![1.0; n]);
        let (_, counts) = run_counted(&module, f, &[n as i64], &[x], &mut ()).unwrap();
        counts
    };
    let (small, large) = (counts(100), counts(200));
    assert_eq!(small.copies, 0);
    assert_eq!(large.copies, 0);
    assert_eq!((small.float_ops, large.float_ops), (100, 200));
    assert_eq!((small.stores, large.stores), (200, 400));
}

/// Carried arrays that are updated by element are in place, whatever loop carries them.
#[test]
fn updates_in_loops_are_in_place() {
    let loops = [
        "%y = for [%n] %x {direction = down} : f64[%n] do {
           (%i: i64, %a: f64[%n]):
           %e = index %a, %i : f64
           %d = add %e, %e : f64
           %b = update %a, %d, %i : f64[%n]
           yield %b
         }",
        "%zero = const {value = i64 0} : i64
         %y, %k, %runs = while %x, %zero : f64[%n], i64, i64 do {
           (%a: f64[%n], %i: i64):
           %end = size [%n] : i64
           %again = compare %i, %end {how = lt} : bool
           yield %again
         } else {
           (%b: f64[%n], %j: i64):
           %e = index %b, %j : f64
           %d = add %e, %e : f64
           %c = update %b, %d, %j : f64[%n]
           %one = const {value = i64 1} : i64
           %next = add %j, %one : i64
           yield %c, %next
         }",
    ];
    for text in loops {
        let source = format!(
            "func @f[%n](%u: f64[%n]) -> (f64[%n]) {{ %x = add %u, %u : f64[%n] {text} return %y }}"
        );
        let module = dfn_ir::text::parse(&source).unwrap();
        let f = module.named("f").unwrap();
        let x = f64s(&[1.0; 50]);
        let (results, counts) = run_counted(&module, f, &[50], &[x], &mut ()).unwrap();
        assert_eq!(results, [f64s(&[4.0; 50])]);
        assert_eq!(counts.copies, 0, "{text}");
    }
}

#[test]
fn maps_stack_and_add_up() {
    let (module, f) = build(|b| {
        let n = b.size_param("n");
        let x = b.param(vector(n), None);
        b.open();
        let i = b.param(Type::scalar(DType::I64), None);
        let j = b.param(Type::scalar(DType::I64), None);
        let left = b.op(Index, &[x, i])?;
        let right = b.op(Index, &[x, j])?;
        let product = b.op(Mul, &[left, right])?;
        let block = b.close(vec![product, product]);
        let op = Map {
            yields: 1,
            sums: 1,
            accs: 0,
        };
        let map = b.emit(op, parts(&[], &[n.into(), n.into()], vec![block]))?;
        Ok(b.results(map).to_vec())
    });
    let results = run(&module, f, &[2], &[f64s(&[2.0, 3.0])], &mut ()).unwrap();
    let outer = [4.0, 6.0, 6.0, 9.0].map(Scalar::F64).to_vec();
    assert_eq!(results[0], Array::new(DType::F64, &[2, 2], outer).unwrap());
    assert_eq!(results[1], float(25.0));
    let empty = run(&module, f, &[0], &[f64s(&[])], &mut ()).unwrap();
    assert_eq!(empty[1], float(0.0));
}

#[test]
fn checks_choices_and_prints() {
    let (module, f) = build(|b| {
        let x = b.param(Type::scalar(DType::F64), None);
        let zero = b.constant(Scalar::F64(0.0))?;
        let positive = b.op(CompareOp { how: Compare::Lt }, &[zero, x])?;
        b.at(Span {
            file: 1,
            start: 4,
            end: 9,
        });
        b.emit(
            Check {
                message: "x must be positive".into(),
            },
            parts(&[positive], &[], vec![]),
        )?;
        let one = b.constant(Scalar::F64(1.0))?;
        let small = b.op(CompareOp { how: Compare::Lt }, &[x, one])?;
        b.open();
        let twice = b.op(Add, &[x, x])?;
        let then = b.close(vec![twice]);
        b.open();
        let other = b.close(vec![x]);
        let choice = b.emit(If, parts(&[small], &[], vec![then, other]))?;
        let y = b.results(choice)[0];
        b.emit(
            Print {
                template: "f({}) = {}".into(),
            },
            parts(&[x, y], &[], vec![]),
        )?;
        Ok(vec![y])
    });
    let mut lines: Vec<String> = Vec::new();
    assert_eq!(
        run(&module, f, &[], &[float(0.25)], &mut lines).unwrap(),
        [float(0.5)]
    );
    assert_eq!(
        run(&module, f, &[], &[float(3.0)], &mut lines).unwrap(),
        [float(3.0)]
    );
    assert_eq!(lines, ["f(0.25) = 0.5", "f(3.0) = 3.0"]);
    let error = run(&module, f, &[], &[float(-1.0)], &mut lines).unwrap_err();
    let span = Span {
        file: 1,
        start: 4,
        end: 9,
    };
    assert_eq!(
        error,
        RunError::Check {
            message: "x must be positive".into(),
            span
        }
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let (module, f) = sum_in_loop();
    for (sizes, args) in [
        (vec![2], vec![f64s(&[1.0])]),
        (vec![], vec![f64s(&[1.0])]),
        (vec![-1], vec![f64s(&[])]),
        (vec![1], vec![Array::of(Scalar::F64(1.0))]),
        (
            vec![1],
            vec![Array::new(DType::F32, &[1], vec![Scalar::F32(1.0)]).unwrap()],
        ),
    ] {
        let result = run(&module, f, &sizes, &args, &mut ());
        assert!(matches!(result, Err(RunError::Arguments(_))), "{result:?}");
    }
}

#[test]
fn an_index_out_of_bounds_is_an_error() {
    let (module, f) = build(|b| {
        let n = b.size_param("n");
        let x = b.param(vector(n), None);
        let i = b.param(Type::scalar(DType::I64), None);
        Ok(vec![b.op(Index, &[x, i])?])
    });
    for i in [-1, 2, i64::MIN, i64::MAX] {
        let args = [f64s(&[1.0, 2.0]), Array::of(Scalar::I64(i))];
        let result = run(&module, f, &[2], &args, &mut ());
        assert!(matches!(result, Err(RunError::Fault { .. })), "{result:?}");
    }
}

/// Numbers whose sum depends on the order.
fn spread(n: usize) -> Vec<f64> {
    (0..n)
        .map(|i| ((i * 7919 % 1009) as f64 - 500.0) * 1.1f64.powi(i as i32 % 300))
        .collect()
}

/// A second writing of `lanes`, from the text of docs/reductions.md.
fn lanes(x: &[f64]) -> f64 {
    let blocks: Vec<f64> = x
        .chunks(4096)
        .map(|block| {
            let few = block.len() % 8;
            let (most, last) = block.split_at(block.len() - few);
            let full = most.len() / 32 * 32;
            let mut wide = [-0.0; 32];
            for (i, x) in most[..full].iter().enumerate() {
                wide[i % 32] += x;
            }
            for w in [16, 8] {
                for l in 0..w {
                    wide[l] += wide[l + w];
                }
            }
            for (i, x) in most[full..].iter().enumerate() {
                wide[i % 8] += x;
            }
            for w in [4, 2, 1] {
                for l in 0..w {
                    wide[l] += wide[l + w];
                }
            }
            let start = if most.is_empty() { -0.0 } else { wide[0] };
            last.iter().fold(start, |sum, x| sum + x)
        })
        .collect();
    blocks.into_iter().reduce(|a, b| a + b).unwrap_or(0.0)
}

#[test]
fn sums_are_taken_in_the_order_of_the_page() {
    for order in [Order::Any, Order::Seq, Order::Lanes] {
        let (module, f) = build(|b| {
            let n = b.size_param("n");
            let x = b.param(vector(n), None);
            let op = Reduce {
                kind: ReduceKind::Sum,
                axes: vec![0],
                order,
            };
            Ok(vec![b.op(op, &[x])?])
        });
        for n in [0, 1, 7, 8, 31, 33, 100, 4095, 4096, 4105, 9000] {
            let x = spread(n);
            let sum = run(&module, f, &[n as i64], &[f64s(&x)], &mut ()).unwrap();
            let expected = match order {
                Order::Lanes => lanes(&x),
                _ if n == 0 => 0.0,
                _ => x.iter().fold(-0.0, |sum, x| sum + x),
            };
            assert_eq!(sum, [float(expected)], "{n} {order:?}");
        }
    }
    // The test means something: the orders differ.
    assert_ne!(lanes(&spread(9000)), spread(9000).iter().sum::<f64>());
}

#[test]
fn contractions_are_fused() {
    let (module, f) = build(|b| {
        let n = b.size_param("n");
        let x = b.param(vector(n), None);
        let op = Dot {
            batch: vec![],
            contract: vec![(0, 0)],
            order: Order::Seq,
        };
        Ok(vec![b.op(op, &[x, x])?])
    });
    let x = spread(100);
    let expected = x.iter().fold(-0.0, |sum, x: &f64| x.mul_add(*x, sum));
    let dot = run(&module, f, &[100], &[f64s(&x)], &mut ()).unwrap();
    assert_eq!(dot, [float(expected)]);
    assert_eq!(
        run(&module, f, &[0], &[f64s(&[])], &mut ()).unwrap(),
        [float(0.0)]
    );
}

#[test]
fn differences_in_double_double_give_all_digits() {
    let mut module = Module::new();
    let mut b = Builder::new("f");
    let x = b.param(Type::scalar(DType::F64), None);
    let y = b.op(Sin, &[x]).unwrap();
    let y = b.op(Mul, &[y, x]).unwrap();
    let f = module.add(b.finish(vec![y]));
    let mut b = Builder::new("df");
    let x = b.param(Type::scalar(DType::F64), None);
    let dx = b.param(Type::scalar(DType::F64), None);
    let target = Target {
        func: f,
        active: vec![true],
    };
    let inst = Differences::emit(target, &mut b, &module, &[], vec![x, dx]).unwrap();
    let results = b.results(inst).to_vec();
    let df = module.add(b.finish(results));
    let result = run(&module, df, &[], &[float(0.75), float(2.0)], &mut ()).unwrap();
    // mpmath: 2 (sin(0.75) + 0.75 cos(0.75)), rounded.
    assert_eq!(result, [float(2.4608108233573995)]);
}

#[test]
fn the_lowest_index_of_the_extremum() {
    let nan = f64::NAN;
    let cases = [
        (ReduceKind::Max, [1.0, 3.0, 3.0, 2.0, 0.0, -1.0], [1, 0]),
        (ReduceKind::Min, [1.0, 3.0, 1.0, 2.0, 0.0, -1.0], [0, 2]),
        (
            ReduceKind::Max,
            [1.0, nan, nan, f64::NEG_INFINITY, -0.0, 0.0],
            [1, 1],
        ),
    ];
    for (kind, x, expected) in cases {
        let (module, f) = build(|b| {
            let matrix = [Size::constant(2), Size::constant(3)];
            let x = b.param(Type::array(DType::F64, matrix), None);
            Ok(vec![dfn_ir::ops::arg_extremum(b, kind, x, 1)?])
        });
        let x = Array::new(DType::F64, &[2, 3], x.map(Scalar::F64).to_vec()).unwrap();
        let places = run(&module, f, &[], &[x], &mut ()).unwrap();
        let expected = expected.map(Scalar::I64).to_vec();
        assert_eq!(places, [Array::new(DType::I64, &[2], expected).unwrap()]);
    }
}
