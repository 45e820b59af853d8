//! What the programs of the suite cost, without a clock: operations and memory as the interpreter counts
//! them, loops of the code, bytes of workspace. None may exceed its budget in `tests/budgets.txt`.
//!
//! `DFN_BUDGETS=write` writes the file anew, with a third more than what is found, so that small changes of
//! schedules pass; what has become more expensive needs a reason.

use dfn::cost::{Atom, Costs, Poly};
use dfn::driver::{Planned, Session, optimise_for, plan};
use dfn_ir::FuncId;
use dfn_ir::loops::interp::Counts;
use dfn_ir::loops::{Interpreter, NoHost};
use dfn_tests::engines::{Value, words_in_memory};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Program, sizes, inputs: `*` and sizes for an array of numbers, an integer for an integer.
type Sizes = &'static [i64];

/// An argument after the sizes, or a result.
#[derive(Clone, Copy)]
enum Arg {
    /// An array of `f64` that is given, of this many elements.
    In(usize),
    /// A number.
    Number(f64),
    /// An integer.
    Integer(i64),
    /// Pairs of integers, all zero.
    Zeros(usize),
    /// An array that is written.
    Out(usize),
}
use Arg::{In, Integer, Number, Out, Zeros};

/// The functions at sizes that strips of vectors divide, so that formulas are exact up to rounding.
const FUNCTIONS: &[(&str, &str, Sizes, &[Arg])] = &[
    ("tiny", "tiny", &[], &[In(3), Number(0.1), Out(1)]),
    (
        "tiny",
        "tiny_grad",
        &[],
        &[In(3), Number(0.1), Out(1), Out(3), Out(1)],
    ),
    (
        "logistic",
        "logistic",
        &[256, 32],
        &[In(32), Number(0.1), In(8192), In(256), Out(1)],
    ),
    (
        "logistic",
        "logistic_grad",
        &[256, 32],
        &[
            In(32),
            Number(0.1),
            In(8192),
            In(256),
            Out(1),
            Out(32),
            Out(1),
        ],
    ),
    ("lse", "lse", &[4096], &[In(4096), Out(1)]),
    ("lse", "lse_grad", &[4096], &[In(4096), Out(1), Out(4096)]),
    (
        "kmeans",
        "kmeans",
        &[256, 16, 8],
        &[In(128), In(2048), Out(1)],
    ),
    (
        "kmeans",
        "kmeans_grad",
        &[256, 16, 8],
        &[In(128), In(2048), Out(1), Out(128)],
    ),
    (
        "kmeans",
        "kmeans_newton",
        &[256, 16, 8],
        &[In(128), In(2048), Out(128)],
    ),
    ("ode", "ode", &[32], &[In(32), Integer(64), Out(1)]),
    (
        "ode",
        "ode_grad",
        &[32],
        &[In(32), Integer(64), Out(1), Out(32)],
    ),
    (
        "gmm",
        "gmm",
        &[64, 8, 8, 28],
        &[In(8), In(64), In(64), In(224), In(512), Out(1)],
    ),
    (
        "gmm",
        "gmm_grad",
        &[64, 8, 8, 28],
        &[
            In(8),
            In(64),
            In(64),
            In(224),
            In(512),
            Out(1),
            Out(8),
            Out(64),
            Out(64),
            Out(224),
        ],
    ),
    (
        "lstm",
        "lstm",
        &[2, 32, 16],
        &[In(256), In(48), In(64), In(512), Out(1)],
    ),
    (
        "lstm",
        "lstm_grad",
        &[2, 32, 16],
        &[In(256), In(48), In(64), In(512), Out(1), Out(256), Out(48)],
    ),
    (
        "ba",
        "ba",
        &[1, 1, 64],
        &[In(11), In(3), In(64), Zeros(128), In(128), Out(128)],
    ),
    (
        "ba",
        "ba_jacobian",
        &[1, 1, 64],
        &[
            In(11),
            In(3),
            In(64),
            Zeros(128),
            In(128),
            Out(128),
            Out(1920),
        ],
    ),
];

fn planned(program: &str) -> (Planned, BTreeMap<String, FuncId>) {
    let path = format!("../examples/suite/{program}.dfn");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut session = Session::default();
    let program = session.program(&path);
    let mut program = program.unwrap_or_else(|| panic!("{:?}", session.diagnostics));
    let exports = program.exports.iter();
    let exports: BTreeMap<_, _> = exports.map(|e| (e.name.clone(), e.func)).collect();
    let roots: Vec<FuncId> = exports.values().copied().collect();
    optimise_for(&mut program.module, &roots, &session.sources).unwrap();
    let planned = plan(&program.module, &roots, &session.sources).unwrap();
    (planned, exports)
}

fn value(arg: Arg) -> Value {
    // No number is special, and no two are the same.
    let number = |k: usize| 0.1 + (k as f64 * 0.618_033_988_749_895).fract();
    match arg {
        In(n) => Value::f64s(&(0..n).map(number).collect::<Vec<f64>>()),
        Number(x) => Value::Scalar(dfn_ir::Scalar::F64(x)),
        Integer(i) => Value::Scalar(dfn_ir::Scalar::I64(i)),
        Zeros(n) => Value::Buffer(vec![dfn_ir::Scalar::I64(0); n]),
        Out(n) => Value::f64s(&vec![0.0; n]),
    }
}

