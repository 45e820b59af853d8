//! The pass `flatten`: a map in a map, and what is reduced of it, become one map and one reduction.
//!
//! Before: each run of a map runs another one, and reduces what that yields to a number. After: one map
//! over the indices of both, and one reduction along the inner ones; what else the outer map does reads
//! the results at its index. Why here: after `fuse`, which looks for maps of the same extents, and before
//! `order`, which gives a reduction along the last axes the order of the reductions in the runs. Maps of
//! short known extents are left for `unroll`.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::bodies::each_body;
use super::simplify::effects::Effects;
use super::state::{PassError, State};
use dfn_ir::derive::{needs, rename_block};
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::{Index, Map, Reduce};
use dfn_ir::{Module, Op, Size};
use smallvec::SmallVec;
use std::collections::HashMap;

/// Extents up to this one are short.
const SHORT: i64 = 32;

/// Runs the pass.
pub(crate) fn flatten(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    each_body(module, block);
    Ok(())
}

/// Flattens the maps in the regions of a block, then those of the block.
fn block(func: &mut Function, effects: &Effects, block: &mut Block) {
    let mut insts = Vec::with_capacity(block.insts.len());
    for inst in std::mem::take(&mut block.insts) {
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        for inner in &mut blocks {
            self::block(func, effects, inner);
        }
        func.insts[inst].blocks = blocks;
        let fits = matches!(func.insts[inst].op, Op::Map(_));
        if fits && effects.is_pure(func, &func.insts[inst]) {
            while let Some(inner) = inner(func, inst) {
                insts.extend(hoist(func, inst, &inner));
            }
        }
        // Nothing may be left of the outer map.
        if !fits || !func.insts[inst].results.is_empty() {
            insts.push(inst);
        }
    }
    block.insts = insts;
}

/// A map in the region of another one.
struct Inner {
    map: Inst,
    /// Index functions in the region that it needs, in order.
    needs: Vec<Inst>,
    /// Reductions of what it yields to numbers.
    reductions: Vec<Inst>,
}

/// A map in the region of `outer` that can be hoisted.
fn inner(func: &Function, outer: Inst) -> Option<Inner> {
    let block = func.insts[outer].blocks.first()?;
    block
        .insts
        .iter()
        .find_map(|&map| candidate(func, outer, block, map))
}

fn candidate(func: &Function, outer: Inst, block: &Block, map: Inst) -> Option<Inner> {
    let data = &func.insts[map];
    let (Op::Map(op), Some(body)) = (&data.op, data.blocks.first()) else {
        return None;
    };
    let short = |size: &Size| size.as_constant().is_some_and(|n| n <= SHORT);
    let scalar = |inst: &Inst| {
        let data = &func.insts[*inst];
        let rank = data.results.iter().all(|&v| func.ty(v).is_scalar());
        rank && data.blocks.is_empty()
    };
    if op.yields != data.results.len()
        || data.sizes.iter().all(short)
        || !body.insts.iter().all(scalar)
        || !body.results.iter().all(|&v| func.ty(v).is_scalar())
    {
        return None;
    }
    let reductions = reductions(func, outer, block, map)?;
    let perfect = reductions.is_empty();
    let needs = index_functions(func, block, map, perfect)?;
    // Without a reduction, nothing is gained unless the outer map does nothing else.
    let all = block.insts.len() == needs.len() + 1 && data.results.len() == block.results.len();
    (!perfect || all).then_some(Inner {
        map,
        needs,
        reductions,
    })
}

/// What `map` needs of the region `block` around it, if that is index functions of the region's indices
/// only, none of them in a type; reading a number is one where `scalars` says so.
fn index_functions(func: &Function, block: &Block, map: Inst, scalars: bool) -> Option<Vec<Inst>> {
    let mut wanted = needs(func, &func.insts[map]);
    let mut types: Vec<Value> = sizes_of(func, map);
    let mut found = Vec::new();
    for &inst in block.insts.iter().rev() {
        let data = &func.insts[inst];
        if inst == map || !data.results.iter().any(|v| wanted.contains(v)) {
            continue;
        }
        let array = data.results.iter().all(|&v| func.ty(v).rank() > 0);
        let free = matches!(data.op, Op::Const(_) | Op::SizeOf(_))
            || matches!(data.op, Op::Index(_)) && (array || scalars);
        if !free || data.results.iter().any(|v| types.contains(v)) {
            return None;
        }
        wanted.extend(needs(func, data));
        types.extend(data.results.iter().flat_map(|&v| func.ty(v).values()));
        found.push(inst);
    }
    if block.params.iter().any(|v| types.contains(v)) {
        return None;
    }
    found.reverse();
    Some(found)
}

/// The values in the sizes and types of an instruction.
fn sizes_of(func: &Function, inst: Inst) -> Vec<Value> {
    let data = &func.insts[inst];
    let types = data.results.iter().flat_map(|&v| func.ty(v).values());
    data.sizes
        .iter()
        .flat_map(Size::values)
        .chain(types)
        .collect()
}

