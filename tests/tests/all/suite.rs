//! The programs of the suite give what JAX gives, on every engine: values and derivatives to 1e-10.

use dfn::driver::{Session, optimise};
use dfn_benchmarks::{CASES, Case, Found, Input, SMALL, known};
use dfn_ir::interp::Array;
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{FuncId, Module};
use dfn_tests::engines::Engine;
use dfn_tests::lowered::compare;
use std::path::Path;

/// The optimised module of a program of the suite.
fn load(program: &str) -> (Module, Vec<(String, FuncId)>) {
    let path = format!("../examples/suite/{program}.dfn");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut session = Session::default();
    let program = session.program(&path);
    let mut program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    optimise(&mut program.module, &session.sources, None).unwrap();
    let exports = program.exports.iter();
    let exports = exports.map(|export| (export.name.clone(), export.func));
    (program.module, exports.collect())
}

fn array(input: &Input) -> Array {
    match input {
        Input::Number(x) => Array::of(Scalar::F64(*x)),
        Input::Integer(i) => Array::of(Scalar::I64(*i)),
        Input::Floats(sizes, x) => {
            let elements = x.iter().map(|&x| Scalar::F64(x));
            Array::new(DType::F64, sizes, elements.collect()).unwrap()
        }
        Input::Integers(sizes, x) => {
            let elements = x.iter().map(|&x| Scalar::I64(x));
            Array::new(DType::I64, sizes, elements.collect()).unwrap()
        }
    }
}

/// Runs an exported function on every engine; its results, which are the same on all.
fn run(program: &str, function: &str, sizes: &[i64], inputs: &[Input]) -> Vec<Vec<f64>> {
    let (module, exports) = load(program);
    let found = exports.iter().find(|(name, _)| name == function);
    let root = found.unwrap().1;
    let args: Vec<Array> = inputs.iter().map(array).collect();
    compare(&module, root, sizes, &args, Engine::ALL);
    let results = dfn_ir::interp::run(&module, root, sizes, &args, &mut ()).unwrap();
    let number = |x: &Scalar| match x {
        Scalar::F64(x) => *x,
        other => panic!("{other:?}"),
    };
    let numbers = |array: &Array| array.elements().iter().map(number).collect();
    results.iter().map(numbers).collect()
}

fn check(name: &str) {
    let mut cases = CASES.iter().chain(SMALL);
    let case: &Case = cases.find(|case| case.name == name).unwrap();
    let (known, inputs) = (known(name).unwrap(), case.inputs());
    let value = run(case.program, case.program, case.sizes, &inputs)[0][0];
    assert_eq!(known.refute_value(value), None);
    let mut results = run(case.program, case.derivative, case.sizes, &inputs);
    // The step of Newton's method comes alone.
    let value = match case.derivative {
        "kmeans_newton" => value,
        _ => results.remove(0)[0],
    };
    let derivative = results.concat();
    assert_eq!(known.refute(&Found { value, derivative }), None);
}

#[test]
fn tiny() {
    check("tiny");
}

#[test]
fn logistic() {
    check("logistic-n569-d30");
}

#[test]
fn gmm() {
    check("gmm-d2-k5-n1000");
}

#[test]
fn lstm() {
    check("lstm-l2-t1024-h14");
}

#[test]
fn kmeans() {
    check("kmeans-k5-n300-d4");
}

#[test]
fn newton() {
    check("newton-k5-n300-d4");
}

#[test]
fn ode() {
    check("ode-n30-s4000");
}

#[test]
fn lse() {
    check("lse-n1000");
}

/// The first and the last observation of the case: the interpreters are too slow for all.
#[test]
fn ba() {
    let case = CASES.iter().find(|case| case.program == "ba").unwrap();
    let known = known(case.name).unwrap();
    let mut inputs = case.inputs();
    for input in &mut inputs[2..] {
        *input = match input {
            Input::Floats(sizes, x) => {
                let row = x.len() / sizes[0];
                let ends = [&x[..row], &x[x.len() - row..]].concat();
                Input::Floats([&[2], &sizes[1..]].concat(), ends)
            }
            Input::Integers(_, x) => {
                Input::Integers(vec![2, 2], [&x[..2], &x[x.len() - 2..]].concat())
            }
            other => panic!("{other:?}"),
        };
    }
    let sizes = [case.sizes[0], case.sizes[1], 2];
    let errors = run("ba", "ba", &sizes, &inputs).remove(0);
    let results = run("ba", "ba_jacobian", &sizes, &inputs);
    assert_eq!(results[0], errors);
    let jacobian = &results[1];
    let largest = jacobian.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
    let tail = &jacobian[jacobian.len() - known.last.len()..];
    let pairs = jacobian.iter().zip(&known.first);
    for (found, wanted) in pairs.chain(tail.iter().zip(&known.last)) {
        let near = (found - wanted).abs() <= dfn_benchmarks::TOLERANCE * largest;
        assert!(near, "{found} instead of {wanted}");
    }
}
