//! The loop IR: text form, verifier, interpreter.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use dfn_ir::loops::interp::{Counts, Fault, Memory};
use dfn_ir::loops::{
    Builder, ForSpec, FuncId, Interpreter, Linkage, NoHost, Program, VarTy, parse, verify,
};
use dfn_ir::loops::{Host, HostValue, Ty};
use dfn_ir::scalar::{DType, Emit, Scalar};

/// One of every statement and attribute.
const EVERYTHING: &str = "\
func @\"f<f64>\"(%n: i64, %x: buffer f64 class 1 readonly align 64, %s: f32) {
  %0: i32 = const 0
  return %0
}

export func @everything(%n: i64, %x: buffer f64, %p: pointer class 2, %s: f32, %u: buffer u64) {
  %zero: i64 = const 0
  %half: f64x8 = const -0.5
  %inf: f64 = const -inf
  %nan: f32 = const nan
  %yes: bool = const true
  %big: u64 = const 18446744073709551615
  %v: f64x8 = load %x[%zero]
  %t: f64x8 = fma %v, %v, %half
  %m: boolx8 = lt %v, %t
  %any: bool = any %m
  %all: bool = all %m
  %w: f64x8 = select %m, %v, %t
  %i: i64x8 = iota
  %g: f64x8 = gather %x[%i] mask %m
  %h: f64x8 = gather %x[%i]
  %lo: f64x4 = low %g
  %hi: f64x4 = high %h
  %e: f64 = extract %lo, 3
  %sp: f64x2 = splat %e
  %c: f32x4 = convert %hi
  %b: u64x8 = bitcast %w
  store %u[%zero], %b
  %r: f64, %q: f64x2 = for %k = %zero to %n step 8 reverse parallel carry (%a: f64 = %e, %d: f64x2 = %sp) {
    %f: f64 = add %a, %a
    yield %f, %d
  }
  for %k.1 = %zero to %n {
    fill %x[%zero], %n, %r
  }
  %z: i64 = while carry (%j: i64 = %n) {
    %less: bool = lt %zero, %j
    yield %less
  } do {
    %down: i64 = sub %j, %n
    yield %down
  }
  %y: f64 = if %any rare {
    yield %r
  } else {
    yield %e
  }
  if %all {
    check %yes, 17
  }
  %tmp: buffer f64 = alloc %n
  %tmp.1: buffer f64 class 3 align 16 = alloc %n in %p at %zero
  copy %tmp[%zero] from %x[%zero], %n
  call @\"f<f64>\"(%n, %tmp, %s)
  %st: i32 = try call @\"f<f64>\"(%n, %tmp, %s)
  host \"print \\\"x\\\"\"(%y, %tmp[%n])
  %member: f64 = field %p, 16
  %inner: pointer = field %p, 8
  %array: buffer i32 = address %p, 24
  %rest: buffer i32 = advance %array, %n
  %next: pointer = advance %p, %n
  %null: bool = null %array
  %odd: bool = misaligned %inner, 8
  %own: pointer = malloc %n
  free %own
  return %st
}
";

#[test]
fn text_round_trips() {
    let text = EVERYTHING;
    let program = parse(text).unwrap();
    assert_eq!(program.to_string(), text);
    verify(&program).unwrap();
}

#[test]
fn parse_errors_name_the_place() {
    let cases = [
        (
            "func @f() { return %x }",
            "1:20: `%x` is not defined before this use",
        ),
        (
            "func @f() {\n  %x: f63 = const 1\n}",
            "2:7: expected a type, found `f63`",
        ),
        (
            "func @f(%n: i64x3) {}",
            "1:13: expected a type, found `i64x3`",
        ),
        (
            "func @f() { frobnicate }",
            "1:24: `frobnicate` is not a statement without results",
        ),
        ("func @f() {", "1:12: expected a statement, found the end"),
        (
            "func @f() { call @g() }",
            "1:18: no function `@g` stands before this one",
        ),
        (
            "func @f(%a: i64, %a: i64) {}",
            "1:18: `%a` is defined twice",
        ),
        ("func @\"f", "1:7: text without an end or with a bad escape"),
    ];
    for (text, message) in cases {
        assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
    }
    let deep = format!("func @f(%c: bool) {{ {}", "if %c { ".repeat(1_000_000));
    let error = parse(&deep).unwrap_err();
    assert!(error.message.contains("nested too deeply"), "{error}");
}

