//! Arrays that are only a step towards a result are written where the result will stand.
//!
//! `y[i] = e[i] * s`, where `s` is a sum of all of `e`: nothing reads `e` after `y`, so `y` takes its place, element
//! by element, and one array less goes through the caches.

use std::collections::HashSet;

use dfn_ir::derive::free_values;
use dfn_ir::function::{Block, InstData};
use dfn_ir::ops::Kernel;
use dfn_ir::{Inst, Op, Value};

use super::cx::Cx;
use super::error::Done;
use super::kind::{Kind, kind};
use super::view::View;

impl<'a> Cx<'a> {
    /// If `data` gives a result with a destination, gives that destination to the operand that it replaces too.
    pub(super) fn step_dest(&mut self, block: &Block, data: &InstData) -> Done {
        let Some((maker, view)) = self.maker(data) else {
            return Ok(());
        };
        let light = matches!(maker.op.kernel(), Some(Kernel::Op(_) | Kernel::Scale));
        let Some(&result) = maker.results.first().filter(|_| light) else {
            return Ok(());
        };
        for &step in &maker.args {
            let same = self.func.ty(step).dtype == self.func.ty(result).dtype
                && self.shape_of(step)? == self.shape_of(result)?;
            if same && self.is_step(block, step, maker) {
                self.dests.entry(step).or_insert(view);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Who computes the elements of a result that has a destination, and the destination.
    fn maker(&self, data: &'a InstData) -> Option<(&'a InstData, View)> {
        let &[result] = data.results.as_slice() else {
            return None;
        };
        let view = self.dests.get(&result)?.clone();
        let maker = match (&data.op, data.args.as_slice()) {
            (Op::AccNew(_), &[start]) => self.def(start)?,
            _ => data,
        };
        (kind(self, maker) == Kind::Member).then_some((maker, view))
    }

    /// Whether `step` is computed element by element in the block, and read by `maker`, and otherwise only by
    /// sums of all elements that come before.
    fn is_step(&self, block: &Block, step: Value, maker: &InstData) -> bool {
        let computed = self.defs.get(&step).is_some_and(|inst| {
            let data = self.data(*inst);
            block.insts.contains(inst)
                && data.op.kernel().is_some()
                && kind(self, data) == Kind::Member
        });
        if !computed || self.dests.contains_key(&step) || block.results.contains(&step) {
            return false;
        }
        let before = self.before(maker);
        block.insts.iter().all(|inst| {
            let data = self.data(*inst);
            let inside = || free_values(self.func, &data.blocks).contains(&step);
            if !data.args.contains(&step) && (data.blocks.is_empty() || !inside()) {
                return true;
            }
            let scalar = |v: &Value| self.func.ty(*v).rank() == 0;
            let sum = matches!(data.op, Op::Reduce(_)) && data.results.iter().all(scalar);
            std::ptr::eq(data, maker) || sum && before.contains(inst)
        })
    }

    /// The instructions that one needs.
    fn before(&self, of: &InstData) -> HashSet<Inst> {
        let mut found = HashSet::new();
        let mut todo = of.args.clone();
        while let Some(value) = todo.pop() {
            if let Some(&inst) = self.defs.get(&value)
                && found.insert(inst)
            {
                let data = self.data(inst);
                todo.extend(data.args.iter().copied());
                todo.extend(free_values(self.func, &data.blocks));
            }
        }
        found
    }
}
