//! Copying instructions between functions, with their values renamed.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::builder::{Builder, Parts};
use crate::function::{Block, Function, Inst, Value};
use std::collections::HashMap;

/// Copies the instructions of `block` in `source` to the current point of `builder`. `map` takes the
/// values of the source to those of the builder and is extended by what is defined on the way.
pub fn copy_body(
    builder: &mut Builder,
    source: &Function,
    block: &Block,
    map: &mut HashMap<Value, Value>,
) {
    for &inst in &block.insts {
        copy_inst(builder, source, inst, map);
    }
}

/// Copies one instruction with its regions; returns the new one.
pub(crate) fn copy_inst(
    builder: &mut Builder,
    source: &Function,
    inst: Inst,
    map: &mut HashMap<Value, Value>,
) -> Inst {
    let data = &source.insts[inst];
    let blocks = data
        .blocks
        .iter()
        .map(|b| copy_block(builder, source, b, map))
        .collect();
    let args = data.args.iter().map(|&v| renamed(map, v)).collect();
    let sizes = data
        .sizes
        .iter()
        .map(|s| s.rename(|v| renamed(map, v)))
        .collect();
    let outer = builder.at(data.span);
    let mut results = smallvec::SmallVec::new();
    for &result in &data.results {
        let ty = source.ty(result).rename(|v| renamed(map, v));
        let value = builder.fresh(ty, source.values[result].name.clone());
        map.insert(result, value);
        results.push(value);
    }
    let parts = Parts {
        args,
        sizes,
        blocks,
        wanted: Vec::new(),
    };
    let new = builder.push_with(data.op.clone(), parts, results);
    builder.at(outer);
    new
}

/// Copies a region: parameters, instructions and results.
pub(crate) fn copy_block(
    builder: &mut Builder,
    source: &Function,
    block: &Block,
    map: &mut HashMap<Value, Value>,
) -> Block {
    builder.open();
    copy_params(builder, source, &block.params, map);
    copy_body(builder, source, block, map);
    let results = block.results.iter().map(|&v| renamed(map, v)).collect();
    builder.close(results)
}

/// Adds parameters like `params` to the innermost open block.
pub(crate) fn copy_params(
    builder: &mut Builder,
    source: &Function,
    params: &[Value],
    map: &mut HashMap<Value, Value>,
) {
    for &param in params {
        let ty = source.ty(param).rename(|v| renamed(map, v));
        let value = builder.param(ty, source.values[param].name.clone());
        map.insert(param, value);
    }
}

/// What `map` makes of `value`; a value that it does not know stays.
pub(crate) fn renamed(map: &HashMap<Value, Value>, value: Value) -> Value {
    map.get(&value).copied().unwrap_or(value)
}

/// Replaces values in the operands, sizes, types and results of `block`, nested regions included.
pub fn rename_block(func: &mut Function, block: &mut Block, map: &HashMap<Value, Value>) {
    for result in &mut block.results {
        *result = renamed(map, *result);
    }
    for &inst in &block.insts {
        let data = &mut func.insts[inst];
        for arg in &mut data.args {
            *arg = renamed(map, *arg);
        }
        for size in &mut data.sizes {
            *size = size.rename(|v| renamed(map, v));
        }
        let results = data.results.clone();
        let mut blocks = std::mem::take(&mut data.blocks);
        let params = blocks.iter().flat_map(|inner| &inner.params);
        for &value in results.iter().chain(params) {
            let ty = func.values[value].ty.rename(|v| renamed(map, v));
            func.values[value].ty = ty;
        }
        for inner in &mut blocks {
            rename_block(func, inner, map);
        }
        func.insts[inst].blocks = blocks;
    }
}