fn errors(text: &str) -> Vec<String> {
    let errors = verify(&parse(text).unwrap()).unwrap_err();
    errors.into_iter().map(|error| error.message).collect()
}

#[test]
fn the_verifier_reports_every_error() {
    let found = errors(
        "func @f(%n: i64, %x: buffer f64 readonly, %v: f64x2, %b: bool, %p: pointer) {
  %a: f64 = load %x[%b]
  %c: f64 = add %a, %n
  %d: i64 = sqrt %n
  store %x[%n], %a
  %e: f64x4 = splat %v
  %g: f64 = extract %v, 2
  check %n, 0
  if %b {
    %inner: i64 = const 1
    yield %n
  }
  for %i = %n to %a step 0 carry (%s: i64 = %a) {
    yield %b
  }
  %w: buffer f64 align 3 = alloc %n
  %leak: buffer f64 = if %b {
    %t: buffer f64 = alloc %n
    yield %t
  } else {
    yield %x
  }
}",
    );
    let wanted = [
        "the parameter %v is a vector",
        "the index %b is bool, not i64",
        "the operand %a is f64, not i64",
        "the result %c is f64, not i64",
        "sqrt is not defined on i64",
        "%x is readonly and written",
        "the operand %v is f64x2, not f64",
        "there is no lane 2 in f64x2",
        "the condition %n is i64, not bool",
        "the status of a check is 0",
        "0 values are handed on, not 1",
        "the bound %a is f64, not i64",
        "the step is not positive",
        "the value handed on, %a is f64, not i64",
        "the value handed on, %b is bool, not i64",
        "1 values are handed on, not 0",
        "the alignment of %w is not a power of two",
        "%t is yielded by its own block",
        "the body does not end in a return",
    ];
    for message in wanted {
        assert!(
            found.contains(&message.to_owned()),
            "missing {message}: {found:#?}"
        );
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn the_verifier_knows_scopes_and_calls() {
    let mut program = parse(
        "func @g(%n: i64) {
  %s: i32 = const 0
  return %s
}
func @f(%n: i64, %b: bool) {
  if %b {
    %t: i64 = const 1
  }
  call @g(%b)
  call @g()
  %s: i32 = const 0
  return %s
}",
    )
    .unwrap();
    let f = program.find("f").unwrap();
    // A use after the block of its definition, which the parser would take.
    let t = program.functions[f]
        .vars
        .iter()
        .find(|(_, data)| data.name == "t")
        .unwrap()
        .0;
    let stmt = dfn_ir::loops::Stmt::Return { status: t };
    program.functions[f].body.stmts.insert(1, stmt);
    let found: Vec<_> = verify(&program)
        .unwrap_err()
        .into_iter()
        .map(|error| error.to_string())
        .collect();
    let wanted = [
        "@f: %t is not defined before this use\n  in: return %t",
        "@f: the status %t is i64, not i32\n  in: return %t",
        "@f: the argument %b is bool, not i64\n  in: call @g(%b)",
        "@f: the callee takes 1 arguments, not 0\n  in: call @g()",
    ];
    assert_eq!(found, wanted);
}

fn run(program: &Program, name: &str, args: &[u64], memory: &mut Memory) -> Result<i32, Fault> {
    verify(program).unwrap();
    let id = program.find(name).unwrap();
    Interpreter::new(program).run(id, args, memory, &mut NoHost, &mut ())
}

fn f64s(values: &[f64]) -> Vec<Scalar> {
    values.iter().map(|&x| Scalar::F64(x)).collect()
}

