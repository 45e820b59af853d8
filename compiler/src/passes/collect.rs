//! The pass `collect`: a loop that fills arrays, one part in each run, is a map.
//!
//! Before: a `for` carries arrays, and run `i` replaces the part `i` of each and does nothing else with
//! them. After: a `map` yields these parts; what the arrays were before is gone. Why here: a map has no
//! order, so its runs go side by side; before `fuse`, which looks for maps.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::bodies::each_body;
use super::simplify::effects::Effects;
use super::state::{PassError, State};
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::op::Effect;
use dfn_ir::ops::Map;
use dfn_ir::{Module, Op};

/// Runs the pass.
pub(crate) fn collect(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    each_body(module, block);
    Ok(())
}

/// Makes maps of the loops in `block`, innermost first.
fn block(func: &mut Function, effects: &Effects, block: &mut Block) {
    for &inst in &block.insts {
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        for inner in &mut blocks {
            self::block(func, effects, inner);
        }
        func.insts[inst].blocks = blocks;
        if let Some(updates) = updates(func, effects, &func.insts[inst]) {
            into_map(&mut func.insts[inst], &updates);
        }
    }
}

/// An update of a carried array, and the part that it puts there.
struct Put {
    update: Inst,
    part: Value,
}

/// The update of each carry, if the loop does nothing else with these and writes nothing out. One that goes
/// backward must not check either.
fn updates(func: &Function, effects: &Effects, data: &InstData) -> Option<Vec<Put>> {
    let (Op::For(op), [block]) = (&data.op, data.blocks.as_slice()) else {
        return None;
    };
    // Checks are made from the first run on: in a loop that goes backward another one would fail first.
    let may_check = !op.reverse;
    let mut silent = true;
    func.walk(block, &mut |_, inner| {
        silent &= match effects.of_op(&inner.op) {
            Effect::Pure => true,
            Effect::Check => may_check,
            Effect::Output => false,
        };
    });
    let (&index, carries) = block.params.split_first()?;
    if !silent || carries.is_empty() || carries.len() != data.args.len() {
        return None;
    }
    let carries = carries.iter().zip(&block.results);
    let puts = carries.map(|(&carry, &result)| put(func, data, block, (index, carry, result)));
    puts.collect()
}

/// The update that makes `result` of `carry` at `index`, if it is their only use.
fn put(
    func: &Function,
    data: &InstData,
    block: &Block,
    (index, carry, result): (Value, Value, Value),
) -> Option<Put> {
    let makes = |inst: &&Inst| func.insts[**inst].results.as_slice() == [result];
    let update = *block.insts.iter().find(makes)?;
    let (Op::Update(_), &[array, part, at]) =
        (&func.insts[update].op, func.insts[update].args.as_slice())
    else {
        return None;
    };
    let all = func.ty(carry).shape.first() == data.sizes.first();
    let alone = uses(func, block, carry) == 1 && uses(func, block, result) == 1;
    (array == carry && at == index && all && alone).then_some(Put { update, part })
}

/// How often a block uses `value`.
fn uses(func: &Function, block: &Block, value: Value) -> usize {
    let count = |values: &[Value]| values.iter().filter(|v| **v == value).count();
    let mut n = count(&block.results);
    func.walk(block, &mut |_, data| {
        let inner = data.blocks.iter().map(|block| count(&block.results));
        n += count(&data.args) + inner.sum::<usize>();
    });
    n
}

/// Makes a map of the loop.
fn into_map(data: &mut InstData, puts: &[Put]) {
    let yields = data.results.len();
    data.op = Op::Map(Map {
        yields,
        sums: 0,
        accs: 0,
    });
    data.args.clear();
    for block in &mut data.blocks {
        block.params.truncate(1);
        block
            .insts
            .retain(|inst| puts.iter().all(|put| put.update != *inst));
        for (result, put) in block.results.iter_mut().zip(puts) {
            *result = put.part;
        }
    }
}
