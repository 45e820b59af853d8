//! Calls on a pool of threads, in the interpreter: in order or not, with the status of each call.

#![allow(clippy::unwrap_used)]

use dfn_ir::loops::interp::Memory;
use dfn_ir::loops::{Interpreter, NoHost, Program, parse, verify};
use dfn_ir::scalar::{DType, Scalar};

const TEXT: &str = "\
func @square(%call: i64, %thread: i64, %x: buffer i64 class 1, %seen: buffer i64 class 2) {
  %0: i64 = mul %call, %call
  store %x[%call], %0
  store %seen[%call], %thread
  %1: i64 = const 3
  %2: bool = lt %call, %1
  check %2, 7
  %3: i32 = const 0
  return %3
}

export func @squares(%n: i64, %x: buffer i64 class 1, %seen: buffer i64 class 2, %pool: pointer, %statuses: buffer i32 class 3) {
  %workers: i64 = field %pool, 8
  fork @square(%x, %seen) times %n on %pool of %workers to %statuses
  %0: i32 = const 0
  return %0
}
";

fn program() -> Program {
    let program = parse(TEXT).expect("the text is right");
    assert_eq!(program.to_string(), TEXT);
    assert_eq!(verify(&program), Ok(()));
    program
}

fn run(seed: u64) -> [Vec<Scalar>; 3] {
    let program = program();
    let mut memory = Memory::new();
    let [x, seen] = [(); 2].map(|()| memory.alloc(40));
    let pool = memory.alloc_scalars(&[seed, 2, 0].map(Scalar::U64));
    let statuses = memory.alloc(20);
    let args = [5, x, seen, pool, statuses];
    let squares = program.find("squares").expect("it is there");
    let interpreter = Interpreter::new(&program);
    let status = interpreter.run(squares, &args, &mut memory, &mut NoHost, &mut ());
    assert_eq!(status, Ok(0));
    let read = |at, dtype| memory.read(at, dtype, 5).expect("there is room");
    [
        read(x, DType::I64),
        read(seen, DType::I64),
        read(statuses, DType::I32),
    ]
}

#[test]
fn every_call_is_made_and_keeps_its_status() {
    let squares = [0, 1, 4, 9, 16].map(Scalar::I64);
    let statuses = [0, 0, 0, 7, 7].map(Scalar::I32);
    let [x, threads, found] = run(0);
    assert_eq!((x, found), (squares.to_vec(), statuses.to_vec()));
    assert_eq!(threads, [0, 1, 0, 1, 0].map(Scalar::I64));
    let mixed = (1..20).map(run);
    let mut other = false;
    for [x, seen, found] in mixed {
        assert_eq!((x, found), (squares.to_vec(), statuses.to_vec()));
        other |= seen != threads;
    }
    assert!(other, "the order is never mixed");
}

#[test]
fn what_is_no_fork_is_refused() {
    for (right, wrong, message) in [
        (
            "(%x, %seen) times",
            "(%x) times",
            "the callee takes 2 arguments, not 1",
        ),
        (
            "times %n on",
            "times %x on",
            "the number of calls %x is buffer i64",
        ),
        ("on %pool of", "on %x of", "the pool %x is buffer i64"),
        ("to %statuses", "to %x", "the buffer %x is buffer i64"),
        (
            "func @square(%call: i64, %thread: i64",
            "func @square(%call: i64, %thread: f64",
            "two numbers first",
        ),
    ] {
        let program = parse(&TEXT.replacen(right, wrong, 1)).unwrap();
        let errors = verify(&program).unwrap_err();
        let text = errors.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(text.join("\n").contains(message), "{text:?}");
    }
}