/// What a function of the suite costs: counted, and by the formulas of the report.
struct Measured {
    counted: Counts,
    formula: [f64; 2],
    loops: usize,
    workspace: f64,
}

fn measure(planned: &Planned, func: FuncId, sizes: Sizes, args: &[Arg]) -> Measured {
    let inner = &planned.functions[&func];
    let costs = Costs::of(&planned.program, &planned.temporaries);
    let cost = costs.get(inner.run).unwrap();
    // Sizes come first; an integer among the inputs has its own place.
    let mut numbers: Vec<f64> = sizes.iter().map(|&n| n as f64).collect();
    numbers.extend(args.iter().map(|arg| match arg {
        Integer(i) => *i as f64,
        _ => f64::NAN,
    }));
    let integers: Vec<f64> = numbers.iter().copied().filter(|x| !x.is_nan()).collect();
    let at = |poly: &Poly, numbers: &[f64]| {
        poly.evaluate(&|atom| match atom {
            Atom::Param(k) => numbers[k],
            _ => 1.0,
        })
    };
    let workspace = inner.workspace.and_then(|measure| costs.workspace(measure));
    let workspace = workspace.map_or(0.0, |poly| at(poly, &integers));
    let counts = &cost.counts;
    let bytes = at(&counts.read, &numbers) + at(&counts.written, &numbers);
    Measured {
        counted: count(planned, func, sizes, args, workspace),
        formula: [at(&counts.operations, &numbers), bytes],
        loops: cost.loops,
        workspace,
    }
}

/// Runs it in the interpreter.
fn count(planned: &Planned, func: FuncId, sizes: Sizes, args: &[Arg], workspace: f64) -> Counts {
    let inner = &planned.functions[&func];
    let sizes = sizes.iter().map(|&n| Value::size(n as usize));
    let mut values: Vec<Value> = sizes.chain(args.iter().map(|&arg| value(arg))).collect();
    if inner.workspace.is_some() {
        // The formula leaves the rounding of each array out.
        values.push(Value::Workspace(2 * workspace as usize + 65536));
    }
    let (mut memory, words) = words_in_memory(&values);
    let interpreter = Interpreter::new(&planned.program);
    let mut counts = Counts::default();
    let status = interpreter.run(inner.run, &words, &mut memory, &mut NoHost, &mut counts);
    assert_eq!(status, Ok(0));
    counts
}

/// Name by name: operations, elements moved, loops, bytes of workspace.
type Budgets = BTreeMap<String, [u64; 4]>;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("budgets.txt")
}

fn budgets() -> Budgets {
    let text = std::fs::read_to_string(file()).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap().to_owned();
        let numbers: Vec<u64> = words.map(|word| word.parse().unwrap()).collect();
        (name, numbers.try_into().unwrap())
    };
    lines.map(row).collect()
}

/// Functions with matrix products so small that the costlier arm, a full tile, is never taken, or with rows
/// so short that they have no full steps, or with minima that no two elements share.
const TILED: &[&str] = &["gmm", "gmm_grad", "kmeans", "kmeans_grad", "kmeans_newton"];

const HEAD: &str = "\
# What the functions of examples/suite may cost; checked by the test `budgets`.
# name, operations on floats, elements loaded, stored and copied, loops, bytes of workspace
";

#[test]
fn nothing_in_the_suite_has_become_more_expensive() {
    let mut found = Budgets::new();
    let mut far: Vec<(&str, f64, f64, Counts)> = Vec::new();
    let mut programs: BTreeMap<&str, (Planned, BTreeMap<String, FuncId>)> = BTreeMap::new();
    for &(program, name, sizes, args) in FUNCTIONS {
        let (planned, exports) = programs
            .entry(program)
            .or_insert_with(|| self::planned(program));
        let measured = measure(planned, exports[name], sizes, args);
        let c = measured.counted;
        let moved = c.loads + c.stores + c.copies;
        let row = [
            c.float_ops,
            moved,
            measured.loops as u64,
            measured.workspace as u64,
        ];
        // Formulas take the costlier arm of a branch; a truth value has one byte.
        let above = if TILED.contains(&name) { 6.0 } else { 2.5 };
        let near =
            |formula: f64, counted: f64| formula >= 0.6 * counted && formula <= above * counted;
        let [operations, bytes] = measured.formula;
        if !near(operations, c.float_ops as f64) || !near(bytes, 8.0 * moved as f64) {
            far.push((name, operations, bytes, c));
        }
        found.insert(name.to_owned(), row);
    }
    if std::env::var_os("DFN_BUDGETS").is_some() {
        let mut text = HEAD.to_owned();
        for (name, row) in &found {
            let [a, b, c, d] = row.map(|x| x * 4 / 3);
            writeln!(text, "{name:16} {a:>9} {b:>9} {c:>4} {d:>9}").unwrap();
        }
        std::fs::write(file(), text).unwrap();
    }
    assert!(far.is_empty(), "formulas are far from counts: {far:#?}");
    let budgets = budgets();
    let over = found.iter().filter(|(name, row)| {
        let budget = &budgets[*name];
        row.iter().zip(budget).any(|(found, budget)| found > budget)
    });
    let over: Vec<_> = over
        .map(|(name, row)| (name, row, &budgets[name]))
        .collect();
    assert!(
        over.is_empty(),
        "over their budgets (`DFN_BUDGETS=write` writes them anew): {over:#?}"
    );
}
