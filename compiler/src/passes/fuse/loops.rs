//! Two loops as one.
//!
//! Before: a directional derivative runs the loop of the function, which stacks what the loop of the
//! tangents reads at its own index. After: one loop carries both, and nothing is stacked.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::merge::{hand_over, interleave, is_read_at};
use dfn_ir::derive::rename_block;
use dfn_ir::function::{Function, Inst, InstData, Value};
use dfn_ir::{Op, Size};
use std::collections::HashMap;

/// Whether both are loops that run alike.
pub(super) fn are_alike(first: &InstData, second: &InstData) -> bool {
    match (&first.op, &second.op) {
        (Op::For(a), Op::For(b)) => a == b && first.sizes == second.sizes,
        _ => false,
    }
}

/// Whether everything that loop `two` takes of loop `one` is what that stacks, read at the same index.
pub(super) fn reads_own_index(func: &Function, one: Inst, two: Inst) -> bool {
    let (first, second) = (&func.insts[one], &func.insts[two]);
    let [block] = second.blocks.as_slice() else {
        return false;
    };
    let stacks = first.results.get(first.args.len()..).unwrap_or_default();
    let is_made = |v: &Value| first.results.contains(v);
    let sizes = second.sizes.iter().flat_map(Size::values);
    if sizes
        .chain(second.args.iter().copied())
        .any(|v| is_made(&v))
    {
        return false;
    }
    let index = block.params.get(..1).unwrap_or_default();
    is_read_at(func, block, index, &|v| is_made(v), stacks)
}

/// Makes one loop of two; `two` reads what `one` stacks at its own index only.
pub(super) fn merge(func: &mut Function, one: Inst, two: Inst) -> Inst {
    let (first, second) = (func.insts[one].clone(), func.insts[two].clone());
    let [mut head, mut tail] = [&first, &second].map(|data| data.blocks[0].clone());
    let own: HashMap<Value, Value> = (tail.params.iter().copied())
        .zip(head.params.iter().copied())
        .take(1)
        .collect();
    rename_block(func, &mut tail, &own);
    let (a, b) = (first.args.len(), second.args.len());
    let stacked = first
        .results
        .iter()
        .copied()
        .zip(head.results.iter().copied());
    let values = stacked.skip(a).collect();
    hand_over(func, &mut tail, 1, &values);
    head.params.extend(tail.params.drain(1..));
    head.insts.append(&mut tail.insts);
    let counts = [(a, b), (head.results.len() - a, tail.results.len() - b)];
    head.results = interleave(&head.results, &tail.results, &counts);
    let data = InstData {
        op: first.op.clone(),
        args: first.args.iter().chain(&second.args).copied().collect(),
        sizes: first.sizes.clone(),
        results: interleave(&first.results, &second.results, &counts).into(),
        blocks: vec![head],
        span: first.span,
    };
    func.insts.push(data)
}
