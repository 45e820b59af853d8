//! Which part of a map's region runs for several runs side by side: arithmetic on scalars and small arrays,
//! sums along them, and what that reads; and which part runs for one after another what is left.
//!
//! What is left is what adds to accumulators, and what chooses between arms. It stands behind: nothing of
//! the first part needs it.

use std::collections::HashSet;

use dfn_ir::derive::needs;
use dfn_ir::function::{Block, InstData};
use dfn_ir::{Inst, Op, Size, Value};

use super::super::cx::Cx;
use super::super::kind::{Kind, is_free, kind};
use super::super::simple::{has_check, is_simple};

/// Axes of what runs side by side are shorter than this.
pub(in super::super) const SHORT: i64 = 32;

/// The two parts of a region.
pub(super) struct Halves {
    /// What runs side by side; its results are what is yielded and what the second part needs.
    pub(super) first: Block,
    /// What is left, with the results of the region.
    pub(super) then: Block,
    /// Sizes that are to be short.
    pub(super) short: Vec<Size>,
    /// Arrays of which each run reads its own row.
    pub(super) rows: Vec<Value>,
}

/// The parts of the region of a map, if that is to run in parts; `param` is the index along which.
pub(super) fn halves(cx: &Cx<'_>, block: &Block, yields: usize, param: Value) -> Option<Halves> {
    if cx.abreast.is_some() || cx.one_by_one || !may_be_split(cx, block) {
        return None;
    }
    let mut late = HashSet::new();
    loop {
        let (first, then) = parts(cx, block, &late);
        let then = needed(cx, then, block);
        let own: HashSet<Value> = results(cx, &first).filter(|v| !is_index(cx, *v)).collect();
        let passed = passed(cx, &then, &own, block.results.iter().skip(yields));
        let large = passed.iter().find(|v| cx.func.ty(**v).rank() > 1);
        if let Some(inst) = large.and_then(|v| cx.defs.get(v)) {
            late.insert(*inst);
            continue;
        }
        if !first.iter().any(|&inst| is_sum(cx, inst)) || then.iter().any(|&i| is_large(cx, i)) {
            return None;
        }
        let short = short(cx, &first)?;
        let (short, rows) = rows(cx, &first, param, short)?;
        let given = block.results.iter().take(yields);
        let given = given.copied().filter(|v| own.contains(v));
        return Some(Halves {
            first: Block {
                params: Vec::new(),
                insts: first,
                results: given.chain(passed).collect(),
            },
            then: Block {
                params: block.params.clone(),
                insts: then,
                results: block.results.clone(),
            },
            short,
            rows,
        });
    }
}

fn is_sum(cx: &Cx<'_>, inst: Inst) -> bool {
    matches!(cx.data(inst).op, Op::Reduce(_) | Op::Dot(_))
}

/// Whether an instruction is work that is not to wait: then the region has long axes, mostly.
fn is_large(cx: &Cx<'_>, inst: Inst) -> bool {
    let gives = |op: &dfn_ir::ops::Map| op.yields + op.sums > 0;
    is_sum(cx, inst) || matches!(&cx.data(inst).op, Op::Map(op) if gives(op))
}

/// The values of the first part, `own`, that what is left needs.
fn passed<'v>(
    cx: &Cx<'_>,
    then: &[Inst],
    own: &HashSet<Value>,
    results: impl Iterator<Item = &'v Value>,
) -> Vec<Value> {
    let mut passed: Vec<Value> = Vec::new();
    let read = then.iter().flat_map(|&inst| needs(cx.func, cx.data(inst)));
    for value in read.chain(results.copied()) {
        if own.contains(&value) && !passed.contains(&value) {
            passed.push(value);
        }
    }
    passed
}

/// Whether a region may be written twice and in another order: no checks, calls and loops of the source.
fn may_be_split(cx: &Cx<'_>, block: &Block) -> bool {
    let mut plain = true;
    cx.func.walk(block, &mut |_, data| {
        plain &= data.op.kernel().is_some()
            || matches!(
                data.op,
                Op::Const(_)
                    | Op::Iota(_)
                    | Op::Broadcast(_)
                    | Op::Transposed(_)
                    | Op::Slice(_)
                    | Op::Index(_)
                    | Op::Window(_)
                    | Op::Reshape(_)
                    | Op::Stack(_)
                    | Op::SizeOf(_)
                    | Op::Reduce(_)
                    | Op::Dot(_)
                    | Op::Map(_)
                    | Op::If(_)
                    | Op::AccAdd(_)
                    | Op::AccNew(_)
                    | Op::AccRead(_)
            );
    });
    plain
}

/// The instructions of each part; index functions are in both.
fn parts(cx: &Cx<'_>, block: &Block, late: &HashSet<Inst>) -> (Vec<Inst>, Vec<Inst>) {
    let (mut first, mut then) = (Vec::new(), Vec::new());
    let inside: HashSet<Value> = block
        .params
        .iter()
        .copied()
        .chain(results(cx, &block.insts))
        .collect();
    let mut after: HashSet<Value> = HashSet::new();
    for &inst in &block.insts {
        let data = cx.data(inst);
        let ready = needs(cx.func, data).iter().all(|v| !after.contains(v));
        let side_by_side = ready && !late.contains(&inst) && fits(cx, data, &inside);
        let free = is_free(cx, data) || matches!(data.op, Op::Const(_));
        if side_by_side {
            first.push(inst);
        } else {
            after.extend(&data.results);
        }
        if !side_by_side || free {
            then.push(inst);
        }
    }
    (first, then)
}