#[test]
fn loops_carry_values_forwards_and_backwards() {
    let program = parse(
        "export func @f(%n: i64, %x: buffer f64, %out: buffer f64) {
  %zero: i64 = const 0
  %one: i64 = const 1
  %a: f64 = const 0.0
  %b: f64 = const 1.0
  // The two carries change places in each iteration.
  %r: f64, %q: f64 = for %i = %zero to %n step 2 carry (%c: f64 = %a, %d: f64 = %b) {
    %v: f64 = load %x[%i]
    %e: f64 = add %c, %v
    yield %d, %e
  }
  store %out[%zero], %r
  store %out[%one], %q
  %two: i64 = const 2
  %ten: f64 = const 10.0
  %s: f64 = for %j = %zero to %n step 2 reverse carry (%f: f64 = %a) {
    %w: f64 = load %x[%j]
    %g: f64 = fma %f, %ten, %w
    yield %g
  }
  store %out[%two], %s
  %ok: i32 = const 0
  return %ok
}",
    )
    .unwrap();
    let mut memory = Memory::new();
    let x = memory.alloc_scalars(&f64s(&[1.0, 9.0, 2.0, 9.0, 3.0]));
    let out = memory.alloc(24);
    assert_eq!(run(&program, "f", &[5, x, out], &mut memory), Ok(0));
    // By hand: (0,1) (1,1) (1,3) (3,4); 1 + 10 * (2 + 10 * 3).
    assert_eq!(
        memory.read(out, DType::F64, 3).unwrap(),
        f64s(&[3.0, 4.0, 321.0])
    );
}

#[test]
fn checks_calls_and_temporaries() {
    let program = parse(
        "func @inner(%n: i64, %y: buffer f64) {
  %zero: i64 = const 0
  %ten: i64 = const 10
  %fits: bool = le %n, %ten
  check %fits, 17
  %tmp: buffer f64 = alloc %n
  %c: f64 = const 2.5
  fill %tmp[%zero], %n, %c
  copy %y[%zero] from %tmp[%zero], %n
  %ok: i32 = const 0
  return %ok
}
export func @outer(%n: i64, %y: buffer f64, %catch: bool, %status: buffer i32) {
  %zero: i64 = const 0
  if %catch {
    %s: i32 = try call @inner(%n, %y)
    store %status[%zero], %s
  } else {
    call @inner(%n, %y)
  }
  %ok: i32 = const 0
  return %ok
}",
    )
    .unwrap();
    let mut memory = Memory::new();
    let y = memory.alloc(8 * 11);
    let status = memory.alloc(4);
    assert_eq!(
        run(&program, "outer", &[3, y, 0, status], &mut memory),
        Ok(0)
    );
    assert_eq!(memory.read(y, DType::F64, 3).unwrap(), f64s(&[2.5; 3]));
    assert_eq!(
        run(&program, "outer", &[11, y, 0, status], &mut memory),
        Ok(17)
    );
    assert_eq!(
        run(&program, "outer", &[11, y, 1, status], &mut memory),
        Ok(0)
    );
    assert_eq!(
        memory.read(status, DType::I32, 1).unwrap(),
        [Scalar::I32(17)]
    );
    assert_eq!(memory.live(), 2, "temporaries are given back");
}

#[test]
fn structs_pointers_and_the_arena() {
    let program = parse(
        "export func @f(%p: pointer, %ws: pointer, %out: buffer f64) {
  %zero: i64 = const 0
  %one: i64 = const 1
  %at: i64 = const 16
  %q: pointer = field %p, 8
  %bad: bool = misaligned %q, 8
  %none: bool = null %q
  %no: bool = or %bad, %none
  %good: bool = not %no
  check %good, 3
  %x: buffer f64 = address %q, 0
  %k: i32 = field %p, 0
  %v: f64 = load %x[%one]
  %kf: f64 = convert %k
  %r: f64 = mul %kf, %v
  %tmp: buffer f64 = alloc %one in %ws at %at
  store %tmp[%zero], %r
  %back: f64 = load %tmp[%zero]
  store %out[%zero], %back
  %ok: i32 = const 0
  return %ok
}",
    )
    .unwrap();
    let mut memory = Memory::new();
    let x = memory.alloc_scalars(&f64s(&[1.0, 2.5]));
    let s = memory.alloc(16);
    let ws = memory.alloc(24);
    let out = memory.alloc(8);
    assert!(memory.write(s, Scalar::I32(-4)) && memory.write(s + 8, Scalar::U64(x)));
    assert_eq!(run(&program, "f", &[s, ws, out], &mut memory), Ok(0));
    assert_eq!(memory.read(out, DType::F64, 1).unwrap(), f64s(&[-10.0]));
    assert!(memory.write(s + 8, Scalar::U64(0)));
    assert_eq!(run(&program, "f", &[s, ws, out], &mut memory), Ok(3));
    let small = memory.alloc(20);
    assert!(memory.write(s + 8, Scalar::U64(x)));
    let fault = run(&program, "f", &[s, small, out], &mut memory).unwrap_err();
    assert_eq!(fault.message, "8 bytes do not fit in the workspace");
}

