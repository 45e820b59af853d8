//! Code through Cranelift: instant, for development.
//!
//! Vectors are taken apart into scalars, one SSA value a lane: simple, the same on every architecture,
//! and fast enough for development code. Long runs of them are loops over the lanes. No call of a library is ever made: what a processor cannot do
//! in one instruction (a fused multiply-add) is refused when the target is chosen.

mod control;
mod fork;
mod function;
mod lanes;
mod memory;
mod module;
mod rare;
mod scalar;
mod stretch;
mod target;

use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::default_libcall_names;
use cranelift_object::{ObjectBuilder, ObjectModule};
use dfn_ir::loops::Program;

use super::host::HostSites;
use super::{Backend, BackendError, Jit, Options, check_supported, symbols};

/// The Cranelift backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cranelift;

impl Backend for Cranelift {
    fn name(&self) -> &'static str {
        "cranelift"
    }

    fn object(&self, program: &Program, options: &Options) -> Result<Vec<u8>, BackendError> {
        check_supported(program, false)?;
        let isa = target::isa(options)?;
        let builder = ObjectBuilder::new(isa, "dfn", default_libcall_names())
            .map_err(BackendError::internal)?;
        let mut module = ObjectModule::new(builder);
        module::define(&mut module, program, &mut HostSites::default(), false)?;
        let bytes = module.finish().emit().map_err(BackendError::internal)?;
        symbols::check(&bytes)?;
        Ok(bytes)
    }

    fn jit(&self, program: &Program, options: &Options) -> Result<Jit, BackendError> {
        check_supported(program, true)?;
        let isa = target::host_isa(options)?;
        let builder = JITBuilder::with_isa(isa, default_libcall_names());
        let mut module = JITModule::new(builder);
        let mut sites = HostSites::default();
        let defined = module::define(&mut module, program, &mut sites, true);
        // The module frees its memory only on request; it is wrapped before an error can lose it.
        let mut code = Code(Some(module));
        let trampolines = defined?;
        let Some(module) = &mut code.0 else {
            return Err(BackendError::internal("the module is gone"));
        };
        module
            .finalize_definitions()
            .map_err(BackendError::internal)?;
        let addresses: std::collections::HashMap<_, _> = trampolines
            .into_iter()
            .map(|(symbol, id)| (symbol, module.get_finalized_function(id)))
            .collect();
        Ok(Jit::new(program, sites, Box::new(code), |symbol| {
            addresses.get(symbol).copied()
        }))
    }
}

/// Owns the memory of compiled functions.
struct Code(Option<JITModule>);

impl Drop for Code {
    #[allow(unsafe_code, reason = "the memory of compiled code is freed by hand")]
    fn drop(&mut self) {
        if let Some(module) = self.0.take() {
            // SAFETY: only `Jit` hands out the functions, it drops them together with this, and a
            // running call borrows it.
            unsafe { module.free_memory() };
        }
    }
}
