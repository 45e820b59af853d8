//! Parts of an array that are needed after the array has been changed.
//!
//! A row or a slice is an index function: it is read where it lies. If its array is changed in place before
//! the part is used for the last time, one of the two has to be copied, and the part is the smaller one.
//! An array that is itself needed afterwards is copied in any case, and then its parts are not.

use std::collections::{HashMap, HashSet};

use dfn_ir::derive::free_values;
use dfn_ir::function::InstData;
use dfn_ir::{Inst, Op, Value};

use super::cx::{Cx, Val};
use super::early::ordered;
use super::error::Done;
use super::kind::{Kind, is_free, kind};

/// The parts that are copied, in all blocks.
pub(super) fn kept(cx: &Cx<'_>) -> HashSet<Value> {
    let mut kept = HashSet::new();
    let mut blocks = vec![&cx.func.body];
    while let Some(block) = blocks.pop() {
        blocks.extend(block.insts.iter().flat_map(|&i| &cx.data(i).blocks));
        let insts = ordered(cx, block);
        let mut parts = Parts::of(cx, &insts);
        if !parts.changed.is_empty() {
            parts.find(&insts, &block.results);
            let whole = parts.whole;
            let found = parts.found.into_iter();
            kept.extend(
                found
                    .filter(|(array, _)| !whole.contains(array))
                    .map(|(_, part)| part),
            );
        }
    }
    kept
}

/// The parts of the arrays that one block changes.
struct Parts<'c, 'a> {
    cx: &'c Cx<'a>,
    /// The first instruction that changes an array.
    changed: HashMap<Value, usize>,
    /// The instruction that makes a part.
    made: HashMap<Value, usize>,
    /// Arrays, each with a part of it that is needed after the change.
    found: Vec<(Value, Value)>,
    /// Arrays that are needed whole after the change.
    whole: HashSet<Value>,
}

impl<'c, 'a> Parts<'c, 'a> {
    fn of(cx: &'c Cx<'a>, insts: &[Inst]) -> Parts<'c, 'a> {
        let mut parts = Parts {
            cx,
            changed: HashMap::new(),
            made: HashMap::new(),
            found: Vec::new(),
            whole: HashSet::new(),
        };
        for (at, &inst) in insts.iter().enumerate() {
            let data = cx.data(inst);
            if matches!(data.op, Op::Index(_) | Op::Slice(_)) {
                parts.made.extend(data.results.iter().map(|&v| (v, at)));
            }
            for value in changes(cx, data) {
                parts.changed.entry(value).or_insert(at);
            }
        }
        parts
    }

    fn find(&mut self, insts: &[Inst], results: &[Value]) {
        for (at, &inst) in insts.iter().enumerate() {
            let data = self.cx.data(inst);
            if is_free(self.cx, data) {
                continue;
            }
            let mut changed = changes(self.cx, data);
            let operands = data.args.iter().copied();
            for value in operands.chain(free_values(self.cx.func, &data.blocks)) {
                match changed.iter().position(|&v| v == value) {
                    // What is changed is used once for that.
                    Some(k) => {
                        changed.swap_remove(k);
                    }
                    None => self.used(value, at),
                }
            }
        }
        for &result in results {
            self.used(result, insts.len());
        }
    }

    /// Takes note that instruction `at` uses `value`.
    fn used(&mut self, value: Value, at: usize) {
        let mut array = value;
        let mut part = None;
        while let Some(data) = self.cx.def(array).filter(|data| is_free(self.cx, data)) {
            let Some(&x) = data.args.first() else { return };
            if part.is_none() && matches!(data.op, Op::Index(_) | Op::Slice(_)) {
                part = Some(array);
            }
            array = x;
        }
        let Some(&change) = self.changed.get(&array).filter(|&&change| change <= at) else {
            return;
        };
        let early = |part: &Value| self.made.get(part).is_some_and(|&made| made < change);
        match part.filter(early) {
            Some(part) => self.found.push((array, part)),
            None => {
                self.whole.insert(array);
            }
        }
    }
}

/// The arrays that an instruction changes in place if nothing else needs them: not those of the caller.
pub(super) fn changes(cx: &Cx<'_>, data: &InstData) -> Vec<Value> {
    let mut values = Vec::new();
    match &data.op {
        Op::Update(_) => values.extend(data.args.first()),
        Op::AccNew(_) if kind(cx, data) == Kind::Own => values.extend(data.args.first()),
        Op::For(_) | Op::While(_) => {
            let Some(body) = data.blocks.last() else {
                return values;
            };
            let params = body.params.iter().rev().take(data.args.len()).rev();
            let carried = data.args.iter().zip(params).zip(&body.results);
            values.extend(
                carried
                    .filter(|((_, p), r)| p != r)
                    .map(|((&arg, _), _)| arg),
            );
        }
        _ => {}
    }
    let fits = |v: &Value| {
        let ty = cx.func.ty(*v);
        let own = match cx.def(*v) {
            Some(data) => !is_free(cx, data),
            None => !cx.func.body.params.contains(v),
        };
        ty.rank() > 0 && !ty.is_accumulator() && own
    };
    values.retain(fits);
    values
}

impl Cx<'_> {
    /// Copies a part out of an array that is changed while the part is needed.
    pub(super) fn kept_part(&mut self, result: Value) -> Done {
        let dest = self.dest(result)?;
        let part = self.view(result)?;
        self.copy(result, &dest)?;
        // It has left the memory of the array.
        if let Some(sharers) = part.and_then(|part| self.sharers.get_mut(&part.buffer)) {
            sharers.retain(|v| *v != result);
        }
        self.set(result, Val::View(dest));
        Ok(())
    }
}
