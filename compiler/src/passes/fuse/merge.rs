//! Two maps as one.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use dfn_ir::derive::rename_block;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::Map;
use dfn_ir::{Op, Size};
use std::collections::HashMap;
use std::ops::Range;

/// Whether everything that map `two` takes of map `one` is what it yields, read at the same index.
pub(super) fn reads_own_index(func: &Function, one: Inst, two: Inst) -> bool {
    let (first, second) = (&func.insts[one], &func.insts[two]);
    let (Op::Map(op), [block]) = (&first.op, second.blocks.as_slice()) else {
        return false;
    };
    let yielded = first.results.get(..op.yields).unwrap_or_default();
    let is_made = |v: &Value| first.results.contains(v);
    if second.args.iter().any(is_made) {
        return false;
    }
    let index = block.params.get(..first.sizes.len()).unwrap_or_default();
    is_read_at(func, block, index, &|v| is_made(v), yielded)
}

/// Whether `block` reads what is made at `index` alone, of the values that are yielded.
pub(super) fn is_read_at(
    func: &Function,
    block: &Block,
    index: &[Value],
    is_made: &dyn Fn(&Value) -> bool,
    yielded: &[Value],
) -> bool {
    let fits = |data: &InstData| {
        let sizes = data.sizes.iter().flat_map(Size::values);
        let types = data.results.iter().flat_map(|&v| func.ty(v).values());
        if sizes.chain(types).any(|v| is_made(&v)) {
            return false;
        }
        let Some((first, rest)) = data.args.split_first() else {
            return true;
        };
        !rest.iter().any(is_made)
            && (!is_made(first)
                || matches!(data.op, Op::Index(_))
                    && yielded.contains(first)
                    && rest.get(..index.len()) == Some(index))
    };
    let params = block.params.iter().flat_map(|&v| func.ty(v).values());
    !block.results.iter().any(is_made)
        && !params.into_iter().any(|v| is_made(&v))
        && block.insts.iter().all(|&inst| {
            let data = &func.insts[inst];
            fits(data)
                && data
                    .blocks
                    .iter()
                    .all(|inner| is_read_at(func, inner, index, is_made, yielded))
        })
}

/// The region of the first instruction followed by that of the second, of which the first `rank` parameters
/// are those of the first, and which finds what it read of the results `read` where the first has it; and the
/// results of the second region.
pub(super) fn joined(
    func: &mut Function,
    [first, second]: [&InstData; 2],
    rank: usize,
    read: Range<usize>,
) -> (Block, Vec<Value>) {
    let [mut head, mut tail] = [first, second].map(|data| data.blocks[0].clone());
    let own = tail.params.iter().zip(&head.params);
    let own: HashMap<Value, Value> = own.take(rank).map(|(&v, &own)| (v, own)).collect();
    rename_block(func, &mut tail, &own);
    let values = first.results.iter().zip(&head.results);
    let values = values.map(|(&result, &v)| (result, v));
    let values = values.take(read.end).skip(read.start).collect();
    hand_over(func, &mut tail, rank, &values);
    head.params.extend(tail.params.drain(rank..));
    head.insts.append(&mut tail.insts);
    (head, tail.results)
}

/// Makes one map of two; `two` reads what `one` yields at its own index only.
pub(super) fn merge(func: &mut Function, one: Inst, two: Inst) -> Inst {
    let (first, second) = (func.insts[one].clone(), func.insts[two].clone());
    let (Op::Map(a), Op::Map(b)) = (&first.op, &second.op) else {
        return two;
    };
    let rank = first.sizes.len();
    let (mut head, results) = joined(func, [&first, &second], rank, 0..a.yields);
    let counts = [(a.yields, b.yields), (a.sums, b.sums), (a.accs, b.accs)];
    head.results = interleave(&head.results, &results, &counts);
    let data = InstData {
        op: Op::Map(Map {
            yields: a.yields + b.yields,
            sums: a.sums + b.sums,
            accs: a.accs + b.accs,
        }),
        args: first.args.iter().chain(&second.args).copied().collect(),
        sizes: first.sizes.clone(),
        results: interleave(&first.results, &second.results, &counts).into(),
        blocks: vec![head],
        span: first.span,
    };
    func.insts.push(data)
}

/// The parts of two lists: those of each kind together.
pub(super) fn interleave(a: &[Value], b: &[Value], counts: &[(usize, usize)]) -> Vec<Value> {
    let (mut a, mut b) = (a.iter().copied(), b.iter().copied());
    let mut all = Vec::new();
    for &(m, n) in counts {
        all.extend(a.by_ref().take(m));
        all.extend(b.by_ref().take(n));
    }
    all
}

/// Replaces reading a stacked value at the run's index by the value itself.
fn hand_over(func: &mut Function, block: &mut Block, rank: usize, values: &HashMap<Value, Value>) {
    let mut same = HashMap::new();
    replace(func, block, rank, values, &mut same);
    if !same.is_empty() {
        rename_block(func, block, &same);
    }
}

fn replace(
    func: &mut Function,
    block: &mut Block,
    rank: usize,
    values: &HashMap<Value, Value>,
    same: &mut HashMap<Value, Value>,
) {
    let mut insts = std::mem::take(&mut block.insts);
    insts.retain(|&inst| {
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        for inner in &mut blocks {
            replace(func, inner, rank, values, same);
        }
        let data = &mut func.insts[inst];
        data.blocks = blocks;
        let local = data.args.first().and_then(|v| values.get(v)).copied();
        let Some(local) = local.filter(|_| matches!(data.op, Op::Index(_))) else {
            return true;
        };
        if data.args.len() == rank + 1 {
            same.extend(data.results.iter().map(|&v| (v, local)));
            return false;
        }
        let rest = data.args.iter().skip(rank + 1).copied();
        data.args = std::iter::once(local).chain(rest).collect();
        true
    });
    block.insts = insts;
}
