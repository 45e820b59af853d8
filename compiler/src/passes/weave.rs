//! The pass `weave`: elementwise operations and maps over the same places run in one loop, where one of them reads
//! what another computes at the place before, or at the place after.
//!
//! Before: each step of a loop makes arrays by elementwise operations and maps, such as the stages of a method of
//! Runge and Kutta, each of which reads the one before it at `i - 1`. After: one `for` over the places computes
//! an element of all of them and carries to the next place what is read there, so that no array between them is
//! written. The loop runs up if the place before is read, down if the one after is; arms that ask for the first or
//! the last place are chosen from, and additions to the accumulators at the place before are read at the place
//! after. Why here: when the order of sums is fixed, and before `peel`, which takes such maps apart.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

mod facts;
mod loom;
mod region;

use super::bodies::each_body;
use super::simplify::effects::Effects;
use super::state::{PassError, State};
use dfn_ir::derive::needs;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::{Module, Op, Size};
use loom::Loom;
use std::collections::{HashMap, HashSet, VecDeque};

/// Runs the pass.
pub(crate) fn weave(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    each_body(module, |func, effects, body| {
        let mut asks = false;
        func.walk(body, &mut |_, data| asks |= extent(func, data).is_some());
        if asks && func.linear == 0 {
            let mut defs = HashMap::new();
            func.walk(body, &mut |inst, data| {
                defs.extend(data.results.iter().map(|&v| (v, inst)))
            });
            regions(func, effects, &defs, body);
        }
    });
    Ok(())
}

/// Weaves in the bodies of the loops in `block`, innermost first.
fn regions(func: &mut Function, effects: &Effects, defs: &HashMap<Value, Inst>, block: &mut Block) {
    for &inst in &block.insts {
        let mut blocks = std::mem::take(&mut func.insts[inst].blocks);
        let steps = matches!(func.insts[inst].op, Op::For(_) | Op::While(_));
        let runs = func.insts[inst].sizes.first().cloned();
        for inner in &mut blocks {
            regions(func, effects, defs, inner);
            if steps {
                Weaver {
                    func,
                    effects,
                    defs,
                }
                .block(inner, runs.as_ref());
            }
        }
        func.insts[inst].blocks = blocks;
    }
}

/// The number of runs of a map of straight code that chooses between arms.
fn extent<'a>(func: &Function, data: &'a InstData) -> Option<&'a Size> {
    let (Op::Map(op), [block], [n]) = (&data.op, data.blocks.as_slice(), data.sizes.as_slice())
    else {
        return None;
    };
    let mut insts = block.insts.iter().map(|&inst| &func.insts[inst].op);
    let chooses = insts.any(|op| matches!(op, Op::If(_)));
    (op.sums == 0 && chooses).then_some(n)
}

/// Weaves in one function.
struct Weaver<'f> {
    func: &'f mut Function,
    effects: &'f Effects,
    /// Who defines a value.
    defs: &'f HashMap<Value, Inst>,
}

/// The instructions from one point on.
struct Stretch {
    /// All of them, in order.
    all: Vec<Inst>,
    /// Those that need nothing of the loop.
    before: Vec<Inst>,
    /// Those that need something of it, or stay behind those.
    after: Vec<Inst>,
}

impl Weaver<'_> {
    fn block(&mut self, block: &mut Block, runs: Option<&Size>) {
        let mut extents: Vec<Size> = Vec::new();
        for &inst in &block.insts {
            if let Some(n) = extent(self.func, &self.func.insts[inst])
                && !extents.contains(n)
            {
                extents.push(n.clone());
            }
        }
        for n in extents {
            let mut queue: VecDeque<Inst> = std::mem::take(&mut block.insts).into();
            while !queue.is_empty() {
                let mut loom = Loom::new(&n, &block.params, runs);
                let stretch = self.stretch(&mut loom, &mut queue);
                if !loom.is_worth_it() {
                    block.insts.extend(stretch.all);
                    continue;
                }
                let rest = stretch.after.iter().chain(&queue);
                let needed = self.needed(rest, &block.results);
                block.insts.extend(stretch.before);
                block.insts.extend(loom.finish(self.func, &needed));
                for &inst in stretch.after.iter().rev() {
                    queue.push_front(inst);
                }
            }
        }
    }

    /// Puts instructions into the loop until one with an effect stays behind it.
    fn stretch(&mut self, loom: &mut Loom, queue: &mut VecDeque<Inst>) -> Stretch {
        let mut stretch = Stretch {
            all: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        };
        let mut late: HashSet<Value> = HashSet::new();
        while let Some(inst) = queue.pop_front() {
            stretch.all.push(inst);
            let needs = needs(self.func, &self.func.insts[inst]);
            let behind = needs.iter().any(|v| late.contains(v));
            if !behind && loom.takes(self.func, self.defs, inst) {
                continue;
            }
            if !behind && !needs.iter().any(|v| loom.makes(*v)) {
                stretch.before.push(inst);
                continue;
            }
            stretch.after.push(inst);
            late.extend(&self.func.insts[inst].results);
            if !self.effects.is_pure(self.func, &self.func.insts[inst]) {
                break;
            }
        }
        stretch
    }

    /// What instructions need, and results.
    fn needed<'i>(
        &self,
        insts: impl Iterator<Item = &'i Inst>,
        results: &[Value],
    ) -> HashSet<Value> {
        let mut needed: HashSet<Value> = results.iter().copied().collect();
        for &inst in insts {
            needed.extend(needs(self.func, &self.func.insts[inst]));
        }
        needed
    }
}