/// Whether an instruction may run side by side for several runs. `inside` are the values of the region.
fn fits(cx: &Cx<'_>, data: &InstData, inside: &HashSet<Value>) -> bool {
    let plain = match &data.op {
        op if op.kernel().is_some() => true,
        Op::Const(_) | Op::Iota(_) | Op::Broadcast(_) | Op::Transposed(_) => true,
        Op::Slice(_) | Op::Index(_) | Op::Window(_) => true,
        Op::SizeOf(_) | Op::Reduce(_) => true,
        Op::Dot(_) => kind(cx, data) == Kind::Member,
        Op::Map(op) => op.accs == 0 && is_simple(cx, data) && !has_check(cx, data),
        _ => false,
    };
    let of_all = |v: &Value| cx.func.ty(*v).values().all(|v| !inside.contains(&v));
    let sizes = data.sizes.iter().flat_map(Size::values);
    plain
        && kind(cx, data) != Kind::Own
        && data.args.iter().chain(&data.results).all(of_all)
        && (matches!(data.op, Op::SizeOf(_)) || sizes.into_iter().all(|v| !inside.contains(&v)))
        && !data.results.iter().any(|v| cx.kept.contains(v))
}

/// Without index functions that nothing reads.
fn needed(cx: &Cx<'_>, insts: Vec<Inst>, block: &Block) -> Vec<Inst> {
    let mut read: HashSet<Value> = block.results.iter().copied().collect();
    let mut kept = Vec::new();
    for inst in insts.into_iter().rev() {
        let data = cx.data(inst);
        let free = is_free(cx, data) || matches!(data.op, Op::Const(_));
        if !free || data.results.iter().any(|v| read.contains(v)) {
            read.extend(needs(cx.func, data));
            kept.push(inst);
        }
    }
    kept.reverse();
    kept
}

fn results<'c>(cx: &'c Cx<'_>, insts: &'c [Inst]) -> impl Iterator<Item = Value> + 'c {
    insts
        .iter()
        .flat_map(|&inst| cx.data(inst).results.iter().copied())
}

fn is_index(cx: &Cx<'_>, value: Value) -> bool {
    cx.def(value)
        .is_some_and(|data| is_free(cx, data) || matches!(data.op, Op::Const(_)))
}

/// The sizes of the axes along which the first part loops, if none is known to be long.
fn short(cx: &Cx<'_>, insts: &[Inst]) -> Option<Vec<Size>> {
    let mut short = Vec::new();
    for &inst in insts {
        let data = cx.data(inst);
        if is_free(cx, data) || matches!(data.op, Op::SizeOf(_)) {
            continue;
        }
        let reads_one = matches!(data.op, Op::Index(_));
        let read = data.args.iter().filter(|_| !reads_one);
        let types = read
            .chain(&data.results)
            .flat_map(|v| &cx.func.ty(*v).shape);
        for size in types.chain(&data.sizes) {
            add(&mut short, cx.resolve(size).ok()?)?;
        }
    }
    Some(short)
}

/// Adds a size to those that are to be short; `None` if it is known not to be.
fn add(short: &mut Vec<Size>, size: Size) -> Option<()> {
    match size.as_constant() {
        Some(n) => (n < SHORT).then_some(()),
        None => {
            if !short.contains(&size) {
                short.push(size);
            }
            Some(())
        }
    }
}

/// The arrays of which each run reads its own row only, with the sizes of rows among those that are to be
/// short.
fn rows(
    cx: &Cx<'_>,
    insts: &[Inst],
    param: Value,
    mut short: Vec<Size>,
) -> Option<(Vec<Size>, Vec<Value>)> {
    let (mut rows, mut others) = (Vec::new(), HashSet::new());
    let mut note = |data: &InstData| {
        for (k, &arg) in data.args.iter().enumerate() {
            let ty = cx.func.ty(arg);
            let own = k == 0 && matches!(data.op, Op::Index(_)) && data.args.get(1) == Some(&param);
            if ty.rank() < 2 || ty.is_accumulator() {
                continue;
            }
            match own {
                true if !rows.contains(&arg) => rows.push(arg),
                true => {}
                false => {
                    others.insert(arg);
                }
            }
        }
    };
    for &inst in insts {
        let data = cx.data(inst);
        note(data);
        for block in &data.blocks {
            cx.func.walk(block, &mut |_, data| note(data));
        }
    }
    let inside: HashSet<Value> = results(cx, insts).collect();
    rows.retain(|v| !others.contains(v) && !inside.contains(v));
    for &array in &rows {
        for size in cx.func.ty(array).shape.iter().skip(1) {
            add(&mut short, cx.resolve(size).ok()?)?;
        }
    }
    Some((short, rows))
}
