//! What the functions of a program cost: `dfn ir --cost`. Formulas in the sizes, and where all sizes are
//! given, what a run on the interpreter of loop programs does.

use super::Result;
use super::copies::{told, unasked};
use super::optimise::{Planned, optimise_for, plan};
use super::report::{At, shown};
use super::stages::Stages;
use crate::cost::Costs;
use crate::diagnostic::SourceMap;
use crate::passes::primals;
use dfn_ir::loops::interp::{Counts, Memory};
use dfn_ir::loops::{Interpreter, NoHost};
use dfn_ir::scalar::{Scalar, ScalarOp, eval};
use dfn_ir::{DType, FuncId, Function, Type};
use std::fmt::Write;

/// What is said once, below all.
const LEGEND: &str = "\
Counted after all passes, with planned memory. A fused multiply-add is one operation, an elementary
function all of its own. `?1`, `?2`, … are known only while the function runs. Executed are runs with
inputs between 0 and 1; elements are those of any type.
";

/// Arrays beyond this are not made for a run.
const LARGEST: usize = 1 << 26;

impl Stages {
    /// The copies in loops that the source does not ask for, two lines each.
    pub fn copies(mut self, sources: &SourceMap) -> Result<String> {
        let primals = primals(&self.module);
        let kept = [&self.roots[..], &primals].concat();
        optimise_for(&mut self.module, &kept, sources)?;
        let planned = plan(&self.module, &self.roots, sources)?;
        let copies = unasked(&self.module, &primals, &planned.copies, sources);
        Ok(told(&copies, sources))
    }

    /// The costs of all functions that are left after the passes.
    pub fn costs(mut self, at: &At, sources: &SourceMap) -> Result<String> {
        let primals = primals(&self.module);
        let kept = [&self.roots[..], &primals].concat();
        optimise_for(&mut self.module, &kept, sources)?;
        let planned = plan(&self.module, &self.roots, sources)?;
        let costs = Costs::of(&planned.program, &planned.temporaries);
        let mut text = String::new();
        for (id, function) in planned.program.functions.iter() {
            let Some(cost) = costs
                .get(id)
                .filter(|_| !function.name.ends_with(".workspace"))
            else {
                continue;
            };
            let name = |&var: &_| {
                let data = function.vars.get(var);
                data.map_or_else(String::new, |data| data.name.clone())
            };
            let names: Vec<String> = function.params.iter().map(name).collect();
            let plain = function.name.strip_prefix("dfn.").unwrap_or(&function.name);
            let _ = writeln!(text, "{plain}");
            for (what, poly) in [
                ("operations", &cost.counts.operations),
                ("bytes read", &cost.counts.read),
                ("bytes written", &cost.counts.written),
            ] {
                let _ = writeln!(text, "  {what:14} {}", shown(poly, &names, at));
            }
            let root = planned.functions.iter().find(|(_, inner)| inner.run == id);
            if let Some((&root, _)) = root
                && let Some(line) = executed(&planned, root, self.module.get(root), at)
            {
                let _ = writeln!(text, "  {:14} {line}", "executed");
            }
            text.push('\n');
        }
        let copies = unasked(&self.module, &primals, &planned.copies, sources);
        text.push_str(&told(&copies, sources));
        text.push_str(LEGEND);
        Ok(text)
    }
}

/// What a run of `root` does where `at` says; nothing if a size or an integer is not given.
fn executed(planned: &Planned, root: FuncId, source: &Function, at: &At) -> Option<String> {
    let inner = planned.functions.get(&root)?;
    let mut memory = Memory::new();
    let mut words = Vec::new();
    let mut numbers = Vec::new();
    for &size in source.size_params() {
        let size = named(source, size, at)? as u64;
        words.push(size);
        numbers.push(size);
    }
    for (place, &param) in source.params().iter().enumerate() {
        let ty = source.ty(param);
        let word = match (ty.is_scalar(), ty.dtype) {
            (true, DType::I64) => {
                let number = named(source, param, at)? as u64;
                numbers.push(number);
                number
            }
            (true, dtype) => input(dtype, place)?.to_bits(),
            (false, dtype) => {
                let elements = (0..elements(source, ty, at)?).map(|k| input(dtype, k));
                memory.alloc_scalars(&elements.collect::<Option<Vec<Scalar>>>()?)
            }
        };
        words.push(word);
    }
    for &result in &source.body.results {
        let ty = source.ty(result);
        let count = elements(source, ty, at)?.max(1);
        words.push(memory.alloc(count * ty.dtype.bytes() as usize));
    }
    let interpreter = Interpreter::new(&planned.program);
    let mut workspace = 0;
    if let Some(measure) = inner.workspace {
        let bytes = memory.alloc_scalars(&[Scalar::I64(0)]);
        numbers.push(bytes);
        let measured = interpreter.run(measure, &numbers, &mut memory, &mut NoHost, &mut ());
        measured.ok().filter(|status| *status == 0)?;
        let found = memory.read(bytes, DType::I64, 1)?;
        workspace = usize::try_from(found.first()?.as_i64()?).ok()?;
        words.push(memory.alloc(workspace));
    }
    let mut counts = Counts::default();
    let run = interpreter.run(inner.run, &words, &mut memory, &mut NoHost, &mut counts);
    let Counts {
        float_ops,
        loads,
        stores,
        copies,
        ..
    } = counts;
    let counted = format!(
        "{float_ops} operations, {loads} elements loaded, {stores} stored, {copies} copied, {workspace} bytes of workspace"
    );
    match run {
        Ok(0) => Some(counted),
        _ => Some(format!("{counted}, until it stopped at a check")),
    }
}

fn named(source: &Function, value: dfn_ir::Value, at: &At) -> Option<i64> {
    at.get(source.name(value)?).copied().filter(|n| *n >= 0)
}

/// The number of elements of a type.
fn elements(source: &Function, ty: &Type, at: &At) -> Option<usize> {
    let all = ty.elements()?;
    let known = all.values().all(|v| named(source, v, at).is_some());
    let count = known.then(|| all.evaluate(|v| named(source, v, at).unwrap_or(0)))?;
    usize::try_from(count).ok().filter(|n| *n <= LARGEST)
}

/// Element `k` of an input: no number is special, and no two are the same; integers are 0.
fn input(dtype: DType, k: usize) -> Option<Scalar> {
    let x = match dtype.is_float() {
        true => Scalar::F64(0.1 + 0.9 * (k as f64 * 0.618_033_988_749_895).fract()),
        false => Scalar::I64(0),
    };
    match dtype {
        DType::Bool => Some(Scalar::Bool(k.is_multiple_of(2))),
        _ => eval(ScalarOp::Convert(dtype), &[x]),
    }
}