/// The reductions to numbers of what `map` yields, if all else that reads it is that `outer` yields it,
/// once.
fn reductions(func: &Function, outer: Inst, block: &Block, map: Inst) -> Option<Vec<Inst>> {
    let Op::Map(op) = &func.insts[outer].op else {
        return None;
    };
    let made = &func.insts[map].results;
    let mut found = Vec::new();
    for &inst in block.insts.iter().filter(|inst| **inst != map) {
        let data = &func.insts[inst];
        if !needs(func, data).iter().any(|v| made.contains(v)) {
            continue;
        }
        match &data.op {
            Op::Reduce(op)
                if Some(op.axes.len()) == data.args.first().map(|&x| func.ty(x).rank()) =>
            {
                found.push(inst);
            }
            _ => return None,
        }
    }
    for value in made {
        let at = block
            .results
            .iter()
            .enumerate()
            .filter(|(_, v)| *v == value);
        let mut at = at.map(|(k, _)| k);
        if at.next().is_some_and(|k| k >= op.yields) || at.next().is_some() {
            return None;
        }
    }
    Some(found)
}

/// Takes a map and its reductions out of the region of `outer`: what is to stand before it.
fn hoist(func: &mut Function, outer: Inst, inner: &Inner) -> Vec<Inst> {
    let mut data = func.insts[outer].clone();
    let mut block = data.blocks.swap_remove(0);
    let sizes = data.sizes.clone();
    let indices: Vec<Value> = block.params.iter().take(sizes.len()).copied().collect();
    let map = widened(func, &sizes, &indices, inner);
    let mut before = vec![map];
    block.insts.retain(|inst| *inst != inner.map);
    for (slot, &value) in func.insts[inner.map].results.clone().iter().enumerate() {
        if let Some(result) = take_yield(&mut data, &mut block, value) {
            func.insts[map].results[slot] = result;
        }
        let whole = func.insts[map].results[slot];
        for &inst in &inner.reductions {
            if func.insts[inst].args.first() != Some(&value) {
                continue;
            }
            let number = func.insts[inst].results[0];
            let all = reduced(func, &sizes, (inst, whole));
            if let Some(result) = take_yield(&mut data, &mut block, number) {
                func.insts[all].results[0] = result;
            }
            turn_to_index(func, inst, (all, &indices));
            before.push(all);
        }
    }
    data.blocks.push(block);
    func.insts[outer] = data;
    before
}

/// What the outer map stacks of `value`, taken out of its results: something hoisted is that now.
fn take_yield(data: &mut InstData, block: &mut Block, value: Value) -> Option<Value> {
    let Op::Map(op) = &mut data.op else {
        return None;
    };
    let mut yields = block.results.iter().take(op.yields);
    let k = yields.position(|v| *v == value)?;
    op.yields -= 1;
    block.results.remove(k);
    Some(data.results.remove(k))
}

/// The inner map over the indices of both.
fn widened(func: &mut Function, sizes: &[Size], indices: &[Value], inner: &Inner) -> Inst {
    let data = func.insts[inner.map].clone();
    let mut block = data.blocks[0].clone();
    let mut names: HashMap<Value, Value> = HashMap::new();
    for &index in indices {
        let (ty, name) = (func.ty(index).clone(), func.values[index].name.clone());
        names.insert(index, func.value(ty, name));
    }
    let mut insts = Vec::new();
    for &inst in &inner.needs {
        let mut data = func.insts[inst].clone();
        for result in &mut data.results {
            let (ty, name) = (func.ty(*result).clone(), func.values[*result].name.clone());
            let fresh = func.value(ty, name);
            names.insert(*result, fresh);
            *result = fresh;
        }
        let known = |v: Value| names.get(&v).copied().unwrap_or(v);
        data.args.iter_mut().for_each(|v| *v = known(*v));
        data.sizes.iter_mut().for_each(|s| *s = s.rename(known));
        insts.push(func.insts.push(data));
    }
    rename_block(func, &mut block, &names);
    insts.append(&mut block.insts);
    let outer = indices.iter().filter_map(|v| names.get(v).copied());
    block.params = outer.chain(block.params).collect();
    block.insts = insts;
    let mut results = SmallVec::new();
    for &value in &data.results {
        let (ty, name) = (
            func.ty(value).stacked(sizes),
            func.values[value].name.clone(),
        );
        results.push(func.value(ty, name));
    }
    func.insts.push(InstData {
        op: Op::Map(Map {
            yields: data.results.len(),
            sums: 0,
            accs: 0,
        }),
        sizes: sizes.iter().chain(&data.sizes).cloned().collect(),
        results,
        blocks: vec![block],
        ..data
    })
}

/// The reduction `inst` of one run, for all runs at once, of what all runs yield.
fn reduced(func: &mut Function, sizes: &[Size], (inst, whole): (Inst, Value)) -> Inst {
    let mut data = func.insts[inst].clone();
    if let Op::Reduce(op) = &data.op {
        let axes = op.axes.iter().map(|axis| axis + sizes.len()).collect();
        data.op = Op::Reduce(Reduce { axes, ..op.clone() });
    }
    data.args = SmallVec::from_slice(&[whole]);
    for result in &mut data.results {
        let ty = func.ty(*result).stacked(sizes);
        *result = func.value(ty, None);
    }
    func.insts.push(data)
}

/// Makes the reduction `inst` of one run read its result in that of all runs.
fn turn_to_index(func: &mut Function, inst: Inst, (all, indices): (Inst, &[Value])) {
    let all = func.insts[all].results.first().copied();
    let data = &mut func.insts[inst];
    data.op = Op::Index(Index);
    data.args = all.into_iter().chain(indices.iter().copied()).collect();
}
