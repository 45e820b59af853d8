//! Makes a failing program smaller: results of functions and instructions are left out as long as the
//! same property fails.

use super::Program;
use super::check::Failure;
use dfn_ir::function::{FuncId, Inst, InstData, Value};
use dfn_ir::interp::Array;
use dfn_ir::ops::Const;
use dfn_ir::scalar::Scalar;
use dfn_ir::{Block, DType, Function, Op};
use smallvec::SmallVec;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// For how long a program is made smaller.
const PATIENCE: Duration = Duration::from_secs(20);

/// The smallest program found that `check` refuses at the same stage.
pub fn shrink(
    program: &Program,
    failure: &Failure,
    check: impl Fn(&Program) -> Option<Failure>,
) -> Program {
    let start = Instant::now();
    let fails = |candidate: &Program| {
        start.elapsed() < PATIENCE
            && dfn_ir::verify::verify(&candidate.module).is_empty()
            && check(candidate).is_some_and(|found| found.is_like(failure))
    };
    let mut best = program.clone();
    loop {
        let before = size(&best);
        for id in best.module.ids().collect::<Vec<_>>() {
            shorten(&mut best, id, &fails);
        }
        fewer_results(&mut best, &fails);
        fewer_params(&mut best, &fails);
        smaller_sizes(&mut best, &fails);
        if size(&best) >= before {
            return best;
        }
    }
}

fn size(program: &Program) -> usize {
    let mut n = 0;
    for (_, func) in program.module.iter() {
        func.walk(&func.body, &mut |_, data| n += 1 + data.results.len());
        n += func.body.results.len() + func.params().len();
    }
    n + program.sizes.iter().sum::<i64>() as usize
}

/// Replaces instructions one at a time: by an operand of the same type, by constants, by what a region
/// of theirs holds.
fn shorten(best: &mut Program, id: FuncId, fails: &dyn Fn(&Program) -> bool) {
    let mut all = Vec::new();
    let func = best.module.get(id);
    func.walk(&func.body, &mut |inst, _| all.push(inst));
    let counting = counting(func);
    for inst in all {
        if counting.contains(&inst) || !is_alive(best.module.get(id), inst) {
            continue;
        }
        for attempt in [forward, constants, splice] {
            let mut candidate = best.clone();
            let func = candidate.module.get_mut(id);
            if attempt(func, inst) {
                clean(func);
                if size(&candidate) < size(best) && fails(&candidate) {
                    *best = candidate;
                    break;
                }
            }
        }
    }
}

/// What decides how often a `while` runs: without it, it might run for ever.
fn counting(func: &Function) -> HashSet<Inst> {
    let mut found = HashSet::new();
    func.walk(&func.body, &mut |_, data| {
        for block in data
            .blocks
            .iter()
            .filter(|_| matches!(data.op, Op::While(_)))
        {
            func.walk(block, &mut |inst, data| {
                let float = |v: &Value| func.ty(*v).is_differentiable();
                found.extend((!data.results.iter().all(float)).then_some(inst));
            });
        }
    });
    found
}

fn is_alive(func: &Function, wanted: Inst) -> bool {
    let mut found = false;
    func.walk(&func.body, &mut |inst, _| found |= inst == wanted);
    found
}

/// The only result becomes the first operand of its type.
fn forward(func: &mut Function, inst: Inst) -> bool {
    let data = func.insts[inst].clone();
    let mut taken = HashSet::new();
    for &result in &data.results {
        let ty = func.ty(result).clone();
        let same = data
            .args
            .iter()
            .find(|v| *func.ty(**v) == ty && !taken.contains(*v));
        let Some(&arg) = same else { return false };
        taken.insert(arg);
        replace(func, result, arg);
    }
    remove(func, inst, &[]);
    true
}

/// All results become constants.
fn constants(func: &mut Function, inst: Inst) -> bool {
    let data = func.insts[inst].clone();
    if matches!(data.op, Op::Const(_)) {
        return false;
    }
    if data.results.iter().any(|v| func.ty(*v).is_accumulator()) {
        return false;
    }
    let mut made = Vec::new();
    for &result in &data.results {
        let value = match func.ty(result).dtype {
            DType::F64 => Scalar::F64(0.5),
            DType::F32 => Scalar::F32(0.5),
            DType::Bool => Scalar::Bool(true),
            other => Scalar::zero(other),
        };
        made.push(func.insts.push(InstData {
            op: Const { value }.into(),
            args: SmallVec::new(),
            sizes: SmallVec::new(),
            results: SmallVec::from_slice(&[result]),
            blocks: Vec::new(),
            span: data.span,
        }));
    }
    remove(func, inst, &made);
    true
}

/// An `if` becomes one of its arms.
fn splice(func: &mut Function, inst: Inst) -> bool {
    let data = func.insts[inst].clone();
    let (Op::If(_), Some(block)) = (&data.op, data.blocks.last()) else {
        return false;
    };
    for (&result, &value) in data.results.iter().zip(&block.results) {
        replace(func, result, value);
    }
    remove(func, inst, &block.insts);
    true
}

/// Puts `into` in the place of `inst`.
fn remove(func: &mut Function, inst: Inst, into: &[Inst]) {
    each_block(func, &mut |block| {
        if let Some(at) = block.insts.iter().position(|i| *i == inst) {
            block.insts.splice(at..=at, into.iter().copied());
        }
    });
}

