//! Rule 9: a `map` hands its accumulators on.
//!
//! The runs of a `map` have no order, so that none may see what others have added: what a region gives back
//! is the accumulator that it got, after additions.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Report;
use crate::function::{Block, FuncId, Function, Inst, InstData, Value};
use crate::module::Module;
use crate::op::Op;
use std::collections::HashMap;

/// Checks the rule.
pub(super) fn check(report: &mut Report<'_>) {
    let func = report.func;
    let mut roots = Roots::new(report.module);
    let definitions = definitions(func);
    let mut wrong = Vec::new();
    func.walk(&func.body, &mut |inst, data| {
        let Op::Map(map) = &data.op else { return };
        let block = data.blocks.first();
        let results = block.map_or(&[][..], |block| &block.results);
        let handed = results.iter().skip(map.yields + map.sums);
        for (&param, &result) in params(data, block).iter().zip(handed) {
            if !roots.reaches(func, &definitions, result, param) {
                wrong.push(inst);
            }
        }
    });
    for inst in wrong {
        report.at(inst, "the region must hand on the accumulators that it got");
    }
}

/// The parameters of a region that carry operands.
fn params<'a>(data: &InstData, block: Option<&'a Block>) -> &'a [Value] {
    let params = block.map_or(&[][..], |block| &block.params);
    let first = params.len().saturating_sub(data.args.len());
    params.get(first..).unwrap_or_default()
}

fn definitions(func: &Function) -> HashMap<Value, Inst> {
    let mut definitions = HashMap::new();
    func.walk(&func.body, &mut |inst, data| {
        definitions.extend(data.results.iter().map(|&v| (v, inst)));
    });
    definitions
}

/// Which accumulators are others, after additions.
struct Roots<'a> {
    module: &'a Module,
    /// For each result of a callee the parameter that it is.
    callees: HashMap<FuncId, Vec<Option<usize>>>,
}

impl<'a> Roots<'a> {
    fn new(module: &'a Module) -> Roots<'a> {
        Roots {
            module,
            callees: HashMap::new(),
        }
    }

    /// Whether the accumulator `value` is `origin`, after additions.
    fn reaches(
        &mut self,
        func: &Function,
        definitions: &HashMap<Value, Inst>,
        mut value: Value,
        origin: Value,
    ) -> bool {
        while value != origin {
            let Some(data) = definitions.get(&value).map(|&inst| &func.insts[inst]) else {
                return false;
            };
            let Some(k) = data.results.iter().position(|v| *v == value) else {
                return false;
            };
            let source = match &data.op {
                Op::AccAdd(_) => data.args.first(),
                Op::Map(map) => {
                    let k = k.checked_sub(map.yields + map.sums);
                    k.and_then(|k| data.args.get(k))
                }
                Op::For(_) => {
                    let block = data.blocks.first();
                    let inner = block.and_then(|block| block.results.get(k));
                    let (Some(&inner), Some(&param)) = (inner, params(data, block).get(k)) else {
                        return false;
                    };
                    let handed = self.reaches(func, definitions, inner, param);
                    data.args.get(k).filter(|_| handed)
                }
                Op::If(_) => {
                    let mut arms = data.blocks.iter().map(|block| block.results.get(k));
                    return arms.all(|inner| {
                        inner.is_some_and(|&v| self.reaches(func, definitions, v, origin))
                    });
                }
                Op::Call(call) => {
                    let root = self.of_callee(call.func).get(k).copied().flatten();
                    root.and_then(|k| data.args.get(k))
                }
                _ => None,
            };
            match source {
                Some(&source) => value = source,
                None => return false,
            }
        }
        true
    }

    fn of_callee(&mut self, id: FuncId) -> Vec<Option<usize>> {
        if let Some(known) = self.callees.get(&id) {
            return known.clone();
        }
        // Calls that form a cycle are invalid, and end here.
        self.callees.insert(id, Vec::new());
        let Some(func) = self.module.find(id) else {
            return Vec::new();
        };
        let definitions = definitions(func);
        let mut roots = Vec::new();
        for &result in &func.body.results {
            let is_root = |&&param: &&Value| {
                func.ty(result).is_accumulator() && self.reaches(func, &definitions, result, param)
            };
            let found = func.params().iter().find(is_root);
            roots.push(found.and_then(|v| func.params().iter().position(|p| p == v)));
        }
        self.callees.insert(id, roots.clone());
        roots
    }
}
