//! What must hold of every generated program: it verifies, its text is read back as it was, passes keep
//! its results, its derivatives agree with differences, and its lowered form gives the same bits.

use super::{Program, Random};
use crate::derivatives::{Derived, TOLERANCE, check_one, compare, derive, floats, run_wide};
use crate::engines::Engine;
use dfn::passes::{Manager, Observe, PASSES, Pass, PassError, find};
use dfn_ir::function::FuncId;
use dfn_ir::interp::{Array, run};
use dfn_ir::{DType, Module, Op, Scalar};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What went wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A short name of the property.
    pub stage: String,
    /// What was seen.
    pub message: String,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything held.
    Passed,
    /// The program has no derivative that can be checked, or its numbers are too large.
    Skipped,
}

type Checked<T = ()> = Result<T, Failure>;

impl Failure {
    /// Two failures are alike if they are of one property and say the same but for names and numbers.
    pub fn is_like(&self, other: &Failure) -> bool {
        let words = |message: &str| -> String {
            let line = message.lines().next().unwrap_or_default();
            let rest = line.split("): @").last().unwrap_or_default();
            rest.split_whitespace()
                .filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()))
                .collect()
        };
        self.stage == other.stage && words(&self.message) == words(&other.message)
    }
}

fn fail<E: ToString>(stage: impl Into<String>) -> impl FnOnce(E) -> Failure {
    let stage = stage.into();
    move |error| Failure {
        stage,
        message: error.to_string(),
    }
}

/// Checks everything; a panic is a failure.
pub fn check(program: &Program, order: usize) -> Checked<Outcome> {
    let checked = catch_unwind(AssertUnwindSafe(|| everything(program, order)));
    checked.unwrap_or_else(|panic| Err(fail("panic")(text(&*panic))))
}

fn everything(program: &Program, order: usize) -> Checked<Outcome> {
    valid(&program.module)?;
    let call = Call {
        func: program.func,
        sizes: &program.sizes,
        args: program.args.clone(),
    };
    let wanted = call.bits(&program.module).map_err(fail("run"))?;
    if !ordinary(&wanted) {
        return Ok(Outcome::Skipped);
    }
    for pass in PASSES {
        alone(&program.module, pass, std::slice::from_ref(&call), "")?;
    }
    let after = pipeline(&program.module, std::slice::from_ref(&call), "")?;
    lowered(&program.module, &call, "lowered")?;
    lowered(&after, &call, "optimised and lowered")?;
    match order {
        0 => Ok(Outcome::Passed),
        _ => derivatives(program, order),
    }
}

/// A function with arguments.
struct Call<'a> {
    func: FuncId,
    sizes: &'a [i64],
    args: Vec<Array>,
}

impl Call<'_> {
    fn bits(&self, module: &Module) -> Result<Vec<Array>, String> {
        run(module, self.func, self.sizes, &self.args, &mut ()).map_err(|e| e.to_string())
    }

    fn wide(&self, module: &Module) -> Result<Vec<dfn_ir::numeric::DD>, String> {
        run_wide(module, self.func, self.sizes, &self.args).map(|all| floats(&all))
    }

    /// Compares the results in two modules: bits, or nearly where sums are in another order.
    fn same(&self, before: &Module, after: &Module, exact: bool) -> Result<(), String> {
        if !exact {
            // Constants are folded in the precision of their type.
            let tolerance = if has_f32(before) { 1e-6 } else { 1e-13 };
            return compare(&self.wide(after)?, &self.wide(before)?, tolerance);
        }
        let (before, after) = (self.bits(before)?, self.bits(after)?);
        match same_bits(&before, &after) {
            true => Ok(()),
            false => Err(format!("gives {after:?}, not {before:?}")),
        }
    }
}

/// Whether a value of a module is of type `f32`.
pub fn has_f32(module: &Module) -> bool {
    module
        .iter()
        .any(|(_, func)| func.values.values().any(|v| v.ty.dtype == DType::F32))
}

/// Whether results are equal up to the sign of zeros.
fn same_bits(a: &[Array], b: &[Array]) -> bool {
    let same = |x: &Scalar, y: &Scalar| match (*x, *y) {
        (Scalar::F64(x), Scalar::F64(y)) => x == y || (x.is_nan() && y.is_nan()),
        (x, y) => x == y,
    };
    let equal = |a: &Array, b: &Array| {
        a.dims() == b.dims()
            && a.elements()
                .iter()
                .zip(b.elements())
                .all(|(x, y)| same(x, y))
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
}

/// Whether all numbers are finite and of moderate size.
fn ordinary(arrays: &[Array]) -> bool {
    let fine = |x: &Scalar| match *x {
        Scalar::F64(x) => x.abs() < 1e6,
        _ => true,
    };
    arrays.iter().all(|a| a.elements().iter().all(fine))
}

/// The module verifies and is read back from its text.
fn valid(module: &Module) -> Checked {
    let errors = dfn_ir::verify::verify(module);
    if let Some(error) = errors.first() {
        return Err(fail("verify")(error));
    }
    let text = dfn_ir::text::module_to_string(module);
    let again = dfn_ir::text::parse(&text).map_err(fail("parse"))?;
    match dfn_ir::text::module_to_string(&again) == text {
        true => Ok(()),
        false => Err(fail("text")("printed, parsed and printed is another text")),
    }
}

/// Whether a pass keeps bits: others fix or change the order of sums, or fuse products with them.
fn keeps_bits(pass: &Pass) -> bool {
    !matches!(pass.name, "accumulate" | "order" | "products")
}

/// One pass keeps the results.
fn alone(module: &Module, pass: &'static Pass, calls: &[Call<'_>], prefix: &str) -> Checked {
    let stage = || format!("{prefix}pass {}", pass.name);
    let mut after = module.clone();
    let ran = Manager::new(None).always_verify().run(pass, &mut after);
    ran.map_err(fail(stage()))?;
    for call in calls {
        let same = call.same(module, &after, keeps_bits(pass));
        same.map_err(fail(stage()))?;
    }
    Ok(())
}

