//! Calls, structs, pointers, the host, and what backends refuse, on each engine.

use dfn::backend::{Backend, BackendError, Level, Options, cranelift::Cranelift};
use dfn_ir::loops::{Host, HostValue};
use dfn_ir::scalar::Scalar;
use dfn_tests::engines::{Engine, Ready, Value};

use crate::loops::{f64s, program, run};

#[test]
fn calls_pass_everything_and_statuses() {
    let text = "func @inner(%a: f32, %b: bool, %n: i32, %x: buffer f32, %p: pointer) {
  %zero: i64 = const 0
  %one: i64 = const 1
  %fits: bool = not %b
  check %fits, 5
  %m: f32 = convert %n
  %r: f32 = mul %a, %m
  store %x[%zero], %r
  %k: f64 = field %p, 8
  %l: f32 = convert %k
  store %x[%one], %l
  %ok: i32 = const 0
  return %ok
}
export func @f(%a: f32, %b: bool, %n: i32, %x: buffer f32, %p: pointer, %catch: bool, %s: buffer i32) {
  %zero: i64 = const 0
  if %catch {
    %t: i32 = try call @inner(%a, %b, %n, %x, %p)
    store %s[%zero], %t
  } else {
    call @inner(%a, %b, %n, %x, %p)
  }
  %ok: i32 = const 0
  return %ok
}";
    for (b, catch) in [(false, false), (true, false), (false, true), (true, true)] {
        let args = [
            Value::Scalar(Scalar::F32(1.5)),
            Value::Scalar(Scalar::Bool(b)),
            Value::Scalar(Scalar::I32(-4)),
            Value::Buffer(vec![Scalar::F32(0.0); 2]),
            Value::Struct(16, vec![(8, Value::Scalar(Scalar::F64(0.25)))]),
            Value::Scalar(Scalar::Bool(catch)),
            Value::Buffer(vec![Scalar::I32(-1)]),
        ];
        let (status, buffers) = run(text, &args);
        assert_eq!(status, if b && !catch { 5 } else { 0 });
        let wanted = if b { [0.0, 0.0] } else { [-6.0, 0.25] };
        assert_eq!(buffers[0], wanted.map(Scalar::F32));
        let caught = match (catch, b) {
            (false, _) => -1,
            (true, true) => 5,
            (true, false) => 0,
        };
        assert_eq!(buffers[1], [Scalar::I32(caught)]);
    }
}

#[test]
fn structs_the_arena_and_malloc() {
    let text = "export func @f(%p: pointer, %ws: pointer, %out: buffer f64) {
  %zero: i64 = const 0
  %one: i64 = const 1
  %at: i64 = const 16
  %q: pointer = field %p, 8
  %none: bool = null %q
  %good: bool = not %none
  check %good, 3
  %odd: bool = misaligned %q, 8
  %even: bool = not %odd
  check %even, 4
  %x: buffer f64 class 1 readonly = address %q, 0
  %k: i32 = field %p, 0
  %flag: bool = field %p, 4
  %v: f64 = load %x[%one]
  %kf: f64 = convert %k
  %ff: f64 = convert %flag
  %r: f64 = fma %kf, %v, %ff
  %tmp: buffer f64 class 2 = alloc %one in %ws at %at
  store %tmp[%zero], %r
  %size: i64 = const 32
  %own: pointer = malloc %size
  %inner: pointer = address %own, 8
  %heap: buffer f64 = address %inner, 8
  %back: f64 = load %tmp[%zero]
  store %heap[%one], %back
  %again: f64 = load %heap[%one]
  store %out[%zero], %again
  free %own
  %ok: i32 = const 0
  return %ok
}";
    let args = |q: Value| {
        let members = vec![
            (0, Value::Scalar(Scalar::I32(-4))),
            (4, Value::Scalar(Scalar::Bool(true))),
            (8, q),
        ];
        [
            Value::Struct(16, members),
            Value::Workspace(24),
            Value::f64s(&[0.0]),
        ]
    };
    let (status, buffers) = run(text, &args(Value::f64s(&[1.0, 2.5])));
    // -4 * 2.5 + 1
    assert_eq!((status, &buffers[1]), (0, &f64s(&[-9.0])));
    assert_eq!(run(text, &args(Value::Null)).0, 3);
    let misaligned = Value::Scalar(Scalar::U64(0x1_0000_0000_0004));
    assert_eq!(run(text, &args(misaligned)).0, 4);
}

