//! Dead code: instructions without effect whose results nobody uses, and results of regions likewise.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::effects::Effects;
use crate::passes::hash::{FxHashMap, FxHashSet};
use dfn_ir::Op;
use dfn_ir::derive::Flow;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::op::Effect;
use dfn_ir::ops::Map;
use dfn_ir::size::Size;

/// Removes what is dead in `func`.
pub(in crate::passes) fn remove(func: &mut Function, effects: &Effects) {
    let mut live = Live::new(func, effects);
    live.run();
    let Live { values, insts, .. } = live;
    let mut body = std::mem::take(&mut func.body);
    sweep(func, &mut body, &values, &insts);
    func.body = body;
}

/// Where the value of a result or parameter comes from.
enum Source {
    Result(Inst),
    Param(Inst),
}

struct Live<'a> {
    func: &'a Function,
    effects: &'a Effects,
    sources: FxHashMap<Value, Source>,
    flows: FxHashMap<Inst, Flow>,
    owner: FxHashMap<Inst, Inst>,
    values: FxHashSet<Value>,
    insts: FxHashSet<Inst>,
    work: Vec<Value>,
}

impl<'a> Live<'a> {
    fn new(func: &'a Function, effects: &'a Effects) -> Live<'a> {
        Live {
            func,
            effects,
            sources: FxHashMap::default(),
            flows: FxHashMap::default(),
            owner: FxHashMap::default(),
            values: FxHashSet::default(),
            insts: FxHashSet::default(),
            work: func
                .body
                .params
                .iter()
                .chain(&func.body.results)
                .copied()
                .collect(),
        }
    }

    fn run(&mut self) {
        let func = self.func;
        let mut effectful = Vec::new();
        self.index(&func.body, None, &mut effectful);
        for inst in effectful {
            self.keep(inst);
            self.work.extend(&func.insts[inst].args);
        }
        while let Some(value) = self.work.pop() {
            if self.values.insert(value) {
                self.work.extend(func.ty(value).values());
                self.trace(value);
            }
        }
    }

    fn index(&mut self, block: &Block, owner: Option<Inst>, effectful: &mut Vec<Inst>) {
        for &inst in &block.insts {
            let data = &self.func.insts[inst];
            self.owner.extend(owner.map(|owner| (inst, owner)));
            self.sources
                .extend(data.results.iter().map(|&v| (v, Source::Result(inst))));
            if self.effects.of_op(&data.op) != Effect::Pure {
                effectful.push(inst);
            }
            if !data.blocks.is_empty() {
                self.flows.insert(inst, Flow::of(data));
            }
            for inner in &data.blocks {
                self.sources
                    .extend(inner.params.iter().map(|&v| (v, Source::Param(inst))));
                self.index(inner, Some(inst), effectful);
            }
        }
    }

    /// Marks the instruction and those whose regions it is in, with what decides whether they run.
    fn keep(&mut self, inst: Inst) {
        if !self.insts.insert(inst) {
            return;
        }
        let data = &self.func.insts[inst];
        self.work.extend(data.sizes.iter().flat_map(Size::values));
        if data.blocks.is_empty() || matches!(data.op, Op::If(_)) {
            self.work.extend(&data.args);
        }
        // The condition and the count of a `while` stay with it.
        if let (Op::While(_), Some(condition)) = (&data.op, data.blocks.first()) {
            self.work.extend(&condition.results);
            self.work.extend(data.results.last());
        }
        if let Some(&owner) = self.owner.get(&inst) {
            self.keep(owner);
        }
    }

    fn trace(&mut self, value: Value) {
        let inst = match self.sources.get(&value) {
            Some(Source::Result(inst) | Source::Param(inst)) => *inst,
            None => return,
        };
        self.keep(inst);
        if let Some(flow) = self.flows.get(&inst) {
            let pairs = flow.inward.iter().chain(&flow.back).chain(&flow.outward);
            let (work, values) = (&mut self.work, &self.values);
            work.extend(pairs.filter(|(_, to)| *to == value).map(|(from, _)| *from));
            // A result that carries goes on in the parameter of the next run, and both stay together.
            let carried: Vec<Value> = flow
                .outward
                .iter()
                .filter(|(_, to)| *to == value)
                .flat_map(|(from, _)| flow.back.iter().filter(move |(f, _)| f == from))
                .map(|(_, param)| *param)
                .filter(|param| !values.contains(param))
                .collect();
            work.extend(carried);
        }
    }
}

fn sweep(
    func: &mut Function,
    block: &mut Block,
    values: &FxHashSet<Value>,
    insts: &FxHashSet<Inst>,
) {
    block.insts.retain(|inst| insts.contains(inst));
    for &inst in &block.insts {
        if func.insts[inst].blocks.is_empty() {
            continue;
        }
        let mut data = func.insts[inst].clone();
        trim(&mut data, values);
        for inner in &mut data.blocks {
            sweep(func, inner, values, insts);
        }
        func.insts[inst] = data;
    }
}

/// Drops the results, carries and accumulators of a region that are dead.
fn trim(data: &mut InstData, values: &FxHashSet<Value>) {
    let carried = match data.op {
        Op::If(_) => 0,
        _ => data.args.len(),
    };
    let skipped = match data.op {
        Op::Map(_) => data.results.len().saturating_sub(carried),
        _ => 0,
    };
    // A carry lives if its result or its parameter in any region does.
    let param_lives = |c: usize| {
        data.blocks.iter().any(|block| {
            let start = block.params.len() - carried;
            block
                .params
                .get(start + c)
                .is_some_and(|v| values.contains(v))
        })
    };
    let lives = |k: usize| {
        let carry = k.checked_sub(skipped).filter(|c| *c < carried);
        data.results.get(k).is_some_and(|v| values.contains(v)) || carry.is_some_and(param_lives)
    };
    let keep: Vec<bool> = (0..data.results.len()).map(lives).collect();
    let keep_arg: Vec<bool> = keep.iter().skip(skipped).take(carried).copied().collect();
    if let Op::Map(Map { yields, sums, accs }) = &mut data.op {
        let count = |from: usize, n: usize| keep.iter().skip(from).take(n).filter(|k| **k).count();
        let counts = (
            count(0, *yields),
            count(*yields, *sums),
            count(*yields + *sums, *accs),
        );
        (*yields, *sums, *accs) = counts;
    }
    retain(&mut data.results, &keep, 0);
    let has_condition = matches!(data.op, Op::While(_));
    for (k, block) in data.blocks.iter_mut().enumerate() {
        if !(has_condition && k == 0) {
            retain_vec(&mut block.results, &keep, 0);
        }
        let first = block.params.len() - carried;
        retain_vec(&mut block.params, &keep_arg, first);
    }
    if carried > 0 {
        retain(&mut data.args, &keep_arg, 0);
    }
}

fn retain<const N: usize>(list: &mut smallvec::SmallVec<[Value; N]>, keep: &[bool], first: usize)
where
    [Value; N]: smallvec::Array<Item = Value>,
{
    let mut k = 0;
    list.retain(|_| {
        k += 1;
        (k - 1usize)
            .checked_sub(first)
            .is_none_or(|k| keep.get(k) != Some(&false))
    });
}

fn retain_vec(list: &mut Vec<Value>, keep: &[bool], first: usize) {
    let mut k = 0;
    list.retain(|_| {
        k += 1;
        (k - 1usize)
            .checked_sub(first)
            .is_none_or(|k| keep.get(k) != Some(&false))
    });
}
