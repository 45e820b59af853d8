//! Running loop programs: control flow, memory, the host, counting, expansions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use dfn_ir::loops::interp::{Counts, Fault, Memory};
use dfn_ir::loops::{
    Builder, ForSpec, FuncId, Interpreter, Linkage, NoHost, Program, VarTy, parse, verify,
};
use dfn_ir::loops::{Host, HostValue, Ty};
use dfn_ir::scalar::{DType, Emit, Scalar};

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