#[test]
fn addresses_advance_by_elements_or_bytes() {
    let text = "func @inner(%n: i64, %x: buffer i32, %ws: pointer) {
  %zero: i64 = const 0
  %tmp: buffer i32 = alloc %n in %ws at %zero
  for %i = %zero to %n {
    %v: i32 = load %x[%i]
    %w: i32 = add %v, %v
    store %tmp[%i], %w
  }
  copy %x[%zero] from %tmp[%zero], %n
  %ok: i32 = const 0
  return %ok
}
export func @f(%n: i64, %at: i64, %x: buffer i32, %ws: pointer) {
  %four: i64 = const 4
  %bytes: i64 = mul %at, %four
  %y: buffer i32 = advance %x, %at
  %p: pointer = advance %ws, %bytes
  call @inner(%n, %y, %p)
  %ok: i32 = const 0
  return %ok
}";
    let ints = |values: &[i32]| Value::Buffer(values.iter().map(|&x| Scalar::I32(x)).collect());
    for (n, at, wanted) in [
        (2, 1, [1, 4, 6, 4]),
        (1, 3, [1, 2, 3, 8]),
        (0, 4, [1, 2, 3, 4]),
    ] {
        let args = [
            Value::size(n),
            Value::size(at),
            ints(&[1, 2, 3, 4]),
            Value::Workspace(16),
        ];
        let (status, buffers) = run(text, &args);
        assert_eq!(
            (status, &buffers[0]),
            (0, &wanted.map(Scalar::I32).to_vec())
        );
    }
}

struct Record(Vec<(String, Vec<Scalar>)>);

impl Host for Record {
    fn call(&mut self, name: &str, args: &mut [HostValue<'_>]) -> i32 {
        let values = args.iter().flat_map(HostValue::scalars).collect();
        self.0.push((name.to_owned(), values));
        for arg in args {
            if let HostValue::Buffer { bytes, .. } = arg {
                bytes.reverse();
            }
        }
        if name == "stop" { 9 } else { 0 }
    }
}

#[test]
fn the_host_is_called() {
    let program = program(
        "export func @f(%n: i64, %x: buffer bool, %a: f32, %b: f64, %c: i32, %d: u64, %e: bool) {
  %zero: i64 = const 0
  for %i = %zero to %n {
    host \"print \u{e9}\"(%i, %x[%n], %a, %b, %c, %d, %e)
  }
  host \"stop\"()
  host \"never\"()
  %ok: i32 = const 0
  return %ok
}",
    );
    let scalars = [
        Scalar::F32(1.5),
        Scalar::F64(f64::NAN),
        Scalar::I32(-7),
        Scalar::U64(u64::MAX),
        Scalar::Bool(true),
    ];
    let mut args = vec![
        Value::size(2),
        Value::Buffer([true, false].map(Scalar::Bool).to_vec()),
    ];
    args.extend(scalars.map(Value::Scalar));
    for &engine in Engine::ALL {
        let mut host = Record(Vec::new());
        let (status, buffers) = Ready::new(engine, &program).run_with("f", &args, &mut host);
        assert_eq!(status, 9, "{engine:?}");
        let call = |i: i64, x: [bool; 2]| {
            let mut values = vec![Scalar::I64(i)];
            values.extend(x.map(Scalar::Bool));
            values.extend(scalars);
            ("print \u{e9}".to_owned(), values)
        };
        let calls = [
            call(0, [true, false]),
            call(1, [false, true]),
            ("stop".to_owned(), vec![]),
        ];
        assert_eq!(host.0, calls, "{engine:?}");
        assert_eq!(buffers[0], [true, false].map(Scalar::Bool), "{engine:?}");
    }
}

#[test]
fn what_backends_cannot_do_is_an_error() {
    let alloc = program(
        "export func @f(%n: i64) {
  %x: buffer f64 = alloc %n
  %ok: i32 = const 0
  return %ok
}",
    );
    let host = program(
        "export func @f(%n: i64) {
  host \"print\"(%n)
  %ok: i32 = const 0
  return %ok
}",
    );
    let options = Options::new(Level::O0);
    let backends: [&dyn Backend; _] = [
        &Cranelift,
        #[cfg(feature = "llvm")]
        &dfn::backend::llvm::Llvm,
    ];
    for backend in backends {
        let not_planned = BackendError::NotPlanned {
            function: "f".to_owned(),
        };
        assert_eq!(backend.object(&alloc, &options), Err(not_planned.clone()));
        assert_eq!(backend.jit(&alloc, &options).err(), Some(not_planned));
        let called = BackendError::Host {
            function: "f".to_owned(),
            name: "print".to_owned(),
        };
        assert_eq!(backend.object(&host, &options), Err(called));
        for target in ["wasm32-unknown-unknown", "pdp11-unknown-none", "nonsense"] {
            let options = Options {
                target: Some(target.to_owned()),
                ..options.clone()
            };
            let error = backend.object(
                &program("export func @g() {\n  %s: i32 = const 0\n  return %s\n}"),
                &options,
            );
            let error = error.unwrap_err().to_string();
            assert!(error.contains(target.split('-').next().unwrap()), "{error}");
        }
    }
}
