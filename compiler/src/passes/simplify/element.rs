//! One element of what an instruction computes, or one part at leading indices, computed alone.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use dfn_ir::derive::rename_block;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::{Broadcast, Index, Kernel, Map, Reduce};
use dfn_ir::{Op, Type};
use smallvec::SmallVec;
use std::collections::HashMap;

/// A region of so many operations is little code.
const LITTLE: usize = 8;

/// Whether an element is computed about as quickly as it is loaded.
pub(super) fn is_light(func: &Function, inst: Inst) -> bool {
    let data = &func.insts[inst];
    let quick = |data: &InstData| {
        data.blocks.is_empty() && !matches!(data.op.kernel(), Some(Kernel::Elementary(_)))
    };
    match (&data.op, data.blocks.first()) {
        (Op::Map(_), Some(block)) => {
            let scalar = |inst: &Inst| {
                let data = &func.insts[*inst];
                quick(data) && data.results.iter().all(|&v| func.ty(v).is_scalar())
            };
            block.insts.len() <= LITTLE && block.insts.iter().all(scalar)
        }
        (Op::Broadcast(_), _) => true,
        (op, _) => op.kernel().is_some() && quick(data),
    }
}

/// How an element is computed.
pub(super) enum Element {
    /// Result `k` of a map's region.
    Run(usize),
    /// The operation on the elements of its operands.
    Same,
    /// A reduction of the part of the operand.
    Reduced(Reduce),
    /// The operand at the indices along these axes of the result, then repeated along axes.
    Repeated(Vec<usize>, Broadcast),
}

impl Element {
    /// How the part of `value`, a result of `inst`, at `count` leading indices is computed.
    pub(super) fn of(func: &Function, inst: Inst, value: Value, count: usize) -> Option<Element> {
        let data = &func.insts[inst];
        match &data.op {
            Op::Map(_) => {
                let at = data.results.iter().position(|&v| v == value)?;
                Some(Element::Run(at))
            }
            Op::Reduce(op) => {
                // The kept axes that are indexed come first.
                let first = op.axes.iter().all(|&axis| axis >= count);
                let axes = op.axes.iter().map(|axis| axis - count.min(*axis)).collect();
                first.then(|| Element::Reduced(Reduce { axes, ..op.clone() }))
            }
            Op::Broadcast(op) => {
                let indexed = op.axes.iter().take_while(|axis| **axis < count).count();
                let (indexed, rest) = op.axes.split_at_checked(indexed)?;
                let first = rest.iter().all(|&axis| axis >= count);
                let axes = rest.iter().map(|axis| axis - count.min(*axis)).collect();
                first.then(|| Element::Repeated(indexed.to_vec(), Broadcast { axes }))
            }
            op => op.kernel().map(|_| Element::Same),
        }
    }

    /// Emits the part of a result of `inst` at `index`, in the place of reading it as `read`.
    pub(super) fn emit(
        &self,
        func: &mut Function,
        inst: Inst,
        index: &[Value],
        read: Value,
        insts: &mut Vec<Inst>,
    ) -> Value {
        let data = func.insts[inst].clone();
        let ty = func.ty(read).clone();
        match self {
            Element::Run(at) => run(func, &data, *at, index, ty, insts),
            Element::Same => {
                let parts = data
                    .args
                    .iter()
                    .map(|&x| part(func, x, index, &data, insts));
                let parts: Vec<Value> = parts.collect();
                push(func, data.op.clone(), &parts, ty, &data, insts)
            }
            Element::Reduced(op) => {
                let x = data
                    .args
                    .first()
                    .map(|&x| part(func, x, index, &data, insts));
                push(func, Op::from(op.clone()), x.as_slice(), ty, &data, insts)
            }
            Element::Repeated(axes, op) => {
                let index = axes.iter().filter_map(|&axis| index.get(axis).copied());
                let index: Vec<Value> = index.collect();
                let x = data
                    .args
                    .first()
                    .map(|&x| part(func, x, &index, &data, insts));
                match (x, ty.rank()) {
                    (Some(x), 0) => x,
                    _ => push(func, Op::from(op.clone()), x.as_slice(), ty, &data, insts),
                }
            }
        }
    }
}

