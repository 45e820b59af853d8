//! Functions that threads run: each thread has a workspace of its own, one after the other in that of the
//! caller. A body is given the bytes for a thread, and finds its own by the number of the thread.

use std::collections::{HashMap, HashSet};

use dfn_ir::loops::{Block, Facts, For, Fork, FuncId, Function, Stmt, Ty, Var, VarData, VarTy};
use dfn_ir::scalar::Scalar;

use super::formula::{Formula, Formulas};
use super::grown::each_stmt;
use super::{ALIGN, CallSite, Lowered, Plan, Slot, call_site};

/// How many parameters of a function are numbers that no formula follows: those of the call and the thread.
pub(super) fn numbers(lowered: &Lowered, id: FuncId) -> usize {
    match lowered.bodies.contains(&id) {
        true => 2,
        false => 0,
    }
}

/// The forks below a block.
pub(super) fn forks(block: &Block) -> Vec<&Fork> {
    let mut found = Vec::new();
    for stmt in &block.stmts {
        if let Stmt::Fork(fork) = stmt {
            found.push(fork.as_ref());
        }
        found.extend(stmt.blocks().into_iter().flat_map(forks));
    }
    found
}

/// Memory in which callees say how much they need: the first of the workspace.
pub(super) fn cell() -> Slot {
    Slot {
        bytes: Formula::number(ALIGN),
        end: usize::MAX,
        buffers: Vec::new(),
    }
}

/// What the workspaces of the threads of a fork depend on: `None` if they need none, `Some(None)` if on what
/// is no formula.
pub(super) fn site(
    lowered: &Lowered,
    formulas: &Formulas,
    fork: &Fork,
    plans: &HashMap<FuncId, Plan>,
) -> Option<Option<CallSite>> {
    let plan = plans.get(&fork.callee).filter(|plan| !plan.is_empty())?;
    let mut args = vec![fork.count; 2];
    args.extend(&fork.args);
    let site = call_site(lowered, formulas, fork.callee, &args, plan);
    let threads = formulas.get(fork.workers).cloned();
    Some(
        site.filter(|_| threads.is_some())
            .map(|site| CallSite { threads, ..site }),
    )
}

/// Runs in order what threads cannot run, since how much memory they need is no formula.
pub(super) fn settle(lowered: &mut Lowered, id: FuncId, plans: &HashMap<FuncId, Plan>) {
    let Some(function) = lowered.program.functions.get(id) else {
        return;
    };
    let formulas = Formulas::of(function, numbers(lowered, id));
    let unknown = |fork: &&Fork| matches!(site(lowered, &formulas, fork, plans), Some(None));
    let found = forks(&function.body).into_iter().filter(unknown);
    let callees: HashSet<FuncId> = found.map(|fork| fork.callee).collect();
    if callees.is_empty() {
        return;
    }
    if let Some(function) = lowered.program.functions.get_mut(id) {
        let mut body = std::mem::take(&mut function.body);
        in_order(function, &mut body, &callees);
        function.body = body;
    }
}

fn in_order(function: &mut Function, block: &mut Block, callees: &HashSet<FuncId>) {
    for mut stmt in std::mem::take(&mut block.stmts) {
        match &mut stmt {
            Stmt::For(inner) => in_order(function, &mut inner.body, callees),
            Stmt::While(inner) => {
                in_order(function, &mut inner.condition, callees);
                in_order(function, &mut inner.body, callees);
            }
            Stmt::If(inner) => {
                in_order(function, &mut inner.then, callees);
                in_order(function, &mut inner.otherwise, callees);
            }
            _ => {}
        }
        match stmt {
            Stmt::Fork(fork) if callees.contains(&fork.callee) => {
                block.stmts.extend(serial(function, *fork));
            }
            stmt => block.stmts.push(stmt),
        }
    }
}

/// A loop over the calls of a fork, which ends the function at the first that fails.
fn serial(function: &mut Function, fork: Fork) -> Vec<Stmt> {
    let mut var = |ty| {
        let (name, facts) = (String::new(), Facts::default());
        function.vars.push(VarData { ty, name, facts })
    };
    let [zero, counter] = [(); 2].map(|()| var(VarTy::Value(Ty::I64)));
    let fine = var(VarTy::Value(Ty::I32));
    let mut args = vec![counter, zero];
    args.extend(fork.args);
    let call = Stmt::Call {
        callee: fork.callee,
        args,
        status: None,
    };
    let calls = For {
        counter,
        lo: zero,
        hi: fork.count,
        step: 1,
        reverse: false,
        parallel: false,
        carries: Vec::new(),
        body: Block {
            stmts: vec![call],
            yields: Vec::new(),
        },
        results: Vec::new(),
    };
    let constant = |out, value| Stmt::Const { out, value };
    vec![
        constant(zero, Scalar::I64(0)),
        constant(fine, Scalar::I32(0)),
        Stmt::Fill {
            buffer: fork.statuses,
            start: zero,
            len: fork.count,
            value: fine,
        },
        Stmt::For(Box::new(calls)),
    ]
}

/// Gives each fork the rest of the workspace, and the bytes for one of its threads.
pub(super) fn give(block: &mut Block, rest: Option<Var>, strides: &HashMap<FuncId, Var>) {
    each_stmt(block, &mut |stmt| {
        let (callee, args) = match stmt {
            Stmt::Fork(fork) => (fork.callee, &mut fork.args),
            _ => return,
        };
        let mut last = args.iter_mut().rev();
        if let (Some(workspace), Some(rest)) = (last.next(), rest) {
            *workspace = rest;
        }
        if let (Some(stride), Some(&bytes)) = (last.next(), strides.get(&callee)) {
            *stride = bytes;
        }
    });
}
