//! From the SSA IR to the loop IR.
//!
//! Each function becomes one loop function, in an order such that callees stand before callers. What an
//! operation becomes is said by [`kind`]: nothing (an index function), a member of a fused loop nest
//! ([`schedule`], [`nest`]), or statements of its own. The contract is `docs/lowering.md`.

mod access;
mod accumulate;
mod block;
mod call;
mod choice;
mod copies;
mod cx;
mod delays;
mod dot;
mod early;
mod element;
mod error;
mod function;
mod group;
mod host;
mod in_place;
mod keep;
mod kind;
mod machine;
mod map;
mod nest;
mod parallel;
mod product;
mod reduction;
mod repeat;
mod scan;
mod schedule;
mod short_rows;
mod simple;
mod sink;
mod sort;
mod strips;
mod until;
mod update;
mod view;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use dfn_ir::loops::{self, Program, Var};
use dfn_ir::ops::transform::Target;
use dfn_ir::{FuncId, Module, Op, Span, Type};

pub use copies::{Cause, Copied};
pub use error::LowerError;
pub use machine::Machine;

/// A place in the source that may stop the program. Its status is its position in
/// [`Lowered::checks`], plus 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSite {
    /// What to say.
    pub message: Rc<str>,
    /// Where in the source.
    pub span: Span,
}

/// What a `host` statement asks for; see `docs/lowering.md` for its arguments.
#[derive(Clone, Debug)]
pub enum HostSite {
    /// To write a line.
    Print {
        /// The text, with `{}` for each operand.
        template: Rc<str>,
        /// The operands' types; only their element types and ranks mean something.
        operands: Vec<Type>,
    },
    /// To compute a derivative by differences.
    Differences {
        /// The function and its active parameters.
        target: Target,
        /// The operands' types, then those of the results.
        operands: Vec<Type>,
        /// How many of `operands` are results.
        results: usize,
    },
}

/// A module as loop programs, with what its statuses and host calls mean.
#[derive(Debug)]
pub struct Lowered {
    /// The functions; temporaries have no places yet.
    pub program: Program,
    /// The loop function of each function that was lowered.
    pub functions: HashMap<FuncId, loops::FuncId>,
    /// For each function and result: the parameter (sizes not counted) whose accumulator it is, if any.
    /// Such a result has no buffer of its own.
    pub accumulators: HashMap<FuncId, Vec<Option<usize>>>,
    /// For each function the one that measures its workspace, once memory is planned.
    pub workspaces: HashMap<FuncId, loops::FuncId>,
    /// Where in the source temporaries come from.
    pub temporaries: HashMap<(loops::FuncId, Var), Span>,
    /// The arrays that loops copy in each run.
    pub copies: Vec<Copied>,
    /// What the statuses 1, 2, … mean.
    pub checks: Vec<CheckSite>,
    /// What the host functions `0`, `1`, … are.
    pub hosts: Vec<HostSite>,
    /// The loop function that may run on several threads, for each function that has a loop for them.
    pub parallel: HashMap<FuncId, loops::FuncId>,
    /// Where in the source the loops come from that these share, for each function.
    pub shared: HashMap<FuncId, Vec<Span>>,
    /// The functions that threads run.
    pub bodies: HashSet<loops::FuncId>,
    /// Whether loops that threads may share are looked for.
    threads: bool,
    /// The processor that kernels are shaped for.
    machine: Machine,
    /// Functions that several contractions share, by their names.
    kernels: HashMap<String, loops::FuncId>,
}

impl Lowered {
    /// The status of a check that says `message` at `span`.
    pub(super) fn status(&mut self, message: &str, span: Span) -> i32 {
        let same = |site: &CheckSite| *site.message == *message && site.span == span;
        let at = self.checks.iter().position(same).unwrap_or_else(|| {
            self.checks.push(CheckSite {
                message: message.into(),
                span,
            });
            self.checks.len() - 1
        });
        i32::try_from(at + 1).unwrap_or(i32::MAX)
    }
}

/// Lowers the functions `roots` of `module` and all that they call, for x86-64-v3.
pub fn lower(module: &Module, roots: &[FuncId]) -> Result<Lowered, Vec<LowerError>> {
    lower_for(module, roots, Machine::AVX2)
}

/// [`lower`] for any processor: the same bits, other kernels.
pub fn lower_for(
    module: &Module,
    roots: &[FuncId],
    machine: Machine,
) -> Result<Lowered, Vec<LowerError>> {
    let mut lowered = Lowered {
        program: Program::default(),
        functions: HashMap::new(),
        accumulators: HashMap::new(),
        workspaces: HashMap::new(),
        temporaries: HashMap::new(),
        copies: Vec::new(),
        checks: Vec::new(),
        hosts: Vec::new(),
        parallel: HashMap::new(),
        shared: HashMap::new(),
        bodies: HashSet::new(),
        threads: false,
        machine,
        kernels: HashMap::new(),
    };
    let mut errors = Vec::new();
    for id in callees_first(module, roots) {
        match function::lower(module, id, &mut lowered) {
            Ok((function, temporaries)) => {
                let made = lowered.program.functions.push(function);
                let places = temporaries
                    .into_iter()
                    .map(|(var, span)| ((made, var), span));
                lowered.temporaries.extend(places);
                lowered.functions.insert(id, made);
            }
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(lowered),
        false => Err(errors),
    }
}

/// Adds to `lowered` a function for threads for each of `roots` that has a loop for them: the same bits.
pub fn lower_parallel(
    module: &Module,
    roots: &[FuncId],
    lowered: &mut Lowered,
) -> Result<(), Vec<LowerError>> {
    lowered.threads = true;
    let mut errors = Vec::new();
    for &id in roots {
        match function::lower(module, id, lowered) {
            Ok(made) => super::parallel::parallel(lowered, id, made),
            Err(error) => errors.push(error),
        }
    }
    lowered.threads = false;
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors),
    }
}

/// The functions that `roots` reach, each after those that it calls.
fn callees_first(module: &Module, roots: &[FuncId]) -> Vec<FuncId> {
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    let mut stack: Vec<(FuncId, bool)> = roots.iter().rev().map(|&id| (id, false)).collect();
    while let Some((id, done)) = stack.pop() {
        if done {
            order.push(id);
            continue;
        }
        let Some(function) = module.find(id).filter(|_| seen.insert(id)) else {
            continue;
        };
        stack.push((id, true));
        function.walk(&function.body, &mut |_, data| {
            if let Op::Call(call) = &data.op {
                stack.push((call.func, false));
            }
        });
    }
    order
}
