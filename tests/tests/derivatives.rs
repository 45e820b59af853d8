//! Every function of the standard library, of the examples and of the suite whose parameters are numbers:
//! forward against fourth-order differences in double-double, reverse against forward by the inner product,
//! and to the order `DFN_ORDER` (2) both again on the derived functions, all to 1e-13.
//!
//! `DFN_ONLY` names files by a part of their path, and with it `tests/programs` are among them. Arguments
//! are random, so a function may have a check that refuses them or be undefined there; these are shown.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use dfn::driver::Session;
use dfn::passes::Manager;
use dfn_ir::interp::Array;
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{FuncId, Module, Op};
use dfn_tests::derivatives::{Derived, TOLERANCE, check_one, derive, floats, run_wide};
use dfn_tests::random_ir::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What became of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Checked,
    /// It has no float that depends on a float.
    NothingToCheck,
    /// It stops at random arguments, or is not finite there.
    Undefined,
    /// It has no derivative, and says so.
    Refused,
    Wrong(String),
}

impl Outcome {
    fn name(&self) -> &'static str {
        match self {
            Outcome::Checked => "checked",
            Outcome::NothingToCheck => "nothing to check",
            Outcome::Undefined => "undefined",
            Outcome::Refused => "refused",
            Outcome::Wrong(_) => "wrong",
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The programs below a directory, in order.
fn programs(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => programs(&path, found),
            false if path.extension().is_some_and(|e| e == "dfn") => found.push(path),
            false => {}
        }
    }
}

/// Where a function is tried.
#[derive(Clone, Copy, Debug)]
struct Try {
    /// Of the random numbers.
    seed: u64,
    /// The sizes in turn; the last one again and again.
    sizes: &'static [i64],
    /// Floats are within (0.1, 0.9), or within (-0.9, 0.9).
    positive: bool,
    /// What is added to the diagonal of square arrays.
    diagonal: f64,
}

const TRIES: [Try; 6] = [
    Try::new(7, &[3], true, 0.0),
    Try::new(7, &[3], false, 0.0),
    // Positive definite, once an array is added to its transpose.
    Try::new(7, &[3], true, 4.0),
    // More points than centres.
    Try::new(8, &[6, 2], true, 0.0),
    Try::new(11, &[3], true, 0.0),
    Try::new(12, &[4], false, 4.0),
];

impl Try {
    const fn new(seed: u64, sizes: &'static [i64], positive: bool, diagonal: f64) -> Try {
        Try {
            seed,
            sizes,
            positive,
            diagonal,
        }
    }

    fn sizes(&self, count: usize) -> Vec<i64> {
        let last = self.sizes.last().copied().unwrap_or(3);
        let given = self.sizes.iter().copied();
        given.chain(std::iter::repeat(last)).take(count).collect()
    }

    fn float(&self, random: &mut Random) -> f64 {
        match self.positive {
            true => 0.5 + 0.4 * random.unit(),
            false => 0.9 * random.unit(),
        }
    }

    fn element(&self, dtype: DType, dims: &[usize], k: usize, random: &mut Random) -> Scalar {
        let on_diagonal = match dims {
            [n, m] if n == m => k.is_multiple_of(n + 1),
            _ => false,
        };
        let more = if on_diagonal { self.diagonal } else { 0.0 };
        match dtype {
            DType::Bool => Scalar::Bool(k.is_multiple_of(2)),
            DType::I64 if dims.is_empty() => Scalar::I64(2),
            DType::I64 => Scalar::I64(2 - (k as i64).min(2)),
            DType::I32 => Scalar::I32(1),
            DType::U32 => Scalar::U32(1),
            DType::U64 => Scalar::U64(1),
            DType::F32 => Scalar::F32((self.float(random) + more) as f32),
            DType::F64 => Scalar::F64(self.float(random) + more),
        }
    }

    fn arguments(&self, module: &Module, func: FuncId, sizes: &[i64]) -> Option<Vec<Array>> {
        let mut random = Random(self.seed);
        let f = module.get(func);
        let of = |v| {
            let place = f.size_params().iter().position(|s| *s == v);
            // Integer arguments are 2.
            place.map_or(2, |k| sizes[k])
        };
        let mut args = Vec::new();
        for &param in f.params() {
            let ty = f.ty(param);
            let dims: Vec<usize> = ty
                .shape
                .iter()
                .map(|s| s.evaluate(of).max(0) as usize)
                .collect();
            let count: usize = dims.iter().product();
            let elements = (0..count).map(|k| self.element(ty.dtype, &dims, k, &mut random));
            args.push(Array::new(ty.dtype, &dims, elements.collect())?);
        }
        Some(args)
    }
}

/// Whether a function, or one that it calls, prints.
fn prints(module: &Module, func: FuncId) -> bool {
    let mut todo = vec![func];
    let mut found = false;
    let mut seen = Vec::new();
    while let Some(id) = todo.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let f = module.get(id);
        f.walk(&f.body, &mut |_, data| match &data.op {
            Op::Print(_) => found = true,
            Op::Call(call) => todo.push(call.func),
            _ => {}
        });
    }
    found
}

fn is_worth_it(module: &Module, func: FuncId) -> bool {
    let f = module.get(func);
    let has = |list: &[dfn_ir::Value]| list.iter().any(|&v| f.ty(v).is_differentiable());
    has(f.params()) && has(&f.body.results) && !prints(module, func)
}

