//! Maps whose region is a scalar expression: they run in fused nests, in vectors.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use std::collections::HashSet;

use dfn_ir::function::{Block, InstData};
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{Op, Size, Value};

use super::cx::{Cx, Val};
use super::element::Reg;
use super::error::{Done, internal};
use super::view::View;

/// Whether the region of a map is straight-line scalar code with at most one check.
pub(super) fn is_simple(cx: &Cx<'_>, data: &InstData) -> bool {
    let (Op::Map(op), Some(block)) = (&data.op, data.blocks.first()) else {
        return false;
    };
    let mut checks = 0;
    let simple = |v: &Value| cx.func.ty(*v).rank() == 0;
    for &inst in &block.insts {
        let data = cx.data(inst);
        let fits = match &data.op {
            op if op.kernel().is_some() => data.results.iter().all(simple),
            Op::SizeOf(_) | Op::Index(_) | Op::Const(_) | Op::Iota(_) => true,
            Op::Broadcast(_) | Op::Transposed(_) | Op::Slice(_) => true,
            Op::AccAdd(_) => data.args.get(1).is_some_and(simple),
            Op::Stack(_) => true,
            Op::Check(_) => {
                checks += 1;
                true
            }
            _ => false,
        };
        if !fits {
            return false;
        }
    }
    let scalars = block.results.iter().take(op.yields + op.sums);
    checks <= 1
        && scalars.clone().enumerate().all(|(k, v)| {
            let whole = simple(v) && !cx.func.ty(*v).is_accumulator();
            whole || k < op.yields && parts(cx, block, *v).is_some()
        })
        && stacks_are_yielded(cx, op.yields, block)
}

/// A scalar that is part of what a run yields, with its place there.
pub(super) type YieldPart = (Value, Vec<i64>);

/// The scalars that an array is stacked from in the region itself.
pub(super) fn parts(cx: &Cx<'_>, block: &Block, value: Value) -> Option<Vec<YieldPart>> {
    if cx.func.ty(value).is_scalar() {
        return Some(vec![(value, Vec::new())]);
    }
    let inst = cx
        .defs
        .get(&value)
        .filter(|inst| block.insts.contains(inst))?;
    let data = cx.data(*inst);
    if !matches!(data.op, Op::Stack(_)) {
        return None;
    }
    let mut all = Vec::new();
    for (k, &arg) in (0..).zip(&data.args) {
        for (part, place) in parts(cx, block, arg)? {
            all.push((part, [k].into_iter().chain(place).collect()));
        }
    }
    Some(all)
}

/// Whether what is stacked in a region is read by nothing in it.
fn stacks_are_yielded(cx: &Cx<'_>, yields: usize, block: &Block) -> bool {
    let stacked = |v: &Value| {
        cx.def(*v)
            .is_some_and(|data| matches!(data.op, Op::Stack(_)))
    };
    let inside = |v: &Value| {
        cx.defs
            .get(v)
            .is_some_and(|inst| block.insts.contains(inst))
    };
    let reads = block.insts.iter().map(|&inst| cx.data(inst));
    let read = reads
        .filter(|data| !matches!(data.op, Op::Stack(_)))
        .flat_map(|data| &data.args)
        .any(|v| inside(v) && stacked(v));
    let rest = block.results.iter().skip(yields);
    !read && !rest.into_iter().any(stacked)
}

/// Whether a member has a check.
pub(super) fn has_check(cx: &Cx<'_>, data: &InstData) -> bool {
    let insts = data.blocks.iter().flat_map(|block| &block.insts);
    insts
        .into_iter()
        .any(|&inst| matches!(cx.data(inst).op, Op::Check(_)))
}

/// Whether a simple map reads `value` only at its own index.
pub(super) fn reads_at_index(cx: &Cx<'_>, data: &InstData, value: Value) -> bool {
    let Some(block) = data.blocks.first() else {
        return false;
    };
    let indices = block.params.get(..data.sizes.len()).unwrap_or_default();
    let uses = |inst: &InstData| inst.args.contains(&value);
    let fits = |inst: &InstData| {
        let [first, rest @ ..] = inst.args.as_slice() else {
            return false;
        };
        matches!(inst.op, Op::Index(_)) && *first == value && rest == indices
    };
    let insts = block.insts.iter().map(|&inst| cx.data(inst));
    insts.into_iter().all(|inst| !uses(inst) || fits(inst)) && !block.results.contains(&value)
}

