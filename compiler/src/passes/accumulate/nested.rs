//! A map in a map that adds, once at each place, at the indices of both: in the order of the accumulator's
//! axes these may stand in any order, as `[c, i]` where the outer map runs along `i`. What all runs add is an
//! array, and this array transposed is added after both.

use super::{defined, push, result_of, yielded};
use dfn_ir::Op;
use dfn_ir::function::{Function, Inst, InstData, Value};
use dfn_ir::ops::{AccAdd, Transposed};
use smallvec::SmallVec;

/// The only addition to an accumulator of the outer map.
struct Inner {
    /// The inner map, and which of its operands the accumulator is.
    map: Inst,
    operand: usize,
    add: Inst,
    addend: Value,
    /// Indices that are the same in all runs.
    prefix: Vec<Value>,
    /// Axis `k` that is added to is axis `axes[k]` of what all runs add.
    axes: Vec<usize>,
}

/// Makes what is added to the accumulator operand `k` of the map `data` a result; gives what follows the map.
pub(super) fn nested(func: &mut Function, data: &mut InstData, k: usize) -> Option<Vec<Inst>> {
    let found = inner(func, data, k)?;
    let mut map = func.insts[found.map].clone();
    let acc = *data.args.get(k)?;
    let row = func.ty(found.addend).stacked(&map.sizes);
    let all = row.stacked(&data.sizes);
    let mut added = all.clone();
    let axes: Vec<usize> = found
        .axes
        .iter()
        .copied()
        .chain(found.axes.len()..all.rank())
        .collect();
    added.shape = axes
        .iter()
        .filter_map(|&a| all.shape.get(a).cloned())
        .collect();
    let covered = func.ty(acc).drop_axes(found.prefix.len()).contents();
    let inside = defined(func, data.blocks.first()?);
    if added != covered || all.values().any(|v| inside.contains(&v)) {
        return None;
    }
    let (_, row) = yielded(func, &mut map, found.operand, found.addend, (true, row))?;
    map.blocks
        .first_mut()?
        .insts
        .retain(|inst| *inst != found.add);
    func.insts[found.map] = map;
    let (before, all) = yielded(func, data, k, row, (true, all))?;
    let total = func.value(added, None);
    let transposed = Transposed { axes };
    let moved = push(func, transposed.into(), &[all], total, data);
    let args: Vec<Value> = [acc, total].into_iter().chain(found.prefix).collect();
    Some(vec![moved, push(func, AccAdd.into(), &args, before, data)])
}

fn inner(func: &Function, data: &InstData, k: usize) -> Option<Inner> {
    let block = data.blocks.first()?;
    let Op::Map(_) = data.op else {
        return None;
    };
    let first = block.params.len().checked_sub(data.args.len())?;
    let param = *block.params.get(first + k)?;
    let takes = |inst: &&Inst| func.insts[**inst].args.contains(&param);
    let map = *block.insts.iter().find(takes)?;
    let inner = &func.insts[map];
    let operand = inner.args.iter().position(|&v| v == param)?;
    let given = inner.results.get(result_of(inner, operand));
    if !matches!(inner.op, Op::Map(_)) || given != block.results.get(result_of(data, k)) {
        return None;
    }
    let region = inner.blocks.first()?;
    let inner_first = region.params.len().checked_sub(inner.args.len())?;
    let param = region.params.get(inner_first + operand)?;
    let takes = |inst: &&Inst| func.insts[**inst].args.first() == Some(param);
    let add = *region.insts.iter().find(takes)?;
    let added = &func.insts[add];
    let result = region.results.get(result_of(inner, operand));
    if !matches!(added.op, Op::AccAdd(_)) || added.results.first() != result {
        return None;
    }
    let outer = block.params.get(..first)?.iter();
    let indices: SmallVec<[Value; 4]> = outer
        .chain(region.params.get(..inner_first)?)
        .copied()
        .collect();
    let place = added.args.get(2..)?;
    let (prefix, own) = place.split_at_checked(place.len().checked_sub(indices.len())?)?;
    let axes = own
        .iter()
        .map(|v| indices.iter().position(|index| index == v));
    let axes = axes.collect::<Option<Vec<usize>>>()?;
    let each = (0..indices.len()).all(|axis| axes.contains(&axis));
    let inside = defined(func, block);
    let same = prefix.iter().all(|v| !inside.contains(v));
    (each && same).then_some(Inner {
        map,
        operand,
        add,
        addend: *added.args.get(1)?,
        prefix: prefix.to_vec(),
        axes,
    })
}
