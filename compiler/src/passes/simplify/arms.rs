//! Arms: an array that only the arms of a branch read is computed in the arm that reads it; and of what an
//! arm reads one element of, that element alone.
//!
//! So the derivative of a minimum over many goes through one of them, and the others are not computed.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::effects::Effects;
use super::element::{Element, is_light};
use crate::passes::hash::FxHashMap;
use dfn_ir::derive::rename_block;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::{Op, Size, Type};
use std::collections::{BTreeSet, HashMap};

/// What is much code stays where it is.
const CODE: usize = 64;

/// How often values are used.
pub(super) type Counts = FxHashMap<Value, isize>;

/// Which instruction of the block defines a value, and the how manieth it was.
type Defined = FxHashMap<Value, (usize, Inst)>;

/// Moves what it can into the branches of `func`.
pub(super) fn arms(func: &mut Function, effects: &Effects) {
    if let Some((mut body, counts)) = with_branches(func) {
        Arms {
            func,
            effects,
            counts,
        }
        .block(&mut body);
        func.body = body;
    }
}

/// Takes the body out of a function that has branches, to be put back, with how often each value is used.
pub(super) fn with_branches(func: &mut Function) -> Option<(Block, Counts)> {
    let mut found = false;
    func.walk(&func.body, &mut |_, data| {
        found |= matches!(data.op, Op::If(_));
    });
    found.then(|| {
        let mut counts = Counts::default();
        count_block(func, &func.body, 1, &mut counts);
        (std::mem::take(&mut func.body), counts)
    })
}

pub(super) fn count_block(func: &Function, block: &Block, by: isize, counts: &mut Counts) {
    block
        .insts
        .iter()
        .for_each(|&inst| count_inst(func, inst, by, counts));
    let types = block.params.iter().flat_map(|&v| func.ty(v).values());
    for value in block.results.iter().copied().chain(types) {
        *counts.entry(value).or_default() += by;
    }
}

pub(super) fn count_inst(func: &Function, inst: Inst, by: isize, counts: &mut Counts) {
    let data = &func.insts[inst];
    let sizes = data.sizes.iter().flat_map(Size::values);
    let types = data
        .results
        .iter()
        .map(|&v| func.ty(v))
        .flat_map(Type::values);
    for value in data.args.iter().copied().chain(sizes).chain(types) {
        *counts.entry(value).or_default() += by;
    }
    data.blocks
        .iter()
        .for_each(|inner| count_block(func, inner, by, counts));
}

/// How an arm uses a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    None,
    /// One element, or few that are computed quickly.
    Elements,
    Whole,
}

struct Arms<'a> {
    func: &'a mut Function,
    effects: &'a Effects,
    /// The uses of each value in the whole function.
    counts: Counts,
}

impl Arms<'_> {
    fn block(&mut self, block: &mut Block) {
        let mut insts: Vec<Inst> = Vec::with_capacity(block.insts.len());
        let mut defined = Defined::default();
        for (place, inst) in std::mem::take(&mut block.insts).into_iter().enumerate() {
            let mut blocks = std::mem::take(&mut self.func.insts[inst].blocks);
            blocks.iter_mut().for_each(|inner| self.block(inner));
            if matches!(self.func.insts[inst].op, Op::If(_)) {
                self.choice(&mut insts, &defined, &mut blocks);
            }
            self.func.insts[inst].blocks = blocks;
            let results = &self.func.insts[inst].results;
            defined.extend(results.iter().map(|&v| (v, (place, inst))));
            insts.push(inst);
        }
        block.insts = insts;
    }

    /// Moves instructions that stand before a branch into its arms: of those that the arms use, the last
    /// first, since what it uses may follow.
    fn choice(&mut self, before: &mut Vec<Inst>, defined: &Defined, arms: &mut [Block]) {
        let mut uses: Vec<Counts> = arms.iter().map(|arm| self.uses(arm)).collect();
        let found = |uses: &[Counts]| -> BTreeSet<(usize, Inst)> {
            let used = uses.iter().flat_map(FxHashMap::keys);
            used.filter_map(|v| defined.get(v).copied()).collect()
        };
        let mut work = found(&uses);
        while let Some((place, inst)) = work.pop_last() {
            let inside = |v: &Value| -> isize { uses.iter().filter_map(|arm| arm.get(v)).sum() };
            let count = |v: &Value| self.counts.get(v).copied().unwrap_or(0);
            let results = &self.func.insts[inst].results;
            let moved = results
                .iter()
                .filter(|v| inside(v) > 0 && inside(v) == count(v));
            let moved: Vec<Value> = moved.copied().collect();
            if moved.is_empty() || !self.may_move(inst) {
                continue;
            }
            let plans: Vec<Vec<Use>> = arms
                .iter()
                .map(|arm| moved.iter().map(|&v| self.used(arm, inst, v)).collect())
                .collect();
            if plans.iter().all(|plan| plan.contains(&Use::Whole)) {
                continue;
            }
            for (arm, plan) in arms.iter_mut().zip(&plans) {
                count_block(self.func, arm, -1, &mut self.counts);
                self.give_to(arm, inst, &moved, plan);
                count_block(self.func, arm, 1, &mut self.counts);
            }
            let results = self.func.insts[inst].results.clone();
            if results
                .iter()
                .all(|v| self.counts.get(v).copied().unwrap_or(0) <= 0)
            {
                count_inst(self.func, inst, -1, &mut self.counts);
                before.retain(|&other| other != inst);
            }
            uses = arms.iter().map(|arm| self.uses(arm)).collect();
            work = found(&uses);
            // What is after it had its turn.
            drop(work.split_off(&(place, inst)));
        }
    }

    fn uses(&self, arm: &Block) -> Counts {
        let mut counts = Counts::default();
        count_block(self.func, arm, 1, &mut counts);
        counts
    }

    /// Whether an instruction computes arrays, quickly described, from what stands before it.
    fn may_move(&self, inst: Inst) -> bool {
        let data = &self.func.insts[inst];
        let fits = match &data.op {
            Op::Map(op) => op.sums == 0 && op.accs == 0,
            Op::Reduce(_) | Op::Broadcast(_) => true,
            op => op.kernel().is_some(),
        };
        let mut code = 0;
        let mut plain = true;
        for inner in &data.blocks {
            self.func.walk(inner, &mut |_, data| {
                code += 1;
                plain &= !matches!(data.op, Op::If(_) | Op::For(_) | Op::While(_) | Op::Call(_));
            });
        }
        let arrays = data.results.iter().all(|&v| {
            let ty = self.func.ty(v);
            ty.rank() > 0 && !ty.is_accumulator()
        });
        fits && plain && arrays && code <= CODE && self.effects.is_pure(self.func, data)
    }

    /// How an arm uses what `inst` computes as `value`.
    fn used(&self, arm: &Block, inst: Inst, value: Value) -> Use {
        let mut found = Found::default();
        self.find(arm, value, 0, &mut found);
        if found.whole {
            return Use::Whole;
        }
        let rank = self.func.ty(value).rank();
        let light = is_light(self.func, inst) && found.least == rank;
        match (found.shallow, found.deep) {
            (0, 0) => Use::None,
            (1, 0) if Element::of(self.func, inst, value, found.least).is_some() => Use::Elements,
            _ if light => Use::Elements,
            _ => Use::Whole,
        }
    }

    fn find(&self, block: &Block, value: Value, depth: usize, found: &mut Found) {
        for &inst in &block.insts {
            let data = &self.func.insts[inst];
            let types = data
                .results
                .iter()
                .map(|&v| self.func.ty(v))
                .flat_map(Type::values);
            let mut other = data.sizes.iter().flat_map(Size::values).chain(types);
            found.whole |= other.any(|v| v == value);
            if data.args.contains(&value) {
                match reads(data, value) {
                    Some(count) => found.element(depth, count),
                    None => found.whole = true,
                }
            }
            for inner in &data.blocks {
                self.find(inner, value, depth + 1, found);
            }
        }
        found.whole |= block.results.contains(&value);
    }
}

