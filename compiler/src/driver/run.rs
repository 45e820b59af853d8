//! Runs functions without parameters and results: `main` and tests.

use super::Result;
use super::engine::Engine;
use super::host::{FAILED, Failure, InterpHost, JitHost, Lines};
use super::optimise::{Planned, plan, verified};
use super::place::{backend_failed, check_failed, internal, run_failed};
use crate::backend::{Jit, Level, Options};
use crate::diagnostic::codes::run as codes;
use crate::diagnostic::{Diagnostic, SourceMap};
use dfn_ir::loops::{self, Builder, Linkage, VarTy};
use dfn_ir::{DType, FuncId, Module};
use std::alloc::Layout;

/// Functions that are ready to be run.
pub struct Runner<'a> {
    sources: &'a SourceMap,
    pub(super) module: &'a Module,
    compiled: Option<Compiled>,
}

pub(super) struct Compiled {
    pub(super) planned: Planned,
    /// The code; without it the loop programs are interpreted.
    jit: Option<Jit>,
}

impl<'a> Runner<'a> {
    /// Makes `roots`, functions of an optimised module, ready for an engine.
    pub fn new(
        module: &'a Module,
        roots: &[FuncId],
        (engine, level): (Engine, Level),
        sources: &'a SourceMap,
    ) -> Result<Runner<'a>> {
        let compiled = match engine {
            Engine::Interp => None,
            Engine::Loops => {
                let mut planned = plan(module, roots, sources)?;
                add_entries(&mut planned, roots);
                Some(Compiled { planned, jit: None })
            }
            Engine::Jit(name) => {
                let mut planned = plan(module, roots, sources)?;
                add_entries(&mut planned, roots);
                verified(&planned.program)?;
                let jit = name.backend().jit(&planned.program, &Options::new(level));
                let jit = jit.map_err(|error| vec![backend_failed(&error)])?;
                Some(Compiled {
                    planned,
                    jit: Some(jit),
                })
            }
        };
        Ok(Runner {
            sources,
            module,
            compiled,
        })
    }

    /// Runs a function; what it prints goes to `lines`.
    pub fn run(&self, func: FuncId, lines: &mut dyn Lines) -> std::result::Result<(), Diagnostic> {
        match &self.compiled {
            None => {
                let outcome =
                    dfn_ir::interp::run(self.module, func, &[], &[], &mut InterpHost(lines));
                outcome
                    .map(|_| ())
                    .map_err(|error| run_failed(&error, self.sources))
            }
            Some(compiled) => match &compiled.jit {
                Some(jit) => self.call(compiled, jit, func, lines),
                None => self.interpret(compiled, func, lines),
            },
        }
    }

    #[allow(unsafe_code, reason = "the call of compiled code")]
    fn call(
        &self,
        compiled: &Compiled,
        jit: &Jit,
        func: FuncId,
        lines: &mut dyn Lines,
    ) -> std::result::Result<(), Diagnostic> {
        let sites = &compiled.planned.hosts;
        let mut host = JitHost {
            sites,
            module: self.module,
            lines,
            failure: None,
        };
        let mut bytes = 0i64;
        let args = [std::ptr::from_mut(&mut bytes) as u64];
        // SAFETY: `add_entries` made a function of this signature: it writes one `i64`.
        let status = unsafe { jit.invoke(&size_entry(func), &args, &mut host) };
        self.outcome(compiled, status, &mut host.failure)?;
        // It is -1 if it overflows.
        let memory = Memory::new(bytes)?;
        let args = [memory.address as u64];
        // SAFETY: the function takes a workspace of the size that it has just told.
        let status = unsafe { jit.invoke(&run_entry(func), &args, &mut host) };
        self.outcome(compiled, status, &mut host.failure)
    }

    /// What a status means.
    pub(super) fn outcome(
        &self,
        compiled: &Compiled,
        status: std::result::Result<i32, crate::backend::CallError>,
        failure: &mut Option<Failure>,
    ) -> std::result::Result<(), Diagnostic> {
        let status = status.map_err(|error| internal(&error.to_string()))?;
        let site = usize::try_from(status)
            .ok()
            .and_then(|k| compiled.planned.checks.get(k.checked_sub(1)?));
        match (status, failure.take(), site) {
            (0, _, _) => Ok(()),
            (FAILED, Some(Failure::Run(error)), _) => Err(run_failed(&error, self.sources)),
            (FAILED, Some(Failure::Call(diagnostic)), _) => Err(diagnostic),
            (_, _, Some(site)) => Err(check_failed(&site.message, site.span, self.sources)),
            (status, _, None) => Err(internal(&format!(
                "compiled code stopped with the unknown status {status}"
            ))),
        }
    }
}

pub(super) fn run_entry(func: FuncId) -> String {
    format!("dfn_run_{}", func.as_u32())
}

pub(super) fn size_entry(func: FuncId) -> String {
    format!("dfn_size_{}", func.as_u32())
}

/// Adds two exported functions for each root: one that tells the size of the workspace, one that runs it.
fn add_entries(planned: &mut Planned, roots: &[FuncId]) {
    for &root in roots {
        let Some(inner) = planned.functions.get(&root).copied() else {
            continue;
        };
        let mut b = Builder::new(size_entry(root), Linkage::Export);
        let bytes = b.param("bytes", VarTy::Buffer(DType::I64));
        match inner.workspace {
            Some(workspace) => b.call(workspace, &[bytes]),
            None => {
                let zero = b.index(0);
                b.store(bytes, zero, zero);
            }
        }
        finish(planned, b);
        let mut b = Builder::new(run_entry(root), Linkage::Export);
        let workspace = b.param("workspace", VarTy::Pointer);
        let takes = planned
            .program
            .functions
            .get(inner.run)
            .map_or(0, |function| function.params.len());
        let args = if takes == 0 {
            Vec::new()
        } else {
            vec![workspace]
        };
        b.call(inner.run, &args);
        finish(planned, b);
    }
}

fn finish(planned: &mut Planned, mut b: Builder) -> loops::FuncId {
    b.ret_code(0);
    planned.program.functions.push(b.finish())
}

/// The workspace of a run.
struct Memory {
    address: *mut u8,
    layout: Layout,
}

/// The alignment of a workspace.
const ALIGN: usize = 64;

impl Memory {
    #[allow(
        unsafe_code,
        reason = "memory is taken from the allocator, which may have none"
    )]
    fn new(bytes: i64) -> std::result::Result<Memory, Diagnostic> {
        let refused = || {
            Diagnostic::error(
                codes::NO_MEMORY,
                format!("there is no memory for the {bytes} bytes that the program needs"),
            )
        };
        let size = usize::try_from(bytes).map_err(|_| refused())?.max(ALIGN);
        let layout = Layout::from_size_align(size, ALIGN).map_err(|_| refused())?;
        // SAFETY: the size is not zero.
        let address = unsafe { std::alloc::alloc(layout) };
        match address.is_null() {
            true => Err(refused()),
            false => Ok(Memory { address, layout }),
        }
    }
}

impl Drop for Memory {
    #[allow(unsafe_code, reason = "memory is given back to the allocator")]
    fn drop(&mut self) {
        // SAFETY: it was taken with this layout in `new`.
        unsafe { std::alloc::dealloc(self.address, self.layout) };
    }
}
