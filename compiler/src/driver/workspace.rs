//! Functions that need no workspace do not take one: a scalar function is then called without any
//! memory at all.

use dfn_ir::loops::{Block, FuncId, Program, Stmt};
use std::collections::HashSet;

/// Removes the parameter `workspace`, the last, from each planned function that neither allocates nor
/// calls one that does: these functions. Each function is followed by the one that measures it.
pub(super) fn drop_workspaces(program: &mut Program) -> HashSet<FuncId> {
    let mut plain = HashSet::new();
    let ids: Vec<FuncId> = program.functions.keys().step_by(2).collect();
    // Callees stand before callers.
    for id in ids {
        let Some(function) = program.functions.get_mut(id) else {
            continue;
        };
        let needs = mend(&mut function.body, &plain);
        if !needs {
            function.params.pop();
            plain.insert(id);
        }
    }
    plain
}

/// Drops the workspace from calls of plain functions; tells whether anything else needs one.
fn mend(block: &mut Block, plain: &HashSet<FuncId>) -> bool {
    let mut needs = false;
    for stmt in &mut block.stmts {
        match stmt {
            Stmt::Alloc { .. } => needs = true,
            Stmt::Call { callee, args, .. } if plain.contains(callee) => {
                args.pop();
            }
            Stmt::Fork(fork) if plain.contains(&fork.callee) => {
                fork.args.pop();
            }
            Stmt::Call { .. } | Stmt::Fork(_) => needs = true,
            Stmt::For(inner) => needs |= mend(&mut inner.body, plain),
            Stmt::While(inner) => {
                needs |= mend(&mut inner.condition, plain);
                needs |= mend(&mut inner.body, plain);
            }
            Stmt::If(inner) => {
                needs |= mend(&mut inner.then, plain);
                needs |= mend(&mut inner.otherwise, plain);
            }
            _ => {}
        }
    }
    needs
}