#[test]
fn accesses_outside_are_faults() {
    let program = parse(
        "export func @f(%i: i64, %x: buffer f64) {
  %v: f64x2 = load %x[%i]
  %ok: i32 = const 0
  return %ok
}",
    )
    .unwrap();
    let mut memory = Memory::new();
    let x = memory.alloc_scalars(&f64s(&[1.0, 2.0, 3.0]));
    assert_eq!(run(&program, "f", &[1, x], &mut memory), Ok(0));
    let fault = run(&program, "f", &[2, x], &mut memory).unwrap_err();
    assert_eq!(fault.to_string(), "@f: elements 2 to 4 of a buffer of 3");
    let fault = run(&program, "f", &[-1_i64 as u64, x], &mut memory).unwrap_err();
    assert_eq!(fault.to_string(), "@f: elements -1 to 1 of a buffer of 3");
    let fault = run(&program, "f", &[i64::MIN as u64, x], &mut memory).unwrap_err();
    assert!(fault.message.ends_with("of a buffer of 3"));
    assert!(run(&program, "f", &[0, 0], &mut memory).is_err());
    assert!(run(&program, "f", &[0], &mut memory).is_err());
}

struct Record(Vec<(String, Vec<Scalar>)>);

impl Host for Record {
    fn call(&mut self, name: &str, args: &mut [HostValue<'_>]) -> i32 {
        let values = args.iter().flat_map(HostValue::scalars).collect();
        self.0.push((name.to_owned(), values));
        if let Some(HostValue::Buffer { bytes, .. }) = args.last_mut() {
            bytes.fill(0);
        }
        if name == "stop" { 9 } else { 0 }
    }
}

#[test]
fn the_host_gets_values_and_buffers() {
    let text = "export func @f(%n: i64, %x: buffer f32) {
  host \"print\"(%n, %x[%n])
  host \"stop\"()
  %ok: i32 = const 0
  return %ok
}";
    let program = parse(text).unwrap();
    let mut memory = Memory::new();
    let x = memory.alloc_scalars(&[Scalar::F32(1.5), Scalar::F32(-2.0)]);
    let mut host = Record(Vec::new());
    let interpreter = Interpreter::new(&program);
    let id = program.find("f").unwrap();
    let status = interpreter.run(id, &[2, x], &mut memory, &mut host, &mut ());
    assert_eq!(status, Ok(9));
    let values = vec![Scalar::I64(2), Scalar::F32(1.5), Scalar::F32(-2.0)];
    assert_eq!(
        host.0,
        [("print".to_owned(), values), ("stop".to_owned(), vec![])]
    );
    assert_eq!(
        memory.read(x, DType::F32, 2).unwrap(),
        [Scalar::F32(0.0); 2]
    );
}

/// A dot product, `lanes` at a time, built with the builder.
fn dot(lanes: u16) -> Program {
    let mut b = Builder::new("dot", Linkage::Export);
    let n = b.param("n", VarTy::Value(Ty::I64));
    let x = b.param("x", VarTy::Buffer(DType::F64));
    let out = b.param("out", VarTy::Buffer(DType::F64));
    let zero = b.index(0);
    let init = b.constant(Scalar::F64(-0.0), lanes);
    let spec = ForSpec::up(zero, n).step(i64::from(lanes));
    let sums = b.for_loop(spec, &[init], |b, i, sums| {
        let v = b.load(x, i, lanes);
        vec![b.fma(v, v, sums[0])]
    });
    let mut sum = sums[0];
    for _ in 0..lanes.trailing_zeros() {
        let low = b.half(sum, dfn_ir::loops::Half::Low);
        let high = b.half(sum, dfn_ir::loops::Half::High);
        sum = b.add(low, high);
    }
    let sum = if lanes == 1 { sums[0] } else { sum };
    b.store(out, zero, sum);
    b.ret_code(0);
    let mut program = Program::default();
    program.functions.push(b.finish());
    program
}

