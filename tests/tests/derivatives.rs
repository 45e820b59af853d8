//! Every function of the standard library, of the examples and of the suite whose parameters are numbers:
//! forward against fourth-order differences in double-double, reverse against forward by the inner product,
//! and to the order `DFN_ORDER` (1) both again on the derived functions, all to 1e-13.
//!
//! `DFN_ONLY` names files by a part of their path, and with it `tests/programs` are among them. Arguments
//! are random, so a function may have a check that refuses them or be undefined there; these are shown.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use dfn::driver::Session;
use dfn::passes::Manager;
use dfn_ir::interp::Array;
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{FuncId, Module, Op};
use dfn_tests::derivatives::{Derived, check_one, derive, floats, run_wide};
use dfn_tests::random_ir::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What became of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Arguments within (0.1, 0.9), or within (-0.9, 0.9).
fn arguments(module: &Module, func: FuncId, sizes: &[i64], positive: bool) -> Option<Vec<Array>> {
    let mut random = Random(7);
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
        let float = |random: &mut Random| match positive {
            true => 0.5 + 0.4 * random.unit(),
            false => 0.9 * random.unit(),
        };
        let element = |k: usize, random: &mut Random| match ty.dtype {
            DType::Bool => Scalar::Bool(k.is_multiple_of(2)),
            DType::I64 if dims.is_empty() => Scalar::I64(2),
            DType::I64 => Scalar::I64(2 - (k as i64).min(2)),
            DType::I32 => Scalar::I32(1),
            DType::U32 => Scalar::U32(1),
            DType::U64 => Scalar::U64(1),
            DType::F32 => Scalar::F32(float(random) as f32),
            DType::F64 => Scalar::F64(float(random)),
        };
        let elements = (0..dims.iter().product()).map(|k| element(k, &mut random));
        args.push(Array::new(ty.dtype, &dims, elements.collect())?);
    }
    Some(args)
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

/// Checks one function to `order`, at the first arguments at which it is defined.
fn check(module: &Module, func: FuncId, order: usize) -> Outcome {
    if !is_worth_it(module, func) {
        return Outcome::NothingToCheck;
    }
    let sizes = vec![3; module.get(func).sizes];
    for positive in [true, false] {
        let Some(args) = arguments(module, func, &sizes, positive) else {
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
        let finite = values.is_ok_and(|v| floats(&v).iter().all(|x| x.to_f64().is_finite()));
        if finite {
            return all_agree(&module, &sizes, &all);
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

fn all_agree(module: &Module, sizes: &[i64], all: &[Derived]) -> Outcome {
    for derived in all {
        if let Err(error) = check_one(module, sizes, derived) {
            return Outcome::Wrong(format!("order {}: {error}", derived.order));
        }
    }
    Outcome::Checked
}

#[test]
fn every_function() {
    let only = std::env::var("DFN_ONLY").unwrap_or_default();
    let mut files = Vec::new();
    let more = if only.is_empty() {
        &[][..]
    } else {
        &["tests/programs"]
    };
    for directory in ["examples", "std"].iter().chain(more) {
        programs(&root().join(directory), &mut files);
    }
    let order = std::env::var("DFN_ORDER").map_or(1, |order| order.parse().unwrap());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in files
        .iter()
        .filter(|path| path.to_string_lossy().contains(&only))
    {
        let mut session = Session::default();
        let Some(program) = session.program(path) else {
            continue;
        };
        let shown = path.strip_prefix(root()).unwrap().display().to_string();
        for (name, func) in &program.functions {
            let outcome = check(&program.module, *func, order);
            if outcome == Outcome::Undefined || outcome == Outcome::Refused {
                println!("{shown} {name}: {outcome:?}");
            }
            match outcome {
                Outcome::Wrong(error) => {
                    println!("{shown} {name}: {error}");
                    wrong.push(format!("{shown}: {name}: {error}"));
                }
                other => *counts.entry(format!("{other:?}")).or_default() += 1,
            }
        }
    }
    println!("{counts:?}");
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
