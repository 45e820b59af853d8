//! What must hold of every generated program: it compiles, all engines give the same bits, and its
//! derivatives, forward and in reverse, agree with differences in double-double.

use super::tree::Node;
use super::{Program, Random};
use crate::derivatives::{Derived, TOLERANCE, check_one, derive, floats, run_wide};
use crate::engines::Engine;
use crate::random_ir::check::has_f32;
use crate::random_ir::check::{Failure, Outcome};
use crate::sparsity::{Compared, compare};
use dfn::driver::Session;
use dfn::passes::Manager;
use dfn_ir::interp::Array;
use dfn_ir::{DType, FuncId, Module, Scalar};
use std::panic::{AssertUnwindSafe, catch_unwind};

type Checked<T = ()> = Result<T, Failure>;

/// How much is checked.
#[derive(Clone, Copy, Debug)]
pub struct Depth<'a> {
    /// To which order derivatives are.
    pub order: usize,
    /// The engines that are compared.
    pub engines: &'a [Engine],
}

fn fail<E: ToString>(stage: &str) -> impl FnOnce(E) -> Failure {
    let stage = stage.to_owned();
    move |error| Failure {
        stage,
        message: error.to_string(),
    }
}

/// Checks everything; a panic is a failure.
pub fn check(program: &Program, depth: Depth<'_>) -> Checked<Outcome> {
    check_source(&program.tree, program, depth)
}

/// Checks another text in place of that of `program`.
pub fn check_source(tree: &Node, program: &Program, depth: Depth<'_>) -> Checked<Outcome> {
    let source = match program.single {
        true => tree.to_string().replace("f64", "f32"),
        false => tree.to_string(),
    };
    let checked = catch_unwind(AssertUnwindSafe(|| everything(&source, program, depth)));
    checked.unwrap_or_else(|panic| Err(fail("panic")(said(&*panic))))
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
    text.unwrap_or_default()
}

/// The elaborated program and the function `f`.
fn elaborate(source: &str) -> Checked<(Module, FuncId)> {
    let directory = tempfile::tempdir().map_err(fail("files"))?;
    let file = directory.path().join("random.dfn");
    std::fs::write(&file, source).map_err(fail("files"))?;
    let mut session = Session::default();
    let program = session.program(&file);
    let Some(program) = program else {
        let shown = session
            .diagnostics
            .iter()
            .map(|d| format!("{}: {}", d.code, d.title));
        return Err(fail("compile")(shown.collect::<Vec<_>>().join("\n")));
    };
    let func = program.exports.first().map(|export| export.func);
    Ok((
        program.module,
        func.ok_or("no export").map_err(fail("compile"))?,
    ))
}

/// Arguments within the bounds that the generator takes for granted.
fn arguments(module: &Module, func: FuncId, sizes: &[i64], seed: u64) -> Vec<Array> {
    let mut random = Random(seed);
    let f = module.get(func);
    let of = |v| {
        let place = f.size_params().iter().position(|s| *s == v);
        place.map_or(0, |k| sizes[k])
    };
    let mut args = Vec::new();
    for &param in f.params() {
        let ty = f.ty(param);
        let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(of) as usize).collect();
        let element = |random: &mut Random| match ty.dtype {
            DType::Bool => Scalar::Bool(random.chance(50)),
            DType::I64 => Scalar::I64(random.below(sizes[0] as usize) as i64),
            DType::F32 => Scalar::F32(1.5 * random.unit() as f32),
            _ => Scalar::F64(1.5 * random.unit()),
        };
        let elements = (0..dims.iter().product())
            .map(|_| element(&mut random))
            .collect();
        args.push(Array::new(ty.dtype, &dims, elements).expect("an array of its shape"));
    }
    args
}

fn everything(source: &str, program: &Program, depth: Depth<'_>) -> Checked<Outcome> {
    let (mut module, func) = match elaborate(source) {
        // A number that nothing else gives a type is an `f64`.
        Err(found) if program.single && found.message.contains("E030") => {
            return Ok(Outcome::Skipped);
        }
        made => made?,
    };
    let sizes = &program.sizes[..module.get(func).sizes];
    let args = arguments(&module, func, sizes, program.seed);
    let seed = Random(program.seed).bits();
    let all = derive(&mut module, func, sizes, &args, (depth.order, seed));
    let mut manager = Manager::new(None).always_verify();
    manager.run_all(&mut module).map_err(fail("pipeline"))?;
    let run = dfn_ir::interp::run(&module, func, sizes, &args, &mut ());
    run.map_err(fail("run"))?;
    lowered(&module, func, sizes, &args, depth, "lowered")?;
    for derived in &all {
        let stage = format!("derivative of order {}", derived.order);
        one(&module, sizes, derived, &stage)?;
        for (func, more) in [
            (derived.forward, &derived.tangents),
            (derived.reverse, &derived.cotangents),
        ] {
            let args: Vec<Array> = derived.args.iter().chain(more).cloned().collect();
            lowered(&module, func, sizes, &args, depth, "derivative lowered")?;
        }
    }
    Ok(Outcome::Passed)
}

/// The sparsity patterns of `f` have every derivative that is not zero.
pub fn patterns(program: &Program) -> Checked<Compared> {
    let (module, func) = elaborate(&program.tree.to_string())?;
    let sizes = &program.sizes[..module.get(func).sizes];
    let args = arguments(&module, func, sizes, program.seed);
    let compared = catch_unwind(AssertUnwindSafe(|| compare(&module, func, sizes, &args)));
    match compared {
        Ok(found) => found.map_err(fail("pattern")),
        Err(panic) => Err(fail("panic")(said(&*panic))),
    }
}

/// A derivative agrees with differences, unless its numbers are so large that differences say nothing.
fn one(module: &Module, sizes: &[i64], derived: &Derived, stage: &str) -> Checked {
    let args: Vec<Array> = derived
        .args
        .iter()
        .chain(&derived.tangents)
        .cloned()
        .collect();
    let found = run_wide(module, derived.forward, sizes, &args).map_err(fail(stage))?;
    let largest = floats(&found)
        .iter()
        .fold(0.0, |m: f64, x| m.max(x.abs().to_f64()));
    // Rules have constants, such as 2 / sqrt(pi), in the precision of their type.
    let tolerance = if has_f32(module) { 1e-6 } else { TOLERANCE };
    match largest < 1e6 {
        true => check_one(module, sizes, derived, tolerance).map_err(fail(stage)),
        false => Ok(()),
    }
}

/// All engines give the bits of the interpreter of the SSA IR.
fn lowered(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
    depth: Depth<'_>,
    stage: &str,
) -> Checked {
    let run = || crate::lowered::compare(module, func, sizes, args, depth.engines);
    let ran = catch_unwind(AssertUnwindSafe(run));
    ran.map_err(|panic| fail(stage)(said(&*panic)))
}
