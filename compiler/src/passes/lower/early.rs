//! Reads of an array before it is changed.
//!
//! In the SSA IR an element may be read from an array after an update of it: the old one is read. The read
//! and what its place depends on are moved before the update, so that this can be done in place. Nothing
//! that may end the program lies between: the place may be right only after that.

use std::collections::{HashMap, HashSet};

use dfn_ir::function::{Block, InstData};
use dfn_ir::{Inst, Op, Value};

use super::cx::Cx;
use super::keep::changes;
use super::schedule::may_stop;

/// How many instructions a place may depend on.
const REACH: usize = 16;

/// The instructions of `block`, reads of arrays that it changes moved before the change.
pub(super) fn ordered(cx: &Cx<'_>, block: &Block) -> Vec<Inst> {
    let mut early = Early {
        cx,
        at: HashMap::new(),
        insts: &block.insts,
        moved: HashMap::new(),
    };
    let mut changed: HashMap<Value, usize> = HashMap::new();
    let mut stop = 0;
    for (at, &inst) in block.insts.iter().enumerate() {
        let data = cx.data(inst);
        early.at.extend(data.results.iter().map(|&v| (v, at)));
        let read = matches!(data.op, Op::Index(_) | Op::Slice(_));
        let array = data.args.first().filter(|_| read);
        let change = array.and_then(|array| changed.get(array)).copied();
        if let Some(change) = change.filter(|&change| change >= stop) {
            let mut all = HashSet::new();
            if early.can_move(data, at, change, &mut all) {
                early.moved.extend(all.into_iter().map(|at| (at, change)));
            }
        }
        for array in changes(cx, data) {
            changed.entry(array).or_insert(at);
        }
        if may_stop(&data.op) {
            stop = at + 1;
        }
    }
    early.sorted()
}

struct Early<'c, 'a> {
    cx: &'c Cx<'a>,
    /// Where the values of the block are computed.
    at: HashMap<Value, usize>,
    insts: &'c [Inst],
    /// Instructions that are moved, and before which one.
    moved: HashMap<usize, usize>,
}

impl Early<'_, '_> {
    /// Whether instruction `at` can stand before `change`, with all that it needs, which is put in `all`.
    fn can_move(
        &self,
        data: &InstData,
        at: usize,
        change: usize,
        all: &mut HashSet<usize>,
    ) -> bool {
        let number = data.results.iter().all(|&v| self.cx.func.ty(v).rank() == 0);
        let place = matches!(data.op, Op::Const(_) | Op::SizeOf(_)) || data.op.kernel().is_some();
        let fits = matches!(data.op, Op::Index(_) | Op::Slice(_)) || (number && place);
        all.insert(at);
        let sizes = data.sizes.iter().flat_map(dfn_ir::Size::values);
        let types = data
            .results
            .iter()
            .flat_map(|&v| self.cx.func.ty(v).values());
        let mut needs = data.args.iter().copied().chain(sizes).chain(types);
        fits && all.len() <= REACH
            && needs.all(|value| match self.at.get(&value) {
                Some(&from) if self.moved.get(&from).copied().unwrap_or(from) > change => {
                    let inst = self.insts.get(from).map(|&inst| self.cx.data(inst));
                    inst.is_some_and(|data| self.can_move(data, from, change, all))
                }
                Some(&from) => from != change,
                None => true,
            })
    }

    fn sorted(self) -> Vec<Inst> {
        if self.moved.is_empty() {
            return self.insts.to_vec();
        }
        let mut keyed: Vec<(usize, bool, usize, Inst)> = Vec::with_capacity(self.insts.len());
        for (at, &inst) in self.insts.iter().enumerate() {
            keyed.push(match self.moved.get(&at) {
                Some(&change) => (change, false, at, inst),
                None => (at, true, at, inst),
            });
        }
        keyed.sort_by_key(|&(to, stays, at, _)| (to, stays, at));
        keyed.into_iter().map(|(.., inst)| inst).collect()
    }
}
