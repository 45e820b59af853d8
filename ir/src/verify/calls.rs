//! Rule 8: calls do not form a cycle.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::VerifyError;
use crate::function::FuncId;
use crate::module::Module;
use crate::op::Op;
use cranelift_entity::SecondaryMap;
use std::collections::HashSet;

/// The functions that a function calls or derives.
pub fn callees(module: &Module, id: FuncId) -> Vec<FuncId> {
    let func = module.get(id);
    let mut found = Vec::new();
    func.walk(&func.body, &mut |_, data| match &data.op {
        Op::Call(call) => found.push(call.func),
        Op::Jvp(op) => found.push(op.target.func),
        Op::Vjp(op) => found.push(op.target.func),
        Op::Sparsity(op) => found.push(op.func),
        Op::Differences(op) => found.push(op.target.func),
        Op::Pullback(op) => found.push(op.func),
        _ => {}
    });
    found
}

/// The functions that a function calls or derives, and those of the rules of these.
pub fn callees_and_rules(module: &Module, id: FuncId) -> Vec<FuncId> {
    let mut found = callees(module, id);
    let with_rules = std::iter::once(&id).chain(&found);
    let rules = with_rules.filter_map(|&callee| module.find(callee)?.marks.rule.clone());
    let rules: Vec<crate::function::Rule> = rules.collect();
    for rule in rules {
        found.extend(rule.tangent);
        found.extend(rule.pullback.iter().flat_map(|pair| [pair.0, pair.1]));
        found.extend(rule.linear.map(|linear| linear.transpose));
    }
    found
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Mark {
    #[default]
    New,
    Open,
    Done,
}

/// What a function calls, each once, in the order in which a stack gives them; nothing if it has been seen.
fn callees_once(module: &Module, id: FuncId, marks: &SecondaryMap<FuncId, Mark>) -> Vec<FuncId> {
    if marks[id] != Mark::New {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut found = callees(module, id);
    found.retain(|callee| seen.insert(*callee));
    found.reverse();
    found
}

/// An error for each call that closes a cycle.
pub(super) fn cycles(module: &Module) -> Vec<VerifyError> {
    let mut marks: SecondaryMap<FuncId, Mark> = SecondaryMap::new();
    let mut errors = Vec::new();
    for root in module.ids() {
        // An explicit stack: the depth of calls is not bounded.
        let mut stack = vec![(root, callees_once(module, root, &marks))];
        while let Some((id, mut rest)) = stack.pop() {
            if rest.is_empty() {
                marks[id] = Mark::Done;
                continue;
            }
            marks[id] = Mark::Open;
            let callee = rest.pop();
            stack.push((id, rest));
            let Some(callee) = callee else { continue };
            match module.find(callee).map(|_| marks[callee]) {
                Some(Mark::New) => stack.push((callee, callees_once(module, callee, &marks))),
                Some(Mark::Open) => errors.push(VerifyError {
                    function: module.get(id).name.clone(),
                    inst: None,
                    message: format!("calls @{}, which calls it back", module.get(callee).name),
                }),
                Some(Mark::Done) | None => {}
            }
        }
    }
    errors
}