/// Functions whose derivatives are not those of their steps, and the tolerance that is left.
const LOOSE: &[(&str, &str, f64)] = &[
    // Conjugate gradients end at a gradient of 1e-10; the derivatives are those of the exact solution.
    ("examples/sparse/bundle.dfn", "step", 1e-6),
];

/// Functions that are defined at none of the arguments that are tried; tests beside them check these.
const UNDEFINED: &[&str] = &[
    // The sizes have to be those of a grid, and of a chain.
    "examples/sparse/poisson.dfn jacobian_values",
    "examples/sparse/rosenbrock.dfn hessian_values",
    // -∞ everywhere.
    "std/distributions.dfn impossible",
    // x has to be above the scale and the tail positive.
    "std/distributions.dfn pareto_logpdf",
    // The integers have to be those of compressed rows.
    "std/sparse.dfn conjugate_gradients",
    "std/sparse.dfn solution",
    "std/sparse.dfn solution_tangent",
];

/// Checks one function to `order`, at the first arguments at which it is defined.
fn check(module: &Module, func: FuncId, order: usize, tolerance: f64) -> Outcome {
    if !is_worth_it(module, func) {
        return Outcome::NothingToCheck;
    }
    for attempt in TRIES {
        let sizes = attempt.sizes(module.get(func).sizes);
        let Some(args) = attempt.arguments(module, func, &sizes) else {
            continue;
        };
        let mut module = alone(module, func);
        let all = derive(&mut module, func, &sizes, &args, (order, 5));
        if let Err(error) = Manager::new(None).run_all(&mut module) {
            return match error {
                dfn::passes::PassError::Rule(_) => Outcome::Refused,
                error => Outcome::Wrong(error.to_string()),
            };
        }
        let values = run_wide(&module, func, &sizes, &args);
        if values.is_ok_and(|v| floats(&v).iter().all(|x| x.to_f64().is_finite())) {
            return all_agree(&module, &sizes, &all, tolerance);
        }
    }
    Outcome::Undefined
}

/// The module with `func` and what it needs; other functions are empty.
fn alone(module: &Module, func: FuncId) -> Module {
    let mut needed = vec![func];
    let mut next = 0;
    while let Some(&id) = needed.get(next) {
        next += 1;
        for callee in dfn_ir::verify::calls::callees_and_rules(module, id) {
            if !needed.contains(&callee) {
                needed.push(callee);
            }
        }
    }
    let mut made = module.clone();
    for id in module.ids().filter(|id| !needed.contains(id)) {
        let empty = dfn_ir::Function::new(module.get(id).name.clone());
        made.replace(id, empty);
    }
    made
}

fn all_agree(module: &Module, sizes: &[i64], all: &[Derived], tolerance: f64) -> Outcome {
    for derived in all {
        if let Err(error) = check_one(module, sizes, derived, tolerance) {
            return Outcome::Wrong(format!("order {}: {error}", derived.order));
        }
    }
    Outcome::Checked
}

/// Checks the functions of a file.
fn check_file(path: &Path, order: usize) -> Vec<(String, Outcome)> {
    let mut session = Session::default();
    let shown = path.strip_prefix(root()).unwrap().display().to_string();
    let Some(program) = session.program(path) else {
        return Vec::new();
    };
    let mut outcomes = Vec::new();
    for (name, func) in &program.functions {
        let loose = LOOSE
            .iter()
            .find(|(file, f, _)| *file == shown && f == name);
        let tolerance = loose.map_or(TOLERANCE, |(_, _, tolerance)| *tolerance);
        let outcome = check(&program.module, *func, order, tolerance);
        outcomes.push((format!("{shown} {name}"), outcome));
    }
    outcomes
}

#[test]
fn every_function() {
    let only = std::env::var("DFN_ONLY").unwrap_or_default();
    let order = std::env::var("DFN_ORDER").map_or(2, |order| order.parse().unwrap());
    let mut files = Vec::new();
    programs(&root().join("examples"), &mut files);
    programs(&root().join("std"), &mut files);
    if !only.is_empty() {
        programs(&root().join("tests/programs"), &mut files);
    }
    files.retain(|path| path.to_string_lossy().contains(&only));
    let outcomes: Vec<(String, Outcome)> = in_parallel(&files, |path| check_file(path, order));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (function, outcome) in &outcomes {
        *counts.entry(outcome.name()).or_default() += 1;
        match outcome {
            Outcome::Wrong(error) => wrong.push(format!("{function}: {error}")),
            Outcome::Undefined if UNDEFINED.contains(&function.as_str()) => {}
            // Those of `tests/programs`, which are asked for, are there to be refused.
            Outcome::Undefined | Outcome::Refused if !only.is_empty() => {
                println!("{function}: {}", outcome.name());
            }
            Outcome::Undefined | Outcome::Refused => {
                wrong.push(format!("{function}: {}", outcome.name()));
            }
            Outcome::Checked | Outcome::NothingToCheck => {}
        }
    }
    println!("{counts:?}");
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} are wrong:\n{}", wrong.join("\n"));
}

/// What `work` gives for all `files`, by one thread for each processor; each takes the next file.
fn in_parallel<T: Send>(files: &[PathBuf], work: impl Fn(&Path) -> Vec<T> + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let made = work(path);
                    found.lock().unwrap().extend(made);
                }
            });
        }
    });
    found.into_inner().unwrap()
}