/// The part of an array at leading indices.
fn part(
    func: &mut Function,
    x: Value,
    index: &[Value],
    like: &InstData,
    insts: &mut Vec<Inst>,
) -> Value {
    if index.is_empty() {
        return x;
    }
    let mut ty = func.ty(x).clone();
    ty.shape = ty.shape.iter().skip(index.len()).cloned().collect();
    let args: Vec<Value> = [x].into_iter().chain(index.iter().copied()).collect();
    push(func, Op::from(Index), &args, ty, like, insts)
}

fn push(
    func: &mut Function,
    op: Op,
    args: &[Value],
    ty: Type,
    like: &InstData,
    insts: &mut Vec<Inst>,
) -> Value {
    let value = func.value(ty, None);
    insts.push(func.insts.push(InstData {
        op,
        args: SmallVec::from_slice(args),
        sizes: SmallVec::new(),
        results: SmallVec::from_slice(&[value]),
        blocks: Vec::new(),
        span: like.span,
    }));
    value
}

/// What runs of a map give: one run, or those along the axes that are not indexed.
fn run(
    func: &mut Function,
    data: &InstData,
    at: usize,
    index: &[Value],
    ty: Type,
    insts: &mut Vec<Inst>,
) -> Value {
    let Some(block) = data.blocks.first() else {
        return func.value(ty, None);
    };
    let mut names: HashMap<Value, Value> = block
        .params
        .iter()
        .copied()
        .zip(index.iter().copied())
        .collect();
    let mut made = Vec::new();
    let rank = data.sizes.len();
    let mut params = Vec::new();
    for &param in block.params.iter().skip(index.len()) {
        let new = func.value(func.ty(param).clone(), None);
        names.insert(param, new);
        params.push(new);
    }
    for &inner in &block.insts {
        made.push(copy(func, inner, &mut names));
    }
    let result = block.results.get(at).copied();
    let result = result.map_or_else(|| func.value(ty.clone(), None), |v| named(&names, v));
    if index.len() >= rank {
        insts.append(&mut made);
        let rest = index.get(rank..).unwrap_or_default();
        return part(func, result, rest, data, insts);
    }
    let value = func.value(ty, None);
    insts.push(func.insts.push(InstData {
        op: Op::from(Map {
            yields: 1,
            sums: 0,
            accs: 0,
        }),
        args: SmallVec::new(),
        sizes: data.sizes.iter().skip(index.len()).cloned().collect(),
        results: SmallVec::from_slice(&[value]),
        blocks: vec![Block {
            params,
            insts: made,
            results: vec![result],
        }],
        span: data.span,
    }));
    value
}

fn named(names: &HashMap<Value, Value>, value: Value) -> Value {
    names.get(&value).copied().unwrap_or(value)
}

/// A copy of an instruction with its regions, its results and what they define new. `names` takes the old
/// values to the new ones.
pub(super) fn copy(func: &mut Function, inst: Inst, names: &mut HashMap<Value, Value>) -> Inst {
    let mut data = func.insts[inst].clone();
    for inner in &mut data.blocks {
        copy_insts(func, inner, names);
    }
    define(func, &mut data.results, names);
    let copy = func.insts.push(data);
    // What the copy needs, and the types of what it defines, are renamed as those of a block with it alone.
    let mut alone = Block {
        params: Vec::new(),
        insts: vec![copy],
        results: Vec::new(),
    };
    rename_block(func, &mut alone, names);
    copy
}

fn copy_insts(func: &mut Function, block: &mut Block, names: &mut HashMap<Value, Value>) {
    define(func, &mut block.params, names);
    for inst in &mut block.insts {
        let mut data = func.insts[*inst].clone();
        for inner in &mut data.blocks {
            copy_insts(func, inner, names);
        }
        define(func, &mut data.results, names);
        *inst = func.insts.push(data);
    }
}

/// New values in the place of `values`.
fn define(func: &mut Function, values: &mut [Value], names: &mut HashMap<Value, Value>) {
    for value in values {
        let data = func.values[*value].clone();
        let new = func.value(data.ty, data.name);
        names.insert(*value, new);
        *value = new;
    }
}
