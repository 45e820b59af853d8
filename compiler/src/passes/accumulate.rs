//! The pass `accumulate`: accumulations whose place is known become plain results.
//!
//! Before: a `map` or `for` adds to an accumulator in each run. After: where every run adds at its own
//! index, or a map in it at the indices of both, the region gives the addend as a stacked result; where all
//! runs add at one place, a `map` gives it as a sum; one addition after the region is left. Why here: after `transpose`, which makes the
//! accumulations, and before `simplify`, which makes an accumulator that is filled once a value.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

mod nested;

use super::state::{PassError, State};
use dfn_ir::Type;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::{AccAdd, Add};
use dfn_ir::{Module, Op};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};

/// Runs the pass.
pub(crate) fn accumulate(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    for id in module.ids() {
        let func = module.get_mut(id);
        if func.marks.snapshots.is_some() {
            // Its loops are to be taken apart step by step, so what they carry they keep.
            continue;
        }
        let mut body = std::mem::take(&mut func.body);
        block(func, &mut body);
        func.body = body;
    }
    Ok(())
}

/// Rewrites the regions of `block`, innermost first.
fn block(func: &mut Function, block: &mut Block) {
    let mut insts = Vec::with_capacity(block.insts.len());
    for inst in std::mem::take(&mut block.insts) {
        let mut data = func.insts[inst].clone();
        let mut after = Vec::new();
        if !data.blocks.is_empty() {
            data.blocks
                .iter_mut()
                .for_each(|inner| self::block(func, inner));
            data.blocks.iter_mut().for_each(|inner| merge(func, inner));
            if matches!(data.op, Op::Map(_) | Op::For(_)) {
                after = region(func, &mut data);
            }
            func.insts[inst] = data;
        }
        insts.push(inst);
        insts.extend(after);
    }
    block.insts = insts;
}

/// Two additions to one accumulator at the same place become one.
fn merge(func: &mut Function, block: &mut Block) {
    let mut adds: HashMap<Value, Inst> = HashMap::new();
    let mut insts = Vec::with_capacity(block.insts.len());
    for inst in std::mem::take(&mut block.insts) {
        let data = func.insts[inst].clone();
        if let (Op::AccAdd(_), &[acc, x, ref place @ ..]) = (&data.op, data.args.as_slice()) {
            let first = adds
                .get(&acc)
                .map(|&first| (first, func.insts[first].args.clone()));
            match first {
                Some((first, args)) if args.get(2..) == Some(place) => {
                    let (Some(&start), Some(&y)) = (args.first(), args.get(1)) else {
                        continue;
                    };
                    let ty = func.ty(x).clone();
                    let sum = func.value(ty, None);
                    insts.retain(|i| *i != first);
                    insts.push(push(func, Add.into(), &[y, x], sum, &data));
                    let all: Vec<Value> = [start, sum]
                        .into_iter()
                        .chain(place.iter().copied())
                        .collect();
                    func.insts[inst].args = all.into();
                }
                _ => {}
            }
            adds.extend(data.results.first().map(|&result| (result, inst)));
        }
        insts.push(inst);
    }
    block.insts = insts;
}

fn push(func: &mut Function, op: Op, args: &[Value], result: Value, like: &InstData) -> Inst {
    func.insts.push(InstData {
        op,
        args: SmallVec::from_slice(args),
        sizes: SmallVec::new(),
        results: SmallVec::from_slice(&[result]),
        blocks: Vec::new(),
        span: like.span,
    })
}

/// What one run adds to an accumulator, and where.
struct Addition {
    inst: Inst,
    addend: Value,
    /// Indices that are the same in all runs.
    prefix: Vec<Value>,
    /// Whether the run's own indices follow.
    own: bool,
}

/// Turns what accumulators it can into results; gives the additions to be done after the region.
fn region(func: &mut Function, data: &mut InstData) -> Vec<Inst> {
    let mut after = Vec::new();
    let mut k = 0;
    while k < data.args.len() {
        let accumulator = data
            .args
            .get(k)
            .is_some_and(|v| func.ty(*v).is_accumulator());
        let found = addition(func, data, k).filter(|_| accumulator);
        let lifted = found.and_then(|found| lift(func, data, k, found));
        let lifted = match lifted {
            None if accumulator => nested::nested(func, data, k),
            lifted => lifted.map(|inst| vec![inst]),
        };
        match lifted {
            Some(insts) => after.extend(insts),
            None => k += 1,
        }
    }
    after
}

