//! Drops functions that nothing reaches any more, so that no pass works on them: what was derived on the way
//! to a derivative, and what has been put in the place of its only call.

use dfn_ir::verify::calls::callees_and_rules;
use dfn_ir::{FuncId, Module};
use std::collections::HashSet;

/// Keeps `roots` and what they reach.
pub(super) fn prune(module: &mut Module, roots: &[FuncId]) {
    let mut live: HashSet<FuncId> = roots.iter().copied().collect();
    let mut todo: Vec<FuncId> = roots.to_vec();
    while let Some(id) = todo.pop() {
        let reached = callees_and_rules(module, id).into_iter();
        todo.extend(reached.filter(|&callee| live.insert(callee)));
    }
    for id in module.ids().filter(|id| !live.contains(id)) {
        module.drop_function(id);
    }
}
