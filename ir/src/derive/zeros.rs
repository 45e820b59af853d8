//! Values that are zero whatever the parameters are: zero constants and what is linear in them alone.
//!
//! Zero is linear, so such a value may stand wherever a linear one must.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::linear_values;
use crate::function::{Block, FuncId, Function, InstData, Value};
use crate::module::Module;
use crate::op::Op;
use crate::scalar::Scalar;
use std::collections::{HashMap, HashSet};

/// All values of `func` that are known to be zero, those in regions included.
pub fn zero_values(module: &Module, func: &Function) -> HashSet<Value> {
    let mut marks = Marks {
        module,
        callees: HashMap::new(),
    };
    let mut zeros = HashSet::new();
    marks.block(func, &func.body, &mut zeros);
    zeros
}

struct Marks<'a> {
    module: &'a Module,
    /// For each linear function the results that are zero if the linear arguments are.
    callees: HashMap<FuncId, Vec<bool>>,
}

impl Marks<'_> {
    fn block(&mut self, func: &Function, block: &Block, zeros: &mut HashSet<Value>) {
        for &inst in &block.insts {
            let data = &func.insts[inst];
            match &data.op {
                Op::Const(constant) if is_zero(constant.value) => zeros.extend(&data.results),
                Op::Map(_) | Op::For(_) | Op::If(_) => self.region(func, data, zeros),
                Op::Call(call) => self.call(call.func, data, zeros),
                op if data.blocks.is_empty() => {
                    let marked: Vec<bool> = data.args.iter().map(|v| zeros.contains(v)).collect();
                    if is_linear_in_some(op, &marked) {
                        zeros.extend(&data.results);
                    }
                }
                _ => {}
            }
        }
    }

    /// A linear function of zeros gives zeros.
    fn call(&mut self, callee: FuncId, data: &InstData, zeros: &mut HashSet<Value>) {
        let Some(func) = self.module.find(callee).filter(|func| func.linear > 0) else {
            return;
        };
        let fixed = func.params().len().saturating_sub(func.linear);
        if data.args.iter().skip(fixed).any(|v| !zeros.contains(v)) {
            return;
        }
        let results = self.results(callee, func);
        let zero = data.results.iter().zip(results).filter(|(_, zero)| *zero);
        zeros.extend(zero.map(|(&v, _)| v));
    }

    fn results(&mut self, id: FuncId, func: &Function) -> Vec<bool> {
        if let Some(known) = self.callees.get(&id) {
            return known.clone();
        }
        // Calls that form a cycle are invalid, and end here.
        self.callees.insert(id, Vec::new());
        let mut zeros = HashSet::new();
        self.block(func, &func.body, &mut zeros);
        let linear = linear_values(func);
        let is_zero = |v: &Value| linear.contains(v) || zeros.contains(v);
        let results: Vec<bool> = func.body.results.iter().map(is_zero).collect();
        self.callees.insert(id, results.clone());
        results
    }

    /// Carries that start as zero are taken to stay so; those that turn out not to are given up, until the
    /// rest agrees.
    fn region(&mut self, func: &Function, data: &InstData, zeros: &mut HashSet<Value>) {
        let flow = super::Flow::of(data);
        let mut carried: Vec<Value> = flow
            .inward
            .iter()
            .filter(|(arg, _)| zeros.contains(arg))
            .map(|(_, param)| *param)
            .collect();
        loop {
            let mut inside = zeros.clone();
            inside.extend(&carried);
            data.blocks
                .iter()
                .for_each(|block| self.block(func, block, &mut inside));
            let stays = |param: &Value| {
                flow.back
                    .iter()
                    .filter(|(_, to)| to == param)
                    .all(|(from, _)| inside.contains(from))
            };
            let before = carried.len();
            carried.retain(stays);
            if carried.len() == before {
                let all_zero = |result: &Value| {
                    let mut sources = flow
                        .outward
                        .iter()
                        .filter(|(_, to)| to == result)
                        .peekable();
                    sources.peek().is_some() && sources.all(|(from, _)| inside.contains(from))
                };
                let results: Vec<Value> = data.results.iter().copied().filter(all_zero).collect();
                *zeros = inside;
                zeros.extend(results);
                return;
            }
        }
    }
}

/// Whether `op` is linear in some of the operands that are marked: `0 * 0` is linear in either one.
fn is_linear_in_some(op: &Op, marked: &[bool]) -> bool {
    let places: Vec<usize> = (0..marked.len())
        .filter(|&k| marked.get(k) == Some(&true))
        .take(8)
        .collect();
    (1..1usize << places.len()).rev().any(|choice| {
        let mut some = marked.to_vec();
        for (bit, &k) in places.iter().enumerate() {
            if let Some(flag) = some.get_mut(k) {
                *flag = choice >> bit & 1 == 1;
            }
        }
        op.is_linear(&some)
    })
}

fn is_zero(value: Scalar) -> bool {
    match value {
        Scalar::F64(x) => x == 0.0,
        Scalar::F32(x) => x == 0.0,
        _ => false,
    }
}
