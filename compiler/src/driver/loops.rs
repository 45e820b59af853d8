//! Runs loop programs on their interpreter: what the backends get, without a backend.

use super::host::{JitHost, Lines};
use super::place::internal;
use super::run::{Compiled, Runner, run_entry, size_entry};
use crate::diagnostic::Diagnostic;
use dfn_ir::loops::interp::Memory;
use dfn_ir::loops::{Host, Interpreter, verify};
use dfn_ir::{DType, FuncId, Scalar};

impl Runner<'_> {
    /// Interprets the loop program of a function.
    pub(super) fn interpret(
        &self,
        compiled: &Compiled,
        func: FuncId,
        lines: &mut dyn Lines,
    ) -> Result<(), Diagnostic> {
        if let Err(errors) = verify(&compiled.planned.program) {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            return Err(internal(&errors.join("; ")));
        }
        let sites = &compiled.planned.hosts;
        let mut host = JitHost {
            sites,
            module: self.module,
            lines,
            failure: None,
        };
        let mut memory = Memory::new();
        let bytes = memory.alloc_scalars(&[Scalar::I64(0)]);
        let status = enter(compiled, &size_entry(func), bytes, &mut memory, &mut host)?;
        self.outcome(compiled, Ok(status), &mut host.failure)?;
        let found = memory.read(bytes, DType::I64, 1);
        let Some([Scalar::I64(bytes)]) = found.as_deref() else {
            return Err(internal("the size of the workspace was not written"));
        };
        let workspace = memory.alloc(usize::try_from(*bytes).unwrap_or_default());
        let status = enter(
            compiled,
            &run_entry(func),
            workspace,
            &mut memory,
            &mut host,
        )?;
        self.outcome(compiled, Ok(status), &mut host.failure)
    }
}

/// Runs an entry, which takes one address.
fn enter(
    compiled: &Compiled,
    entry: &str,
    address: u64,
    memory: &mut Memory,
    host: &mut dyn Host,
) -> Result<i32, Diagnostic> {
    let program = &compiled.planned.program;
    let func = program
        .find(entry)
        .ok_or_else(|| internal("there is no such entry"))?;
    let outcome = Interpreter::new(program).run(func, &[address], memory, host, &mut ());
    outcome.map_err(|fault| internal(&fault.to_string()))
}