/// The only addition to the accumulator operand `k`, if its place is known.
fn addition(func: &Function, data: &InstData, k: usize) -> Option<Addition> {
    let block = data.blocks.first()?;
    let first_param = block.params.len().checked_sub(data.args.len())?;
    let indices = match data.op {
        Op::For(_) => block.params.get(..1)?,
        _ => block.params.get(..first_param)?,
    };
    let param = *block.params.get(first_param + k)?;
    let result = *block.results.get(result_of(data, k))?;
    let adds_here = |inst: &&Inst| {
        let add = &func.insts[**inst];
        matches!(add.op, Op::AccAdd(_)) && add.args.first() == Some(&param)
    };
    let inst = *block.insts.iter().find(adds_here)?;
    let add = &func.insts[inst];
    if add.results.first() != Some(&result) {
        return None;
    }
    let place = add.args.get(2..)?;
    let inside = defined(func, block);
    let split = place.len().saturating_sub(indices.len());
    let (prefix, rest) = place.split_at_checked(split)?;
    let own = rest == indices;
    let prefix = if own { prefix } else { place };
    let invariant = prefix.iter().all(|v| !inside.contains(v));
    let addend = *add.args.get(1)?;
    invariant.then(|| Addition {
        inst,
        addend,
        prefix: prefix.to_vec(),
        own,
    })
}

/// The position among the region's results of the accumulator operand `k`.
fn result_of(data: &InstData, k: usize) -> usize {
    match &data.op {
        Op::Map(map) => map.yields + map.sums + k,
        _ => k,
    }
}

fn defined(func: &Function, block: &Block) -> HashSet<Value> {
    let mut values: HashSet<Value> = block.params.iter().copied().collect();
    func.walk(block, &mut |_, data| {
        values.extend(&data.results);
        values.extend(data.blocks.iter().flat_map(|inner| &inner.params));
    });
    values
}

/// Makes the addend a result of the region in place of the accumulator; gives the addition after it.
fn lift(func: &mut Function, data: &mut InstData, k: usize, found: Addition) -> Option<Inst> {
    let acc = *data.args.get(k)?;
    let covered = func.ty(acc).drop_axes(found.prefix.len());
    let addend = func.ty(found.addend).clone();
    let ty = match found.own {
        true => addend.stacked(&data.sizes),
        false => addend,
    };
    if ty != covered.contents() || (!found.own && !matches!(data.op, Op::Map(_))) {
        return None;
    }
    let (before, total) = yielded(func, data, k, found.addend, (found.own, ty))?;
    data.blocks
        .first_mut()?
        .insts
        .retain(|inst| *inst != found.inst);
    let args: Vec<Value> = [acc, total].into_iter().chain(found.prefix).collect();
    Some(push(func, AccAdd.into(), &args, before, data))
}

/// Puts `addend` in the place of the accumulator operand `k`, stacked if `own` and else summed up; gives
/// what the accumulator was after the region, and the new result.
fn yielded(
    func: &mut Function,
    data: &mut InstData,
    k: usize,
    addend: Value,
    (own, ty): (bool, Type),
) -> Option<(Value, Value)> {
    let old = result_of(data, k);
    let place = place_of_result(data, own);
    let total = func.value(ty, None);
    let before = *data.results.get(old)?;
    data.args.remove(k);
    data.results.remove(old);
    data.results.insert(place, total);
    let block = data.blocks.first_mut()?;
    block.results.remove(old);
    block.results.insert(place, addend);
    let first_param = block.params.len() - data.args.len() - 1;
    block.params.remove(first_param + k);
    if let Op::Map(map) = &mut data.op {
        map.accs -= 1;
        map.yields += usize::from(own);
        map.sums += usize::from(!own);
    }
    Some((before, total))
}

