//! From the module that elaboration gives to loop programs with planned memory.

use super::Result;
use super::place::{internal, pass_failed};
use super::workspace::drop_workspaces;
use crate::cost::Spans;
use crate::diagnostic::codes::libraries as codes;
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::export::Inner;
use crate::passes::buffers::{buffers, workspace_of};
use crate::passes::lower::{
    CheckSite, Copied, HostSite, LowerError, Machine, lower_for, lower_parallel,
};
use crate::passes::{Manager, Observe};
use dfn_ir::loops::{self, Program};
use dfn_ir::{FuncId, Module, Span};
use std::collections::HashMap;

/// Runs every pass over the SSA IR.
pub fn optimise(
    module: &mut Module,
    sources: &SourceMap,
    observe: Option<&mut dyn Observe>,
) -> Result<()> {
    let mut manager = Manager::new(observe);
    manager
        .run_all(module)
        .map_err(|error| vec![pass_failed(&error, sources)])
}

/// The same for functions that are called from outside: what they do not call is dropped, and so does not
/// count as a caller of what they do.
pub fn optimise_for(module: &mut Module, roots: &[FuncId], sources: &SourceMap) -> Result<()> {
    let mut manager = Manager::new(None).for_roots(roots);
    manager
        .run_all(module)
        .map_err(|error| vec![pass_failed(&error, sources)])
}

/// What functions are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// One thread.
    #[default]
    One,
    /// One thread, and a second form of each function for a pool of threads, if it has a loop for them.
    Several,
}

/// Loop programs that a backend takes.
#[derive(Debug)]
pub struct Planned {
    /// The functions.
    pub program: Program,
    /// What each root has become.
    pub functions: HashMap<FuncId, Inner>,
    /// The forms of these that run on a pool of threads.
    pub parallel: HashMap<FuncId, Inner>,
    /// Where in the source the loops come from that threads share, for each of these.
    pub shared: HashMap<FuncId, Vec<Span>>,
    /// Where in the source the arrays come from that need memory.
    pub temporaries: Spans,
    /// The arrays that loops copy in each run.
    pub copies: Vec<Copied>,
    /// What the statuses 1, 2, … mean.
    pub checks: Vec<CheckSite>,
    /// What the host functions `0`, `1`, … are.
    pub hosts: Vec<HostSite>,
}

/// Lowers `roots` and what they call, and plans their memory.
pub fn plan(module: &Module, roots: &[FuncId], sources: &SourceMap) -> Result<Planned> {
    plan_for(module, roots, (Machine::AVX2, Threads::One), sources)
}

/// [`plan`] with kernels that are shaped for a processor.
pub(super) fn plan_for(
    module: &Module,
    roots: &[FuncId],
    (machine, threads): (Machine, Threads),
    sources: &SourceMap,
) -> Result<Planned> {
    let refused = |errors: Vec<LowerError>| -> Vec<Diagnostic> {
        errors.iter().map(|error| refused(error, sources)).collect()
    };
    let mut lowered = lower_for(module, roots, machine).map_err(refused)?;
    if threads == Threads::Several {
        lower_parallel(module, roots, &mut lowered).map_err(refused)?;
    }
    buffers(&mut lowered).map_err(refused)?;
    let plain = drop_workspaces(&mut lowered.program);
    let inner = |(&source, &run): (&FuncId, &loops::FuncId)| {
        let workspace = (!plain.contains(&run)).then(|| workspace_of(run));
        (source, Inner { run, workspace })
    };
    let functions = lowered.functions.iter().map(inner).collect();
    let parallel = lowered.parallel.iter().map(inner).collect();
    for function in lowered.program.functions.values_mut() {
        // Out of the way of the C symbols, which have no points.
        function.name.insert_str(0, "dfn.");
    }
    Ok(Planned {
        functions,
        parallel,
        shared: lowered.shared,
        program: lowered.program,
        temporaries: lowered.temporaries,
        copies: lowered.copies,
        checks: lowered.checks,
        hosts: lowered.hosts,
    })
}

/// Refuses a program that the backends do not take; checked in debug builds only.
pub(super) fn verified(program: &Program) -> Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    let errors = dfn_ir::loops::verify(program).err().unwrap_or_default();
    match errors.first() {
        None => Ok(()),
        Some(first) => {
            let n = errors.len();
            let message = format!("invalid loop IR ({n} errors): {first}");
            Err(vec![internal(&message)])
        }
    }
}

fn refused(error: &LowerError, sources: &SourceMap) -> Diagnostic {
    if error.message.starts_with("internal error") {
        return internal(&error.to_string());
    }
    let diagnostic = Diagnostic::error(
        codes::NOT_COMPILED,
        format!("`{}` cannot be compiled", error.function),
    );
    match super::place::span(error.span, sources) {
        Some(span) => diagnostic.at(span, &error.message),
        None => diagnostic.note(&error.message),
    }
}
