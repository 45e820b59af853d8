//! Operations on whole arrays between two maps: the second map does them on the parts that it reads.
//!
//! Before: `y = map …`, `e = 2 * y`, and a map that reads `e[i]` at its own index `i`, as the gradient of
//! `sum(y * y)` does. After: that map reads `y[i]` and doubles it, so that the two maps can be one.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use dfn_ir::Op;
use dfn_ir::derive::needs;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::op::Effect;
use dfn_ir::ops::Index;
use smallvec::SmallVec;
use std::collections::HashMap;

/// How many operations are followed back to a map.
const REACH: usize = 16;

/// Takes operations on whole arrays, made of what maps like the one at `at` yield, into that map, where
/// nothing else uses what they give.
pub(super) fn absorb(func: &mut Function, block: &Block, at: usize) {
    let map = block.insts[at];
    if !matches!(func.insts[map].op, Op::Map(_)) {
        return;
    }
    let places: HashMap<Value, Inst> = block.insts[..at]
        .iter()
        .flat_map(|&inst| func.insts[inst].results.iter().map(move |&v| (v, inst)))
        .collect();
    for _ in 0..REACH {
        let found = needs(func, &func.insts[map]).into_iter().find(|&value| {
            let whole = places
                .get(&value)
                .filter(|&&inst| is_whole(func, map, inst));
            whole.is_some()
                && leads_to_map(func, &places, map, value, REACH)
                && is_read_at_own_index(func, map, value)
                && !is_used_elsewhere(func, block, map, value)
        });
        match found.and_then(|value| places.get(&value)) {
            Some(&inst) => take_in(func, map, inst),
            None => return,
        }
    }
}

/// Whether `inst` is an operation on each element of arrays that have the axes of the map.
fn is_whole(func: &Function, map: Inst, inst: Inst) -> bool {
    let (map, data) = (&func.insts[map], &func.insts[inst]);
    let fits = |v: &Value| func.ty(*v).shape.starts_with(&map.sizes);
    data.op.kernel().is_some()
        && data.op.effect() == Effect::Pure
        && data.results.len() == 1
        && data.results.iter().chain(&data.args).all(fits)
}

fn leads_to_map(
    func: &Function,
    places: &HashMap<Value, Inst>,
    map: Inst,
    value: Value,
    reach: usize,
) -> bool {
    let Some(&inst) = places.get(&value).filter(|_| reach > 0) else {
        return false;
    };
    let data = &func.insts[inst];
    super::is_like(data, &func.insts[map])
        || is_whole(func, map, inst)
            && (data.args.iter()).any(|&v| leads_to_map(func, places, map, v, reach - 1))
}

fn is_read_at_own_index(func: &Function, map: Inst, value: Value) -> bool {
    let data = &func.insts[map];
    let [block] = data.blocks.as_slice() else {
        return false;
    };
    let index = block.params.get(..data.sizes.len()).unwrap_or_default();
    !data.args.contains(&value)
        && super::merge::is_read_at(func, block, index, &|v| *v == value, &[value])
}

fn is_used_elsewhere(func: &Function, block: &Block, map: Inst, value: Value) -> bool {
    let mut others = block.insts.iter().filter(|&&inst| inst != map);
    block.results.contains(&value)
        || others.any(|&inst| needs(func, &func.insts[inst]).contains(&value))
}

/// Does the operation `inst` in the region of `map`, on the parts at its index.
fn take_in(func: &mut Function, map: Inst, inst: Inst) {
    let data = func.insts[inst].clone();
    let rank = func.insts[map].sizes.len();
    let Some(mut block) = func.insts[map].blocks.pop() else {
        return;
    };
    let index = block.params.get(..rank).unwrap_or_default().to_vec();
    let mut made = Vec::new();
    let parts: Vec<Value> = (data.args.iter())
        .map(|&x| {
            let args = [x].into_iter().chain(index.iter().copied()).collect();
            push(func, Index.into(), args, x, rank, &data, &mut made)
        })
        .collect();
    if let Some(&whole) = data.results.first() {
        let part = push(
            func,
            data.op.clone(),
            parts.into(),
            whole,
            rank,
            &data,
            &mut made,
        );
        read_part(func, &block, whole, part, rank);
    }
    block.insts.splice(0..0, made);
    func.insts[map].blocks.push(block);
}

/// Adds an operation that gives the part of an array like `x` at `rank` indices.
fn push(
    func: &mut Function,
    op: Op,
    args: SmallVec<[Value; 3]>,
    x: Value,
    rank: usize,
    like: &InstData,
    made: &mut Vec<Inst>,
) -> Value {
    let ty = func.ty(x).drop_axes(rank);
    let value = func.value(ty, None);
    made.push(func.insts.push(InstData {
        op,
        args,
        sizes: SmallVec::new(),
        results: SmallVec::from_slice(&[value]),
        blocks: Vec::new(),
        span: like.span,
    }));
    value
}

/// Reads of `whole` at the index of the map become reads of `part`.
fn read_part(func: &mut Function, block: &Block, whole: Value, part: Value, rank: usize) {
    for &inst in &block.insts {
        let data = &mut func.insts[inst];
        if data.args.first() == Some(&whole) {
            let rest = data.args.iter().skip(1 + rank).copied();
            data.args = [part].into_iter().chain(rest).collect();
        }
        let blocks = std::mem::take(&mut func.insts[inst].blocks);
        for inner in &blocks {
            read_part(func, inner, whole, part, rank);
        }
        func.insts[inst].blocks = blocks;
    }
}