/// The uses of a value in an arm.
#[derive(Default)]
struct Found {
    /// Whether one is not reading an element.
    whole: bool,
    /// How often the arm itself reads an element.
    shallow: usize,
    /// How often regions in it do.
    deep: usize,
    /// The least number of indices at which it is read.
    least: usize,
}

impl Found {
    fn element(&mut self, depth: usize, indices: usize) {
        self.least = match self.shallow + self.deep {
            0 => indices,
            _ => self.least.min(indices),
        };
        match depth {
            0 => self.shallow += 1,
            _ => self.deep += 1,
        }
    }
}

/// At how many indices an instruction reads `value`, if it does nothing else with it.
fn reads(data: &InstData, value: Value) -> Option<usize> {
    let indices = data.args.get(1..).filter(|rest| !rest.contains(&value))?;
    let fits = matches!(data.op, Op::Index(_)) && !indices.is_empty();
    fits.then_some(indices.len())
}

impl Arms<'_> {
    /// Puts into `arm` what it needs of the results `moved` of an instruction.
    fn give_to(&mut self, arm: &mut Block, inst: Inst, moved: &[Value], plan: &[Use]) {
        let mut names = HashMap::new();
        for (&value, plan) in moved.iter().zip(plan) {
            if *plan == Use::Elements {
                self.elements(arm, inst, value, &mut names);
            }
        }
        if plan.contains(&Use::Whole) {
            let mut made = HashMap::new();
            let copy = super::element::copy(self.func, inst, &mut made);
            let whole = moved
                .iter()
                .zip(plan)
                .filter(|(_, plan)| **plan == Use::Whole);
            names.extend(whole.filter_map(|(&v, _)| Some((v, *made.get(&v)?))));
            arm.insts.insert(0, copy);
        }
        // What is read may itself stand for something else.
        let last = |mut v: Value| {
            while let Some(&next) = names.get(&v) {
                v = next;
            }
            v
        };
        let names = names.keys().map(|&v| (v, last(v))).collect();
        rename_block(self.func, arm, &names);
    }

    /// Computes elements of `value` where they are read.
    fn elements(
        &mut self,
        block: &mut Block,
        inst: Inst,
        value: Value,
        names: &mut HashMap<Value, Value>,
    ) {
        let mut insts = Vec::with_capacity(block.insts.len());
        for read in std::mem::take(&mut block.insts) {
            let mut blocks = std::mem::take(&mut self.func.insts[read].blocks);
            for inner in &mut blocks {
                self.elements(inner, inst, value, names);
            }
            self.func.insts[read].blocks = blocks;
            let data = &self.func.insts[read];
            let (first, rest) = (
                data.args.first().copied(),
                data.args.get(1..).unwrap_or_default(),
            );
            let rest = rest.to_vec();
            let found = (first == Some(value))
                .then(|| Element::of(self.func, inst, value, rest.len()))
                .flatten();
            match (found, data.results.first().copied()) {
                (Some(element), Some(result)) => {
                    let made = element.emit(self.func, inst, &rest, result, &mut insts);
                    names.insert(result, made);
                }
                _ => insts.push(read),
            }
        }
        block.insts = insts;
    }
}
