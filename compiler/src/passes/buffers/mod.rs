//! Memory planning: a place in the workspace for each temporary.
//!
//! Before: temporaries without places. After: each lies at an offset in one arena, the workspace, that is
//! a formula in the sizes and `i64` parameters; temporaries that do not live at the same time share a
//! slot. A callee's workspace starts where the caller's slots end. For each function `NAME` there is a
//! function `NAME.workspace` that takes the function's `i64` scalars and writes the number of bytes, -1
//! if that overflows. Why here: after everything that makes temporaries, before the backends, which
//! refuse temporaries without a place. A temporary whose size is no formula is taken from `malloc` where
//! it stands ([`taken`]), and so is the workspace of a callee that depends on such a value ([`grown`]). The
//! contract is in `docs/lowering.md`.

mod fork;
mod formula;
mod grown;
mod lives;
mod measure;
mod place;
mod taken;

use std::collections::HashMap;

use cranelift_entity::EntityRef;
use dfn_ir::Span;
use dfn_ir::loops::{Builder, FuncId, Function, Linkage, Stmt, Var};
use dfn_ir::scalar::ScalarOp;

use super::lower::{LowerError, Lowered};
use formula::{Formula, Formulas};
use lives::{Life, lives};

/// Offsets are multiples of this.
const ALIGN: i64 = 64;

/// Memory for temporaries that are never alive at the same time.
#[derive(Debug)]
struct Slot {
    /// The bytes.
    bytes: Formula,
    /// The last statement that uses it so far.
    end: usize,
    /// What lies in it.
    buffers: Vec<Var>,
}

/// A call and what its callee's workspace depends on.
#[derive(Debug, PartialEq, Eq)]
struct CallSite {
    callee: FuncId,
    args: Vec<Formula>,
    /// How many threads run the callee, each in memory of its own; absent for one call.
    threads: Option<Formula>,
}

/// The plan of one function.
#[derive(Debug, Default)]
struct Plan {
    slots: Vec<Slot>,
    calls: Vec<CallSite>,
    /// Temporaries whose size is no formula, and the status if there is no memory for one.
    taken: HashMap<Var, i32>,
    /// Calls whose callee's workspace depends on what is no formula.
    grown: Option<grown::Grown>,
    /// For each `i64` scalar parameter whether the size of the workspace depends on it.
    depends: Vec<bool>,
}

impl Plan {
    /// Whether the function needs a workspace at all.
    fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.calls.is_empty()
    }
}

/// Gives each temporary of `lowered` its place, and adds the functions that measure workspaces, each after
/// the function that it is for.
pub fn buffers(lowered: &mut Lowered) -> Result<(), Vec<LowerError>> {
    make_room(lowered);
    let mut plans: HashMap<FuncId, Plan> = HashMap::new();
    let ids: Vec<FuncId> = lowered.program.functions.keys().step_by(2).collect();
    for &id in &ids {
        let plan = plan(lowered, id, &plans);
        plans.insert(id, plan);
    }
    for &id in &ids {
        let Some(plan) = plans.get(&id) else { continue };
        let Some(function) = lowered.program.functions.get_mut(id) else {
            continue;
        };
        place::place(function, plan, lowered.bodies.contains(&id));
        taken::take(function, plan);
        let made = measure::measure(function, plan);
        if let Some(room) = lowered.program.functions.get_mut(workspace_of(id)) {
            *room = made;
        }
    }
    for (&source, &id) in &lowered.functions {
        lowered.workspaces.insert(source, workspace_of(id));
    }
    Ok(())
}

/// The function that measures the workspace of `id`.
pub fn workspace_of(id: FuncId) -> FuncId {
    FuncId::new(id.index() + 1)
}

/// Gives each function the number `2 k` in place of `k`: the one after it will measure its workspace.
fn make_room(lowered: &mut Lowered) {
    let moved = |id: FuncId| FuncId::new(2 * id.index());
    for (_, mut function) in std::mem::take(&mut lowered.program.functions) {
        grown::each_stmt(&mut function.body, &mut |stmt| match stmt {
            Stmt::Call { callee, .. } => *callee = moved(*callee),
            Stmt::Fork(fork) => fork.callee = moved(fork.callee),
            _ => {}
        });
        let room = Builder::new(String::new(), Linkage::Local).finish();
        lowered.program.functions.push(function);
        lowered.program.functions.push(room);
    }
    let named = lowered.functions.values_mut();
    named
        .chain(lowered.parallel.values_mut())
        .for_each(|id| *id = moved(*id));
    lowered.bodies = lowered.bodies.iter().map(|&id| moved(id)).collect();
    let temporaries = std::mem::take(&mut lowered.temporaries).into_iter();
    lowered.temporaries = temporaries
        .map(|((id, var), span)| ((moved(id), var), span))
        .collect();
}