/// An addition to an accumulator in the region.
struct Addition {
    view: View,
    place: Size,
    value: Reg,
}

impl<'a> Cx<'a> {
    /// Says what the parameters of a simple map are: counters and accumulators.
    pub(super) fn bind_params(&mut self, data: &'a InstData, index: &[Size]) -> Done {
        let block = only(data)?;
        let (indices, accs) = block
            .params
            .split_at_checked(data.sizes.len())
            .ok_or_else(|| internal("a map without indices"))?;
        for (&param, size) in indices.iter().zip(index) {
            self.bind.insert(param, size.clone());
        }
        for (&param, &arg) in accs.iter().zip(&data.args) {
            let view = self.accumulator(arg)?;
            self.set(param, Val::View(view));
        }
        // The accumulators after additions in the region are the same memory.
        for &inst in &block.insts {
            let data = self.data(inst);
            if let (Op::AccAdd(_), Some(&acc), Some(&result)) =
                (&data.op, data.args.first(), data.results.first())
            {
                let view = self.accumulator(acc)?;
                self.set(result, Val::View(view));
            }
        }
        Ok(())
    }

    /// Runs the region of a simple map at this point.
    pub(super) fn simple_body(&mut self, data: &'a InstData) -> Done {
        let block = only(data)?;
        let needed = self.needed(block);
        let mut additions = Vec::new();
        for &inst in &block.insts {
            let data = self.data(inst);
            match (&data.op, data.args.as_slice()) {
                (Op::Check(op), &[condition]) => {
                    let code = self.check_code(&op.message, data.span);
                    let reg = self.operand(condition)?;
                    let all = match reg.lanes {
                        1 => reg.var,
                        _ => self.b.all(reg.var),
                    };
                    self.b.check(all, code);
                }
                (Op::AccAdd(_), &[acc, value, ref index @ ..]) => {
                    let view = self.accumulator(acc)?;
                    let place = view.place(&self.polys(index)?)?;
                    let value = self.operand(value)?;
                    additions.push(Addition { view, place, value });
                }
                _ => {
                    for result in data.results.iter().filter(|v| needed.contains(v)) {
                        self.operand(*result)?;
                    }
                }
            }
        }
        self.additions(&additions)
    }

    /// Additions of one point, in the order of the elements: if there is one for each accumulator and its
    /// lanes go to different elements, all at once.
    fn additions(&mut self, additions: &[Addition]) -> Done {
        for addition in additions {
            let same = additions
                .iter()
                .filter(|a| a.view.buffer == addition.view.buffer)
                .count();
            if same > 1 {
                return self.lane_by_lane(additions);
            }
        }
        for Addition { view, place, value } in additions {
            self.update(ScalarOp::Add, place, view, &[*value])?;
        }
        Ok(())
    }

    fn lane_by_lane(&mut self, additions: &[Addition]) -> Done {
        let mut places = Vec::new();
        for addition in additions {
            places.push(self.spread(&addition.place)?);
        }
        for lane in 0..self.point.width {
            for (addition, &place) in additions.iter().zip(&places) {
                let (at, value) = (self.lane(place, lane), self.lane(addition.value, lane));
                let before = self.b.load(addition.view.buffer, at, 1);
                let after = self.b.add(before, value);
                self.b.store(addition.view.buffer, at, after);
            }
        }
        Ok(())
    }

    /// The scalars of the region that are computed, in order: results, what is added and checked, and
    /// what these need. Numbers that only make up indices are not among them.
    fn needed(&self, block: &Block) -> HashSet<Value> {
        let mut needed: HashSet<Value> = block.results.iter().copied().collect();
        for &inst in block.insts.iter().rev() {
            let data = self.data(inst);
            match &data.op {
                Op::Check(_) => needed.extend(&data.args),
                Op::AccAdd(_) => needed.extend(data.args.get(1)),
                op if (op.kernel().is_some() || matches!(op, Op::Stack(_)))
                    && data.results.iter().any(|v| needed.contains(v)) =>
                {
                    needed.extend(&data.args);
                }
                _ => {}
            }
        }
        needed.retain(|v| self.func.ty(*v).is_scalar());
        needed
    }
}

/// The region of a map.
pub(super) fn only(data: &InstData) -> Done<&Block> {
    data.blocks
        .first()
        .ok_or_else(|| internal("the region is missing"))
}
