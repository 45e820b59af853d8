//! Functions of loops that several threads may share.
//!
//! Before: loops that are marked `parallel`, without carries; each iteration writes to places of its own.
//! After: each is a function that runs a part of the iterations, and a `fork` that calls it on the pool of
//! the caller, if there is one and there is enough work; else one call runs all. Why here: after the last
//! pass that makes loops, before memory is planned, so that each thread gets temporaries of its own.
//!
//! No bit depends on the parts: what is combined across iterations is combined after the loop, in order.
//! The status is that of the first part that fails, which stopped at its first check that failed.

mod emit;
mod free;
mod outline;
mod work;

use std::collections::HashMap;

use dfn_ir::loops::{Block, Facts, Function, Stmt, Ty, Var, VarData, VarTy};
use dfn_ir::{FuncId, Span};

use super::lower::Lowered;
use outline::Outline;

/// Adds `function`, which stands for the source function `id`, with functions of its marked loops; nothing if it
/// has none. `temporaries` says where its temporaries come from.
pub(super) fn parallel(
    lowered: &mut Lowered,
    id: FuncId,
    (mut function, temporaries): (Function, Vec<(Var, Span)>),
) {
    function.name.push_str(".parallel");
    let Some(workspace) = function.params.pop() else {
        return;
    };
    let mut param = |name: &str, ty| {
        let data = VarData {
            ty,
            name: name.to_owned(),
            facts: Facts::default(),
        };
        function.vars.push(data)
    };
    let workers = param("workers", VarTy::Value(Ty::I64));
    let pool = param("pool", VarTy::Pointer);
    function.params.extend([workers, pool, workspace]);
    let mut constants = HashMap::new();
    remember(&function.body, &mut constants);
    let body = std::mem::take(&mut function.body);
    let mut outline = Outline {
        lowered,
        function,
        constants,
        workers,
        pool,
        workspace,
        made: Vec::new(),
        counters: Vec::new(),
    };
    let body = outline.block(body);
    let Outline {
        mut function,
        made,
        counters,
        ..
    } = outline;
    if made.is_empty() {
        return;
    }
    function.body = body;
    let whole = lowered.program.functions.push(function);
    lowered.parallel.insert(id, whole);
    let shared = counters.iter().filter_map(|counter| {
        let place = temporaries.iter().find(|(var, _)| var == counter);
        place.map(|(_, span)| *span)
    });
    lowered.shared.insert(id, shared.collect());
    for owner in made.iter().copied().chain([whole]) {
        let places = temporaries.iter().map(|&(var, span)| ((owner, var), span));
        lowered.temporaries.extend(places);
    }
    lowered.bodies.extend(made);
}

/// Statements that a function of a loop repeats, and is not given: constants, in vectors too.
fn remember(block: &Block, constants: &mut HashMap<Var, Stmt>) {
    for stmt in &block.stmts {
        if let Stmt::Const { out, .. } | Stmt::Iota { out } | Stmt::Splat { out, .. } = stmt {
            constants.insert(*out, stmt.clone());
        }
        for inner in stmt.blocks() {
            remember(inner, constants);
        }
    }
}
