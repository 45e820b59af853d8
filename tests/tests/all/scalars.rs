//! Each row of `docs/scalars.md` on each engine: every operation on every type, on all combinations of
//! interesting operands, in 1, 2 and 8 lanes, against `scalar::eval`.

use dfn_ir::loops::{Builder, ForSpec, Linkage, Program, Ty, VarTy};
use dfn_ir::scalar::{Compare, DType, Scalar, ScalarOp, eval};
use dfn_tests::engines::{Engine, Ready, Value};

/// Numbers at which something happens.
pub(crate) fn interesting(dtype: DType) -> Vec<Scalar> {
    match dtype {
        DType::F64 => floats().into_iter().map(Scalar::F64).collect(),
        DType::F32 => floats()
            .into_iter()
            .map(|x| Scalar::F32(x as f32))
            .chain([1e-45, f32::MAX, 16_777_217.0, 0.1].map(Scalar::F32))
            .collect(),
        DType::I32 => [0, 1, -1, 2, -7, 31, 32, 33, 1 << 30, i32::MAX, i32::MIN]
            .map(Scalar::I32)
            .to_vec(),
        DType::I64 => [
            0,
            1,
            -1,
            3,
            -7,
            63,
            64,
            1 << 53,
            (1 << 53) + 1,
            i64::MAX,
            i64::MIN,
        ]
        .map(Scalar::I64)
        .to_vec(),
        DType::U32 => [
            0,
            1,
            2,
            7,
            31,
            32,
            33,
            1 << 24,
            u32::MAX - 1,
            u32::MAX,
            1 << 31,
        ]
        .map(Scalar::U32)
        .to_vec(),
        DType::U64 => [
            0,
            1,
            2,
            7,
            63,
            64,
            (1 << 53) + 1,
            // Ties and double roundings of the conversions to floats.
            (1 << 63) + 1024,
            0x8000_0080_0000_0001,
            u64::MAX - 1,
            u64::MAX,
            1 << 63,
        ]
        .map(Scalar::U64)
        .to_vec(),
        DType::Bool => [false, true].map(Scalar::Bool).to_vec(),
    }
}

fn floats() -> Vec<f64> {
    let positive = [
        0.0,
        0.5,
        1.0,
        1.5,
        2.5,
        3.0,
        0.1,
        1e-310,
        1e-320,
        2_147_483_647.5,
        4_294_967_296.0,
        9_223_372_036_854_775_808.0,
        18_446_744_073_709_551_616.0,
        1e300,
        f64::MIN_POSITIVE,
        f64::INFINITY,
        f64::NAN,
    ];
    positive.into_iter().flat_map(|x| [x, -x]).collect()
}

/// Every operation, with every parameter.
pub(crate) fn operations() -> Vec<ScalarOp> {
    let compare = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le];
    ScalarOp::SIMPLE
        .into_iter()
        .chain(compare.map(ScalarOp::Compare))
        .chain([ScalarOp::Select])
        .chain(DType::ALL.map(ScalarOp::Convert))
        .chain(DType::ALL.map(ScalarOp::Bitcast))
        .collect()
}

/// A row: an operation on a type.
pub(crate) struct Case {
    name: String,
    op: ScalarOp,
    operands: Vec<DType>,
    result: DType,
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in operations() {
        for dtype in DType::ALL {
            let Some(result) = op.result(dtype) else {
                continue;
            };
            let mut operands = vec![dtype; op.arity()];
            if op == ScalarOp::Select {
                operands[0] = DType::Bool;
            }
            cases.push(Case {
                name: format!("f{}", cases.len()),
                op,
                operands,
                result,
            });
        }
    }
    cases
}

/// `out[i] = op(a[i], b[i], c[i])` for `i < n`, `lanes` at a time.
pub(crate) fn program(cases: &[Case], lanes: u16) -> Program {
    let mut program = Program::default();
    for case in cases {
        let mut b = Builder::new(&case.name, Linkage::Export);
        let n = b.param("n", VarTy::Value(Ty::I64));
        let args: Vec<_> = case
            .operands
            .iter()
            .map(|&dtype| b.param("a", VarTy::Buffer(dtype)))
            .collect();
        let out = b.param("out", VarTy::Buffer(case.result));
        let zero = b.index(0);
        let spec = ForSpec::up(zero, n).step(i64::from(lanes));
        b.for_loop(spec, &[], |b, i, _| {
            let values: Vec<_> = args.iter().map(|&arg| b.load(arg, i, lanes)).collect();
            let value = b.op(case.op, &values);
            b.store(out, i, value);
            vec![]
        });
        b.ret_code(0);
        program.functions.push(b.finish());
    }
    program
}

/// All combinations of the operands' interesting numbers, one list for each operand; their number is a
/// multiple of 8.
fn combinations(case: &Case) -> Vec<Vec<Scalar>> {
    let mut rows: Vec<Vec<Scalar>> = vec![vec![]];
    for &dtype in &case.operands {
        let extend = |row: &Vec<Scalar>| {
            let row = row.clone();
            interesting(dtype)
                .into_iter()
                .map(move |x| [row.clone(), vec![x]].concat())
        };
        rows = rows.iter().flat_map(extend).collect();
    }
    while !rows.len().is_multiple_of(8) {
        rows.push(rows[0].clone());
    }
    (0..case.operands.len())
        .map(|operand| rows.iter().map(|row| row[operand]).collect())
        .collect()
}

fn check(engine: Engine, lanes: u16) {
    let cases = cases();
    let program = program(&cases, lanes);
    let ready = Ready::new(engine, &program);
    for case in &cases {
        let columns = combinations(case);
        let n = columns[0].len();
        let mut args = vec![Value::size(n)];
        args.extend(columns.iter().cloned().map(Value::Buffer));
        args.push(Value::Buffer(vec![Scalar::zero(case.result); n]));
        let (status, buffers) = ready.run(&case.name, &args);
        assert_eq!(status, 0);
        let out = buffers.last().unwrap();
        for (row, &found) in out.iter().enumerate() {
            let operands: Vec<_> = columns.iter().map(|column| column[row]).collect();
            let wanted = eval(case.op, &operands).unwrap();
            let op = case.op;
            assert_eq!(
                found, wanted,
                "{op:?} {operands:?} on {engine:?} in {lanes} lanes"
            );
        }
    }
}

#[test]
fn interpreter() {
    for lanes in [1, 2, 8] {
        check(Engine::Interpreter, lanes);
    }
}

#[test]
fn cranelift() {
    use dfn::backend::Level;
    for lanes in [1, 2, 8] {
        check(Engine::Cranelift(Level::O0), lanes);
    }
    for lanes in [1, 8] {
        check(Engine::Cranelift(Level::O3), lanes);
    }
}

#[cfg(feature = "llvm")]
#[test]
fn llvm() {
    use dfn::backend::Level;
    for lanes in [1, 2, 8] {
        check(Engine::Llvm(Level::O0), lanes);
    }
    for lanes in [1, 2, 8] {
        check(Engine::Llvm(Level::O3), lanes);
    }
}
