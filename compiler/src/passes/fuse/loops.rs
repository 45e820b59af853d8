//! Two loops as one.
//!
//! Before: a directional derivative runs the loop of the function, which stacks what the loop of the
//! tangents reads at its own index. After: one loop carries both, and nothing is stacked.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::merge::{interleave, is_read_at, joined};
use dfn_ir::derive::rename_block;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::Const;
use dfn_ir::scalar::Scalar;
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
    let (a, b) = (first.args.len(), second.args.len());
    let stacks = a..first.results.len();
    let (mut head, results) = joined(func, [&first, &second], 1, stacks);
    unpad(func, &mut head);
    let counts = [(a, b), (head.results.len() - a, results.len() - b)];
    head.results = interleave(&head.results, &results, &counts);
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

/// What the first loop padded, to stack it, and the second took the part of that counts, is that part.
fn unpad(func: &mut Function, block: &mut Block) {
    let mut padded: HashMap<Value, Inst> = HashMap::new();
    let mut same = HashMap::new();
    block.insts.retain(|&inst| {
        let data = &func.insts[inst];
        if matches!(data.op, Op::Concat(_)) {
            padded.extend(data.results.iter().map(|&v| (v, inst)));
        }
        let part = part_of(func, data, &padded);
        same.extend(data.results.iter().copied().zip(part));
        part.is_none()
    });
    if !same.is_empty() {
        rename_block(func, block, &same);
    }
}

/// The first operand of a padded array, if `data` is the slice of just that.
fn part_of(func: &Function, data: &InstData, padded: &HashMap<Value, Inst>) -> Option<Value> {
    let (Op::Slice(slice), &[whole, start]) = (&data.op, data.args.as_slice()) else {
        return None;
    };
    let concat = &func.insts[*padded.get(&whole)?];
    let first = concat.args.first().copied()?;
    let from_start = slice.step == 1 && is_zero(func, start);
    let along = matches!(&concat.op, Op::Concat(op) if op.axis == slice.axis);
    let result = data.results.first()?;
    (from_start && along && func.ty(*result) == func.ty(first)).then_some(first)
}

fn is_zero(func: &Function, value: Value) -> bool {
    func.insts.values().any(|data| {
        data.results.first() == Some(&value)
            && matches!(
                data.op,
                Op::Const(Const {
                    value: Scalar::I64(0)
                })
            )
    })
}
