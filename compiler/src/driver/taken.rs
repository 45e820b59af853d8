//! Functions that take memory with `malloc` while they run: what has a size that no formula tells.

use dfn_ir::loops::{Block, FuncId, Program, Stmt};
use std::collections::HashSet;

/// The functions that take memory, or call one that does.
pub(super) fn taking_memory(program: &Program) -> HashSet<FuncId> {
    let mut taking = HashSet::new();
    // Callees stand before callers.
    for (id, function) in program.functions.iter() {
        if takes(&function.body, &taking) {
            taking.insert(id);
        }
    }
    taking
}

fn takes(block: &Block, taking: &HashSet<FuncId>) -> bool {
    block.stmts.iter().any(|stmt| match stmt {
        Stmt::Malloc { .. } => true,
        Stmt::Call { callee, .. } => taking.contains(callee),
        Stmt::Fork(fork) => taking.contains(&fork.callee),
        Stmt::For(inner) => takes(&inner.body, taking),
        Stmt::While(inner) => takes(&inner.condition, taking) || takes(&inner.body, taking),
        Stmt::If(inner) => takes(&inner.then, taking) || takes(&inner.otherwise, taking),
        _ => false,
    })
}
