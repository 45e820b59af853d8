//! What sparse derivatives cost: proportional to the entries, at two sizes, counted by the interpreter; and
//! their code does not grow with the sizes.

use super::programs::root;
use dfn::driver::{Planned, Session, optimise, plan};
use dfn_ir::loops::interp::Counts;
use dfn_ir::loops::{Interpreter, NoHost};
use dfn_ir::{FuncId, Scalar};
use dfn_tests::engines::{Value, words_in_memory};

/// An export of an example as loops with its memory planned.
fn load(program: &str, export: &str) -> (Planned, FuncId) {
    let path = root().join(format!("examples/sparse/{program}.dfn"));
    let mut session = Session::default();
    let program = session.program(&path);
    let mut program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    optimise(&mut program.module, &session.sources, None).unwrap();
    let func = program.exports.iter().find(|e| e.name == export).unwrap();
    let planned = plan(&program.module, &[func.func], &session.sources).unwrap();
    (planned, func.func)
}

/// Numbers between 1 and 2, no two the same.
fn floats(count: i64) -> Value {
    let number = |k: i64| 1.0 + (k as f64 * 0.618_033_988_749_895).fract();
    Value::f64s(&(0..count).map(number).collect::<Vec<f64>>())
}

/// Bytes, enough for all.
const WORKSPACE: usize = 1 << 23;

/// Operations, and elements loaded, stored and copied.
fn counts((planned, func): &(Planned, FuncId), mut args: Vec<Value>) -> [u64; 2] {
    let inner = &planned.functions[func];
    if inner.workspace.is_some() {
        args.push(Value::Workspace(WORKSPACE));
    }
    let (mut memory, words) = words_in_memory(&args);
    let interpreter = Interpreter::new(&planned.program);
    let mut counts = Counts::default();
    let status = interpreter.run(inner.run, &words, &mut memory, &mut NoHost, &mut counts);
    assert_eq!(status, Ok(0));
    let moved = counts.loads + counts.stores + counts.copies;
    [counts.float_ops + counts.int_ops, moved]
}

/// The counts at both sizes are at most `most` for each entry, and grow as the entries do.
fn is_proportional(found: [[u64; 2]; 2], entries: [u64; 2], most: u64) {
    println!("{found:?} for {entries:?} entries");
    let growth = entries[1] as f64 / entries[0] as f64;
    for (small, large) in found[0].iter().zip(found[1]) {
        assert!(
            *small <= most * entries[0],
            "{small} for {} entries",
            entries[0]
        );
        let grown = large as f64 / *small as f64;
        assert!(
            grown <= 1.05 * growth,
            "{small}, then {large}: more than {growth} times"
        );
    }
}

#[test]
fn the_hessian_of_rosenbrocks_function() {
    let function = load("rosenbrock", "hessian_values");
    let sizes = [1000, 4000];
    let found = sizes.map(|n: i64| {
        let entries = 3 * n - 2;
        let args = vec![integer(n), floats(n), integer(entries), floats(entries)];
        counts(&function, args)
    });
    is_proportional(found, sizes.map(|n| 3 * n as u64 - 2), 200);
}

#[test]
fn the_jacobian_of_a_discretised_equation() {
    let function = load("poisson", "jacobian_values");
    let sizes = [20, 40];
    let entries = |n: i64| 5 * n * n - 4 * n;
    let found = sizes.map(|n: i64| {
        let source = Value::Scalar(Scalar::F64(1.0));
        let args = vec![
            integer(n),
            floats(n * n),
            source,
            integer(entries(n)),
            floats(entries(n)),
        ];
        counts(&function, args)
    });
    is_proportional(found, sizes.map(|n| entries(n) as u64), 350);
}

#[test]
fn the_jacobian_of_bundle_adjustment() {
    let function = load("bundle", "jacobian_values");
    let sizes = [25, 100];
    let found = sizes.map(|p: i64| {
        // Each camera sees five points, each point is seen once.
        let (n, m) = (p / 5, p);
        let pairs = (0..p).flat_map(|k| [Scalar::I64(k % n), Scalar::I64(k)]);
        let args = vec![
            integer(n),
            integer(m),
            integer(p),
            floats(11 * n),
            floats(3 * m),
            floats(p),
            Value::Buffer(pairs.collect()),
            floats(2 * p),
            floats(26 * p),
        ];
        counts(&function, args)
    });
    is_proportional(found, sizes.map(|p| 26 * p as u64), 400);
}

fn integer(n: i64) -> Value {
    Value::Scalar(Scalar::I64(n))
}

/// A recurrence through all layers and all weights: that is said, and not taken for a dense matrix.
#[test]
fn a_pattern_that_is_not_found() {
    let path = root().join("examples/suite/lstm.dfn");
    let whole = std::fs::read_to_string(path).unwrap();
    let asked = "export fn colours[l, t, h](weights: Weights[l, h], state: f64[l, 2, h], sequence: f64[t, h]) -> i64 {
        sparsity(lstm, order = 2)(weights, state, sequence).count
    }";
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lstm.dfn");
    std::fs::write(&file, format!("{whole}\n{asked}\n")).unwrap();
    let mut session = Session::default();
    let program = session.program(&file).unwrap();
    let mut module = program.module;
    let errors = optimise(&mut module, &session.sources, None).unwrap_err();
    assert!(
        errors.iter().any(|error| error.code.to_string() == "E0553"),
        "{errors:?}"
    );
}