/// Calls `visit` on every block that an instruction of the function or the function itself owns.
fn each_block(func: &mut Function, visit: &mut dyn FnMut(&mut Block)) {
    visit(&mut func.body);
    for data in func.insts.values_mut() {
        data.blocks.iter_mut().for_each(&mut *visit);
    }
}

fn replace(func: &mut Function, old: Value, new: Value) {
    let rename = |v: Value| if v == old { new } else { v };
    for data in func.insts.values_mut() {
        data.args.iter_mut().for_each(|v| *v = rename(*v));
        data.sizes.iter_mut().for_each(|s| *s = s.rename(rename));
    }
    each_block(func, &mut |block| {
        block.results.iter_mut().for_each(|v| *v = rename(*v));
    });
    for data in func.values.values_mut() {
        data.ty = data.ty.rename(rename);
    }
}

/// Removes what nothing uses: instructions, and results of regions.
fn clean(func: &mut Function) {
    loop {
        let used = used(func);
        let mut dead = Vec::new();
        func.walk(&func.body, &mut |inst, data| {
            let drop_acc = data.results.iter().any(|v| func.ty(*v).is_accumulator());
            if !drop_acc && data.results.iter().all(|v| !used.contains(v)) {
                dead.push(inst);
            }
        });
        if dead.is_empty() {
            break;
        }
        dead.iter().for_each(|&inst| remove(func, inst, &[]));
    }
    let used = used(func);
    for inst in func.insts.keys().collect::<Vec<_>>() {
        drop_results(func, inst, &used);
    }
}

fn used(func: &Function) -> HashSet<Value> {
    let mut used: HashSet<Value> = func.body.results.iter().copied().collect();
    for &v in func.body.params.iter().chain(&func.body.results) {
        used.extend(func.ty(v).values());
    }
    func.walk(&func.body, &mut |_, data| {
        used.extend(data.args.iter().copied());
        used.extend(data.sizes.iter().flat_map(|s| s.values()));
        for &result in &data.results {
            used.extend(func.ty(result).values());
        }
        for block in &data.blocks {
            used.extend(block.results.iter().copied());
            for &param in &block.params {
                used.extend(func.ty(param).values());
            }
        }
    });
    used
}

/// Drops unused results of `map`, `for` and `if`, unused carries excepted.
fn drop_results(func: &mut Function, inst: Inst, used: &HashSet<Value>) {
    let data = &mut func.insts[inst];
    let first = match &data.op {
        Op::Map(_) | Op::If(_) => 0,
        Op::For(_) => data.args.len(),
        _ => return,
    };
    for k in (first..data.results.len()).rev() {
        if used.contains(&data.results[k]) || func.values[data.results[k]].ty.is_accumulator() {
            continue;
        }
        if let Op::Map(map) = &mut data.op {
            match k < map.yields {
                true => map.yields -= 1,
                false => map.sums -= 1,
            }
        }
        data.results.remove(k);
        for block in &mut data.blocks {
            block.results.remove(k);
        }
    }
}

fn fewer_results(best: &mut Program, fails: &dyn Fn(&Program) -> bool) {
    for k in (0..best.module.get(best.func).body.results.len()).rev() {
        let mut candidate = best.clone();
        let func = candidate.module.get_mut(candidate.func);
        if func.body.results.len() > 1 {
            func.body.results.remove(k);
            clean(func);
            if fails(&candidate) {
                *best = candidate;
            }
        }
    }
}

/// Drops parameters of the function that nothing uses.
fn fewer_params(best: &mut Program, fails: &dyn Fn(&Program) -> bool) {
    for k in (0..best.args.len()).rev() {
        let mut candidate = best.clone();
        let func = candidate.module.get_mut(candidate.func);
        let param = func.params()[k];
        if used(func).contains(&param) || func.params().len() == 1 {
            continue;
        }
        func.body.params.remove(func.sizes + k);
        candidate.args.remove(k);
        if fails(&candidate) {
            *best = candidate;
        }
    }
}

/// Makes sizes 1 or 2, with the arguments cut.
fn smaller_sizes(best: &mut Program, fails: &dyn Fn(&Program) -> bool) {
    for k in 0..best.sizes.len() {
        for n in 1..best.sizes[k] {
            let mut candidate = best.clone();
            candidate.sizes[k] = n;
            if cut(&mut candidate) && fails(&candidate) {
                *best = candidate;
                break;
            }
        }
    }
}

/// Cuts the arguments to the sizes.
fn cut(program: &mut Program) -> bool {
    let func = program.module.get(program.func);
    let of = |v: Value| {
        let place = func.size_params().iter().position(|s| *s == v);
        place.map_or(0, |k| program.sizes[k])
    };
    let mut args = Vec::new();
    for (&param, arg) in func.params().iter().zip(&program.args) {
        let ty = func.ty(param);
        let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(of) as usize).collect();
        let elements: Vec<Scalar> = arg.elements().to_vec();
        let elements = elements[..dims.iter().product::<usize>().min(elements.len())].to_vec();
        let Some(arg) = Array::new(ty.dtype, &dims, elements) else {
            return false;
        };
        args.push(arg);
    }
    program.args = args;
    true
}
