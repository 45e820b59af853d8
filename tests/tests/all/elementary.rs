//! Each elementary function on each engine, for scalars and vectors: the bits of `Elementary::evaluate`.

use dfn_ir::elementary::Elementary;
use dfn_ir::loops::{Builder, ForSpec, Linkage, Program, Ty, VarTy};
use dfn_ir::scalar::{DType, Scalar};
use dfn_tests::engines::{Engine, Ready, Value};

use crate::scalars::interesting;

const DTYPES: [DType; 2] = [DType::F64, DType::F32];

fn name(function: Elementary, dtype: DType) -> String {
    format!("{}_{dtype}", function.name())
}

/// `out[i] = f(a[i], b[i])` for `i < n`, `lanes` at a time, for each function and type.
fn program(lanes: u16) -> Program {
    let mut program = Program::default();
    for &function in Elementary::ALL {
        for dtype in DTYPES {
            let mut b = Builder::new(name(function, dtype), Linkage::Export);
            let n = b.param("n", VarTy::Value(Ty::I64));
            let args: Vec<_> = (0..function.arity())
                .map(|_| b.param("a", VarTy::Buffer(dtype)))
                .collect();
            let out = b.param("out", VarTy::Buffer(dtype));
            let zero = b.index(0);
            let spec = ForSpec::up(zero, n).step(i64::from(lanes));
            b.for_loop(spec, &[], |b, i, _| {
                let values: Vec<_> = args.iter().map(|&arg| b.load(arg, i, lanes)).collect();
                let value = function.expand(&mut b.lanes(lanes), dtype, &values);
                b.store(out, i, value);
                vec![]
            });
            b.ret_code(0);
            program.functions.push(b.finish());
        }
    }
    program
}

/// Special numbers, and numbers of every size that take the common and the rare path in one vector.
fn arguments(dtype: DType, shift: usize) -> Value {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let convert = |x: f64| match dtype {
        DType::F32 => Scalar::F32(x as f32),
        _ => Scalar::F64(x),
    };
    let mut values = interesting(dtype);
    for _ in 0..160 {
        let unit = next() as f64 / 2f64.powi(64);
        let wide = f64::from_bits(next());
        let moderate = (unit - 0.5) * 2f64.powi((next() % 12) as i32 - 2);
        values.extend([unit, wide, moderate].map(convert));
    }
    values.truncate(values.len() / 8 * 8);
    values.rotate_left(shift);
    Value::Buffer(values)
}

fn check(engine: Engine, lanes: u16) {
    let program = program(lanes);
    let ready = Ready::new(engine, &program);
    for &function in Elementary::ALL {
        for dtype in DTYPES {
            // The second argument goes through other numbers beside each first one.
            let columns: Vec<Value> = (0..function.arity())
                .map(|position| arguments(dtype, position * 37))
                .collect();
            let columns_of = |row: usize| -> Vec<Scalar> {
                let at = |column: &Value| match column {
                    Value::Buffer(values) => values[row],
                    _ => unreachable!("arguments are buffers"),
                };
                columns.iter().map(at).collect()
            };
            let Value::Buffer(first) = &columns[0] else {
                unreachable!("arguments are buffers")
            };
            let n = first.len();
            let mut args = vec![Value::size(n)];
            args.extend(columns.iter().cloned());
            args.push(Value::Buffer(vec![Scalar::zero(dtype); n]));
            let (status, buffers) = ready.run(&name(function, dtype), &args);
            assert_eq!(status, 0);
            for (row, &found) in buffers.last().unwrap().iter().enumerate() {
                let args = columns_of(row);
                let wanted = function.evaluate(dtype, &args).unwrap();
                assert_eq!(
                    found, wanted,
                    "{function} {args:?} on {engine:?} in {lanes} lanes"
                );
            }
        }
    }
}

#[test]
fn interpreter() {
    check(Engine::Interpreter, 1);
    check(Engine::Interpreter, 8);
}

#[test]
fn cranelift() {
    use dfn::backend::Level;
    check(Engine::Cranelift(Level::O0), 1);
    check(Engine::Cranelift(Level::O3), 2);
}

#[cfg(feature = "llvm")]
#[test]
fn llvm() {
    use dfn::backend::Level;
    check(Engine::Llvm(Level::O0), 1);
    check(Engine::Llvm(Level::O3), 8);
}
