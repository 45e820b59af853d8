//! Memory planning: a place in the workspace for each temporary.
//!
//! Before: temporaries without places. After: each lies at an offset in one arena, the workspace, that is
//! a formula in the sizes and `i64` parameters; temporaries that do not live at the same time share a
//! slot. A callee's workspace starts where the caller's slots end. For each function `NAME` there is a
//! function `NAME.workspace` that takes the function's `i64` scalars and writes the number of bytes, -1
//! if that overflows. Why here: after everything that makes temporaries, before the backends, which
//! refuse temporaries without a place. The contract is in `docs/lowering.md`.

mod formula;
mod lives;
mod measure;
mod place;

use std::collections::HashMap;

use dfn_ir::loops::{FuncId, Function, Stmt, Var};
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
}

/// The plan of one function.
#[derive(Debug, Default)]
struct Plan {
    slots: Vec<Slot>,
    calls: Vec<CallSite>,
    /// For each `i64` scalar parameter whether the size of the workspace depends on it.
    depends: Vec<bool>,
}

impl Plan {
    /// Whether the function needs a workspace at all.
    fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.calls.is_empty()
    }
}

/// Gives each temporary of `lowered` its place, and adds the functions that measure workspaces.
pub fn buffers(lowered: &mut Lowered) -> Result<(), Vec<LowerError>> {
    let mut plans: HashMap<FuncId, Plan> = HashMap::new();
    let mut errors = Vec::new();
    let ids: Vec<FuncId> = lowered.program.functions.keys().collect();
    for &id in &ids {
        match plan(lowered, id, &plans) {
            Ok(plan) => {
                plans.insert(id, plan);
            }
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut workspaces: HashMap<FuncId, FuncId> = HashMap::new();
    for &id in &ids {
        let Some(plan) = plans.get(&id) else { continue };
        let Some(function) = lowered.program.functions.get_mut(id) else {
            continue;
        };
        place::place(function, plan);
        let made = measure::measure(function, plan, &workspaces);
        workspaces.insert(id, lowered.program.functions.push(made));
    }
    for (&source, id) in &lowered.functions {
        let made = workspaces.get(id).copied();
        lowered.workspaces.extend(made.map(|made| (source, made)));
    }
    Ok(())
}

/// Plans the memory of a function; its callees have been planned.
fn plan(lowered: &Lowered, id: FuncId, plans: &HashMap<FuncId, Plan>) -> Result<Plan, LowerError> {
    let Some(function) = lowered.program.functions.get(id) else {
        return Ok(Plan::default());
    };
    let formulas = Formulas::of(function);
    let refuse = |var: Var, what: &str| {
        let span = lowered.temporaries.get(&(id, var)).copied();
        let name = function.vars.get(var).map_or("", |data| data.name.as_str());
        let named = if name.is_empty() {
            String::new()
        } else {
            format!(" `{name}`")
        };
        LowerError {
            function: function.name.clone(),
            message: format!(
                "{what}{named} depends on a value that is computed while the function runs; \
                 make that value an `i64` parameter, so that the caller can provide the memory"
            ),
            span: span.unwrap_or_default(),
        }
    };
    let mut plan = Plan::default();
    for life in lives(function) {
        let bytes = formulas.get(life.len).map(|len| bytes(len, &life));
        let bytes = bytes.ok_or_else(|| refuse(life.buffer, "the size of a temporary array"))?;
        plan.slot(bytes, &life);
    }
    let mut failed = None;
    each_call(&function.body, &mut |callee, args| {
        let site = plans.get(&callee).filter(|plan| !plan.is_empty());
        let Some(site) = site.and_then(|plan| call_site(lowered, &formulas, callee, args, plan))
        else {
            return;
        };
        match site {
            Ok(site) if !plan.calls.contains(&site) => plan.calls.push(site),
            Ok(_) => {}
            Err(var) => failed = Some(var),
        }
    });
    if let Some(var) = failed {
        return Err(refuse(var, "the memory that a call needs"));
    }
    let count = measure::scalars(function).len();
    plan.depends = vec![false; count];
    let all = plan.slots.iter().map(|slot| &slot.bytes);
    for formula in all.chain(plan.calls.iter().flat_map(|call| &call.args)) {
        formula.mark(&mut plan.depends);
    }
    Ok(plan)
}

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

/// A call with the formulas that its callee's workspace depends on; an argument that is no formula is an
/// error.
fn call_site(
    lowered: &Lowered,
    formulas: &Formulas,
    callee: FuncId,
    args: &[Var],
    plan: &Plan,
) -> Option<Result<CallSite, Var>> {
    let function = lowered.program.functions.get(callee)?;
    let mut found = Vec::new();
    for (k, depends) in measure::scalars(function).into_iter().zip(&plan.depends) {
        let &arg = args.get(k)?;
        match (depends, formulas.get(arg)) {
            (false, _) => found.push(Formula::number(0)),
            (true, Some(formula)) => found.push(formula.clone()),
            (true, None) => return Some(Err(arg)),
        }
    }
    Some(Ok(CallSite {
        callee,
        args: found,
    }))
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