/// Where a new result goes, the accumulator's own place having been taken out.
fn place_of_result(data: &InstData, own: bool) -> usize {
    match (&data.op, own) {
        (Op::Map(map), true) => map.yields,
        (Op::Map(map), false) => map.yields + map.sums,
        // Stacked results come last.
        _ => data.results.len() - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfn_ir::text::{function_to_string, parse};

    fn run(source: &str) -> String {
        let mut module = parse(source).expect("the source is IR");
        assert_eq!(dfn_ir::verify::verify(&module), Vec::new());
        accumulate(&mut module, &mut State::default()).expect("the pass cannot fail");
        assert_eq!(dfn_ir::verify::verify(&module), Vec::new());
        let id = module.ids().next().expect("there is a function");
        function_to_string(module.get(id), Some(&module))
    }

    #[test]
    fn own_index_becomes_a_yield_and_one_place_a_sum() {
        insta::assert_snapshot!(run(
            "func @f[%n, %m](%a: acc f64[%n, %m], %b: acc f64[%m], %c: acc f64[%n], %x: f64[%n, %m], %k: i64[%n]) -> (acc f64[%n, %m], acc f64[%m], acc f64[%n]) {
               %p, %q, %r = map [%n] %a, %b, %c {yields = 0, sums = 0, accs = 3} : acc f64[%n, %m], acc f64[%m], acc f64[%n] do {
                 (%i: i64, %u: acc f64[%n, %m], %v: acc f64[%m], %w: acc f64[%n]):
                 %row = index %x, %i : f64[%m]
                 %s = map [%m] %u {yields = 0, sums = 0, accs = 1} : acc f64[%n, %m] do {
                   (%j: i64, %u1: acc f64[%n, %m]):
                   %e = index %row, %j : f64
                   %u2 = acc_add %u1, %e, %i, %j : acc f64[%n, %m]
                   %u3 = acc_add %u2, %e, %i, %j : acc f64[%n, %m]
                   yield %u3
                 }
                 %t = acc_add %v, %row : acc f64[%m]
                 %h = index %k, %i : i64
                 %one = const {value = f64 1.0} : f64
                 %z = acc_add %w, %one, %h : acc f64[%n]
                 yield %s, %t, %z
               }
               return %p, %q, %r
             }",
        ));
    }

    #[test]
    fn indices_of_two_maps_in_another_order_become_a_transposition() {
        insta::assert_snapshot!(run(
            "func @f[%n, %m](%a: acc f64[2, %m, %n], %x: f64[%n, %m]) -> (acc f64[2, %m, %n]) {
               %k = const {value = i64 1} : i64
               %p = map [%n] %a {yields = 0, sums = 0, accs = 1} : acc f64[2, %m, %n] do {
                 (%i: i64, %u: acc f64[2, %m, %n]):
                 %s = map [%m] %u {yields = 0, sums = 0, accs = 1} : acc f64[2, %m, %n] do {
                   (%j: i64, %u1: acc f64[2, %m, %n]):
                   %e = index %x, %i, %j : f64
                   %u2 = acc_add %u1, %e, %k, %j, %i : acc f64[2, %m, %n]
                   yield %u2
                 }
                 yield %s
               }
               return %p
             }",
        ));
    }

    #[test]
    fn a_place_that_is_no_index_stays_an_addition() {
        // Places `[j, j]` do not cover the accumulator, and those of `%k` may be equal.
        for place in ["%j, %j", "%h, %i"] {
            let made = run(&format!(
                "func @f[%n](%a: acc f64[%n, %n], %x: f64[%n, %n], %k: i64[%n]) -> (acc f64[%n, %n]) {{
                   %p = map [%n] %a {{yields = 0, sums = 0, accs = 1}} : acc f64[%n, %n] do {{
                     (%i: i64, %u: acc f64[%n, %n]):
                     %s = map [%n] %u {{yields = 0, sums = 0, accs = 1}} : acc f64[%n, %n] do {{
                       (%j: i64, %u1: acc f64[%n, %n]):
                       %e = index %x, %i, %j : f64
                       %h = index %k, %j : i64
                       %u2 = acc_add %u1, %e, {place} : acc f64[%n, %n]
                       yield %u2
                     }}
                     yield %s
                   }}
                   return %p
                 }}"
            ));
            assert!(
                made.contains("accs = 1") && !made.contains("transpose"),
                "{made}"
            );
        }
    }

    #[test]
    fn a_loop_that_fills_in_its_own_index_stacks() {
        insta::assert_snapshot!(run(
            "func @f[%n](%a: acc f64[%n], %x: f64) -> (acc f64[%n], f64) {
               %p, %y = for [%n] %a, %x {direction = down} : acc f64[%n], f64 do {
                 (%i: i64, %u: acc f64[%n], %s: f64):
                 %t = mul %s, %s : f64
                 %v = acc_add %u, %t, %i : acc f64[%n]
                 yield %v, %t
               }
               return %p, %y
             }",
        ));
    }
}