/// Plans the memory of a function; its callees have been planned.
fn plan(lowered: &mut Lowered, id: FuncId, plans: &HashMap<FuncId, Plan>) -> Plan {
    fork::settle(lowered, id, plans);
    let Some(function) = lowered.program.functions.get(id) else {
        return Plan::default();
    };
    let formulas = Formulas::of(function, fork::numbers(lowered, id));
    let mut plan = Plan::default();
    let mut unknown = Vec::new();
    for life in lives(function) {
        match formulas.most(life.len) {
            Some(len) => plan.slot(bytes(len, &life), &life),
            None => unknown.push(life.buffer),
        }
    }
    let mut unmeasured = Vec::new();
    each_call(&function.body, &mut |callee, args| {
        let Some(inner) = plans.get(&callee).filter(|plan| !plan.is_empty()) else {
            return;
        };
        match call_site(lowered, &formulas, callee, args, inner) {
            Some(site) if !plan.calls.contains(&site) => plan.calls.push(site),
            Some(_) => {}
            None => unmeasured.push(grown::site(callee, args)),
        }
    });
    for fork in fork::forks(&function.body) {
        let site = fork::site(lowered, &formulas, fork, plans);
        if let Some(site) = site.flatten() {
            plan.calls.push(site);
        }
    }
    if plan.calls.iter().any(|site| site.threads.is_some()) {
        plan.slots.insert(0, fork::cell());
    }
    plan.depends = vec![false; measure::scalars(function).len()];
    let all = plan.slots.iter().map(|slot| &slot.bytes);
    let calls = plan.calls.iter();
    let calls = calls.flat_map(|call| call.args.iter().chain(&call.threads));
    for formula in all.chain(calls) {
        formula.mark(&mut plan.depends);
    }
    for buffer in unknown {
        let span = lowered.temporaries.get(&(id, buffer)).copied();
        let code = lowered.status(MEMORY, span.unwrap_or_default());
        plan.taken.insert(buffer, code);
    }
    if !unmeasured.is_empty() {
        let code = lowered.status(MEMORY, Span::default());
        if let Some(function) = lowered.program.functions.get_mut(id) {
            let grown = grown::Grown::new(function, unmeasured, code);
            plan.slots.push(Slot {
                bytes: Formula::number(ALIGN),
                end: usize::MAX,
                buffers: vec![grown.bytes],
            });
            plan.grown = Some(grown);
        }
    }
    plan
}

/// What a check says for which there is no memory.
const MEMORY: &str =
    "there is no memory for an array whose size is only known while the program runs";

impl Plan {
    /// Puts a temporary into a slot that is free, preferably of its size.
    fn slot(&mut self, bytes: Formula, life: &Life) {
        let free = |slot: &Slot| slot.end < life.start;
        let same = self
            .slots
            .iter()
            .position(|slot| free(slot) && slot.bytes == bytes);
        let known = |slot: &Slot| slot.bytes.constant().is_some() && bytes.constant().is_some();
        let like = || self.slots.iter().position(|slot| free(slot) && known(slot));
        let any = || self.slots.iter().position(free);
        match same
            .or_else(like)
            .or_else(any)
            .and_then(|at| self.slots.get_mut(at))
        {
            Some(slot) => {
                slot.end = life.end;
                slot.buffers.push(life.buffer);
                if slot.bytes != bytes {
                    slot.bytes = slot.bytes.with(ScalarOp::Max, &bytes);
                }
            }
            None => self.slots.push(Slot {
                bytes,
                end: life.end,
                buffers: vec![life.buffer],
            }),
        }
    }
}

/// The bytes of a temporary, rounded up to the alignment.
fn bytes(len: &Formula, life: &Life) -> Formula {
    let constant = Formula::number;
    let size = i64::from(life.dtype.bytes());
    let len = len.with(ScalarOp::Max, &constant(0));
    let bytes = len.with(ScalarOp::Mul, &constant(size));
    let up = bytes.with(ScalarOp::Add, &constant(ALIGN - 1));
    up.with(ScalarOp::And, &constant(-ALIGN))
}

/// A call with the formulas that its callee's workspace depends on; `None` if an argument is no formula.
fn call_site(
    lowered: &Lowered,
    formulas: &Formulas,
    callee: FuncId,
    args: &[Var],
    plan: &Plan,
) -> Option<CallSite> {
    let function = lowered.program.functions.get(callee)?;
    let all = plan.slots.iter().map(|slot| &slot.bytes);
    let mut all = all.chain(plan.calls.iter().flat_map(|call| &call.args));
    let rises = all.all(Formula::rises);
    let mut found = Vec::new();
    for (k, depends) in measure::scalars(function).into_iter().zip(&plan.depends) {
        let &arg = args.get(k)?;
        found.push(match depends {
            false => Formula::number(0),
            true if rises => formulas.most(arg)?.clone(),
            true => formulas.get(arg)?.clone(),
        });
    }
    Some(CallSite {
        callee,
        args: found,
        threads: None,
    })
}

/// Calls `visit` on every call below `block`.
fn each_call(block: &dfn_ir::loops::Block, visit: &mut dyn FnMut(FuncId, &[Var])) {
    for stmt in &block.stmts {
        if let Stmt::Call { callee, args, .. } = stmt {
            visit(*callee, args);
        }
        for inner in stmt.blocks() {
            each_call(inner, visit);
        }
    }
}

/// The workspace of a function: its last parameter.
fn workspace(function: &Function) -> Option<Var> {
    function.params.last().copied()
}