#[test]
fn counting_weighs_lanes() {
    for lanes in [1, 8] {
        let program = dot(lanes);
        verify(&program).unwrap();
        let mut memory = Memory::new();
        let x = memory.alloc_scalars(&f64s(&[3.0; 16]));
        let out = memory.alloc(8);
        let mut counts = Counts::default();
        let status = Interpreter::new(&program).run(
            FuncId::from_u32(0),
            &[16, x, out],
            &mut memory,
            &mut NoHost,
            &mut counts,
        );
        assert_eq!(status, Ok(0));
        assert_eq!(memory.read(out, DType::F64, 1).unwrap(), f64s(&[144.0]));
        // The fold of 8 lanes adds 4 + 2 + 1.
        let folds = u64::from(lanes) - 1;
        assert_eq!((counts.float_ops, counts.int_ops), (16 + folds, 0));
        assert_eq!((counts.loads, counts.stores, counts.copies), (16, 1, 0));
    }
}

/// The expansion `x < 0 ? (rare) -x + 1 : x * 2`.
fn expansion<E: Emit>(e: &mut E, x: E::Value) -> E::Value {
    let zero = e.f64(0.0);
    let two = e.f64(2.0);
    let negative = e.lt(x, zero);
    let common = e.mul(x, two);
    e.rare(negative, common, |e| {
        let minus = e.neg(x);
        let one = e.f64(1.0);
        e.add(minus, one)
    })
}

#[test]
fn expansions_are_emitted_for_any_number_of_lanes() {
    for lanes in [1, 2, 4] {
        let mut b = Builder::new("f", Linkage::Export);
        let x = b.param("x", VarTy::Buffer(DType::F64));
        let zero = b.index(0);
        let v = b.load(x, zero, lanes);
        let value = expansion(&mut b.lanes(lanes), v);
        b.store(x, zero, value);
        b.ret_code(0);
        let mut program = Program::default();
        program.functions.push(b.finish());
        let text = program.to_string();
        assert_eq!(parse(&text).unwrap().to_string(), text);
        let inputs = [[1.0, -3.0, 0.5, -0.0], [1.0, 2.0, 3.0, 4.0]];
        for input in inputs {
            let mut memory = Memory::new();
            let input = &input[..usize::from(lanes)];
            let x = memory.alloc_scalars(&f64s(input));
            assert_eq!(run(&program, "f", &[x], &mut memory), Ok(0));
            let mut evaluate = dfn_ir::scalar::emit::Evaluate;
            let wanted: Vec<_> = f64s(input)
                .into_iter()
                .map(|x| expansion(&mut evaluate, x))
                .collect();
            let found = memory.read(x, DType::F64, input.len()).unwrap();
            assert_eq!(found, wanted);
        }
    }
}

#[test]
fn an_advanced_buffer_keeps_its_end() {
    let program = parse(
        "export func @f(%x: buffer f64, %k: i64, %y: buffer f64) {
  %zero: i64 = const 0
  %rest: buffer f64 = advance %x, %k
  %v: f64 = load %rest[%zero]
  store %y[%zero], %v
  %status: i32 = const 0
  return %status
}",
    )
    .unwrap();
    verify(&program).unwrap();
    let interpreter = Interpreter::new(&program);
    let run = |k: u64| {
        let mut memory = Memory::new();
        let x = memory.alloc_scalars(&[Scalar::F64(1.0), Scalar::F64(2.0)]);
        let y = memory.alloc(8);
        let id = program.find("f").unwrap();
        let status = interpreter.run(id, &[x, k, y], &mut memory, &mut NoHost, &mut ());
        (status.is_ok(), memory.read(y, DType::F64, 1).unwrap())
    };
    assert_eq!(run(1), (true, vec![Scalar::F64(2.0)]));
    assert!(!run(2).0);
    assert!(!run(3).0);
}