/// The whole pipeline keeps the results, and what it gives is read back from its text.
fn pipeline(module: &Module, calls: &[Call<'_>], prefix: &str) -> Checked<Module> {
    let mut after = module.clone();
    let ran = Manager::new(None).always_verify().run_all(&mut after);
    ran.map_err(fail(format!("{prefix}pipeline")))?;
    for call in calls {
        let same = call.same(module, &after, false);
        same.map_err(fail(format!("{prefix}pipeline")))?;
    }
    valid(&after)?;
    Ok(after)
}

/// The module after each pass, from the one on where nothing is left to derive.
#[derive(Debug, Default)]
struct Stages(Vec<(&'static Pass, Module)>);

impl Observe for Stages {
    fn after(&mut self, pass: &'static Pass, module: &Module) {
        if is_expanded(module) {
            self.0.push((pass, module.clone()));
        }
    }
}

fn is_expanded(module: &Module) -> bool {
    let mut expanded = true;
    for (_, func) in module.iter() {
        func.walk(&func.body, &mut |_, data| {
            expanded &= !matches!(
                data.op,
                Op::Jvp(_) | Op::Vjp(_) | Op::Pullback(_) | Op::Sparsity(_)
            );
        });
    }
    expanded
}

/// Derivatives expanded without any other pass.
fn expand(module: &Module) -> Result<Module, PassError> {
    let mut module = module.clone();
    let mut manager = Manager::new(None).always_verify();
    while !is_expanded(&module) {
        for name in ["linearize", "transpose"] {
            manager.run(find(name).expect("there is such a pass"), &mut module)?;
        }
    }
    Ok(module)
}

fn derivatives(program: &Program, order: usize) -> Checked<Outcome> {
    let mut module = program.module.clone();
    let (sizes, args) = (&program.sizes, &program.args);
    let seed = Random(program.seed).bits();
    let all = derive(&mut module, program.func, sizes, args, (order, seed));
    let mut stages = Stages::default();
    let mut after = module.clone();
    match Manager::new(Some(&mut stages))
        .always_verify()
        .run_all(&mut after)
    {
        Ok(()) => {}
        // The user is told why there is no derivative.
        Err(PassError::Rule(_)) => return Ok(Outcome::Skipped),
        Err(error) => {
            let text = dfn_ir::text::module_to_string(&after);
            return Err(fail("derived pipeline")(format!("{error}\n{text}")));
        }
    }
    valid(&after)?;
    let calls = derived_calls(&all, sizes);
    for pair in stages.0.windows(2) {
        let (pass, exact) = (pair[1].0, keeps_bits(pair[1].0));
        for call in &calls {
            let same = call.same(&pair[0].1, &pair[1].1, exact);
            same.map_err(fail(format!("derived pipeline, pass {}", pass.name)))?;
        }
    }
    for derived in &all {
        let stage = format!("derivative of order {}", derived.order);
        check_one(&after, sizes, derived, TOLERANCE).map_err(fail(stage))?;
    }
    for call in &calls {
        lowered(&after, call, "derived lowered")?;
    }
    unsimplified(&module, &after, &all, &calls)
}

/// Derivatives expanded without any other pass, and each pass alone on them; only if
/// `DFN_RANDOM_PLAIN` is set, since `linearize` and `transpose` rely on `simplify` here and there.
fn unsimplified(
    module: &Module,
    finished: &Module,
    all: &[Derived],
    calls: &[Call<'_>],
) -> Checked<Outcome> {
    if std::env::var("DFN_RANDOM_PLAIN").is_err() {
        return Ok(Outcome::Passed);
    }
    let plain = expand(module).map_err(fail("expand"))?;
    valid(&plain)?;
    for pass in PASSES {
        alone(&plain, pass, calls, "derived ")?;
    }
    for (call, derived) in calls.iter().zip(all.iter().flat_map(|d| [d, d])) {
        let stage = format!("plain derivative of order {}", derived.order);
        call.same(&plain, finished, false).map_err(fail(stage))?;
    }
    Ok(Outcome::Passed)
}

/// The derivatives with their arguments.
fn derived_calls<'a>(all: &[Derived], sizes: &'a [i64]) -> Vec<Call<'a>> {
    let mut calls = Vec::new();
    for derived in all {
        for (func, more) in [
            (derived.forward, &derived.tangents),
            (derived.reverse, &derived.cotangents),
        ] {
            let args = derived.args.iter().chain(more).cloned().collect();
            calls.push(Call { func, sizes, args });
        }
    }
    calls
}

/// The loop interpreter gives the bits of the SSA interpreter.
fn lowered(module: &Module, call: &Call<'_>, stage: &str) -> Checked {
    let run = || {
        let engines = [Engine::Interpreter];
        crate::lowered::compare(module, call.func, call.sizes, &call.args, &engines);
    };
    let ran = catch_unwind(AssertUnwindSafe(run)).map_err(|panic| text(&*panic));
    // What is refused with a diagnostic, because the count of a `while` became a size, is not run.
    let refused = |message: &String| message.contains("computed while the function runs");
    ran.or_else(|message| {
        if refused(&message) {
            Ok(())
        } else {
            Err(message)
        }
    })
    .map_err(fail(stage))
}

/// What a panic says.
fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
    text.unwrap_or_default()
}
