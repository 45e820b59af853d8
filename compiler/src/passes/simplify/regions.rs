//! Regions: what a loop carries unchanged and what both arms of a branch agree on is taken out; a branch
//! whose condition is constant becomes the arm that is taken, and a map that gives one value everywhere repeats it.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::passes::hash::FxHashMap;
use dfn_ir::derive::rename_block;
use dfn_ir::function::{Block, Function, Inst, InstData, Value};
use dfn_ir::ops::Broadcast;
use dfn_ir::{Op, Scalar};
use std::collections::HashMap;

/// Takes out what it can in `func`.
pub(super) fn regions(func: &mut Function) {
    let mut found = Found {
        definitions: FxHashMap::default(),
        same: FxHashMap::default(),
    };
    func.walk(&func.body, &mut |inst, data| {
        found
            .definitions
            .extend(data.results.iter().map(|&v| (v, inst)));
    });
    let mut body = std::mem::take(&mut func.body);
    found.block(func, &mut body);
    if !found.same.is_empty() {
        let same: HashMap<Value, Value> =
            found.same.keys().map(|&v| (v, found.resolved(v))).collect();
        rename_block(func, &mut body, &same);
    }
    func.body = body;
}

/// A map whose runs all give one value from outside repeats it.
fn repeated(func: &Function, data: &mut InstData) {
    let (Op::Map(op), [block]) = (&data.op, data.blocks.as_slice()) else {
        return;
    };
    let one = op.yields == 1 && op.sums + op.accs == 0 && block.insts.is_empty();
    let Some(&value) = block.results.first().filter(|_| one) else {
        return;
    };
    if !block.params.contains(&value) {
        let axes = data.sizes.len();
        let axes = (axes..axes + func.ty(value).rank()).collect();
        data.op = Op::Broadcast(Broadcast { axes });
        data.args = [value].into_iter().collect();
        data.sizes.clear();
        data.blocks.clear();
    }
}

struct Found {
    definitions: FxHashMap<Value, Inst>,
    /// Values that equal another one, defined earlier.
    same: FxHashMap<Value, Value>,
}

impl Found {
    fn resolved(&self, value: Value) -> Value {
        let mut value = value;
        while let Some(&next) = self.same.get(&value) {
            value = next;
        }
        value
    }

    fn block(&mut self, func: &mut Function, block: &mut Block) {
        let mut insts = Vec::with_capacity(block.insts.len());
        for inst in std::mem::take(&mut block.insts) {
            let mut data = func.insts[inst].clone();
            if let Some(mut arm) = self.taken(func, &data) {
                self.block(func, &mut arm);
                let results = data.results.iter().copied().zip(arm.results);
                self.same.extend(results);
                insts.extend(arm.insts);
                continue;
            }
            match data.op {
                Op::For(_) => self.carries(func, &data),
                Op::If(_) => insts.extend(self.arms(func, &data)),
                Op::Map(_) => repeated(func, &mut data),
                _ => {}
            }
            data.blocks
                .iter_mut()
                .for_each(|inner| self.block(func, inner));
            func.insts[inst] = data;
            insts.push(inst);
        }
        block.insts = insts;
    }

    /// The arm of a branch that is taken for certain.
    fn taken(&self, func: &Function, data: &InstData) -> Option<Block> {
        if !matches!(data.op, Op::If(_)) {
            return None;
        }
        let condition = self.resolved(*data.args.first()?);
        match &func.insts[*self.definitions.get(&condition)?].op {
            Op::Const(constant) => {
                let arm = usize::from(constant.value == Scalar::Bool(false));
                data.blocks.get(arm).cloned()
            }
            _ => None,
        }
    }

    /// A carry that each run hands on as it got it, or that starts as a constant and stays that.
    fn carries(&mut self, func: &Function, data: &InstData) {
        let Some(block) = data.blocks.first() else {
            return;
        };
        let params = block.params.iter().skip(1);
        for (((&init, &param), &next), &result) in data
            .args
            .iter()
            .zip(params)
            .zip(&block.results)
            .zip(&data.results)
        {
            // In a function that is to be turned around it becomes a sum over the steps of all loops that
            // hand it on, in their order; captured, it would become a sum for each loop, and one of these.
            let to_be_turned = func.linear > 0 && func.ty(param).is_differentiable();
            if next == param && !(to_be_turned && func.ty(param).is_scalar())
                || self.equal_constants(func, init, next)
            {
                self.same.insert(param, init);
                self.same.insert(result, init);
            }
        }
    }

    /// A result on which both arms agree: a value from outside, or a constant, which is made anew before.
    fn arms(&mut self, func: &mut Function, data: &InstData) -> Option<Inst> {
        let [then, other] = data.blocks.as_slice() else {
            return None;
        };
        let mut before = None;
        for ((&a, &b), &result) in then.results.iter().zip(&other.results).zip(&data.results) {
            if self.same.contains_key(&result) {
                continue;
            }
            if a == b {
                self.same.insert(result, a);
            } else if before.is_none() && self.equal_constants(func, a, b) {
                let mut constant = func.insts[*self.definitions.get(&a)?].clone();
                let value = func.value(func.ty(a).clone(), None);
                constant.results = [value].into_iter().collect();
                self.same.insert(result, value);
                before = Some(func.insts.push(constant));
            }
        }
        before
    }

    fn equal_constants(&self, func: &Function, a: Value, b: Value) -> bool {
        let constant = |v: Value| {
            let op = &func.insts[*self.definitions.get(&v)?].op;
            matches!(op, Op::Const(_)).then_some(op)
        };
        func.ty(a) == func.ty(b) && constant(a).is_some() && constant(a) == constant(b)
    }
}
