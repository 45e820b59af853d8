//! Release code through LLVM 22.
//!
//! Vectors become LLVM vectors of the same number of lanes, buffers become pointers with `noalias` and
//! alignment facts, `rare` becomes a branch weight. No flag allows another rounding: no fast-math, no
//! contraction. Functions are `no-builtins`, so that no loop turns into a call of `memset`; every object
//! is searched for undefined symbols before it is handed out.

mod alias;
mod balance;
mod call;
mod control;
mod convert;
mod fork;
mod function;
mod joined;
mod memory;
mod module;
mod pipeline;
mod rare;
mod scalar;
mod stretch;
mod target;

use std::mem::ManuallyDrop;

use dfn_ir::loops::Program;
use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::execution_engine::ExecutionEngine;
use inkwell::targets::FileType;

use super::host::HostSites;
use super::{Backend, BackendError, Jit, Level, Options, check_supported, symbols};
use pipeline::optimise;
use target::Machine;

/// The LLVM backend.
#[derive(Clone, Copy, Debug, Default)]
pub struct Llvm;

impl Backend for Llvm {
    fn name(&self) -> &'static str {
        "llvm"
    }

    fn object(&self, program: &Program, options: &Options) -> Result<Vec<u8>, BackendError> {
        let bytes = write(program, options, FileType::Object)?;
        let bytes = joined::joined(&bytes).unwrap_or(bytes);
        symbols::check(&bytes)?;
        Ok(bytes)
    }

    fn jit(&self, program: &Program, options: &Options) -> Result<Jit, BackendError> {
        check_supported(program, true)?;
        let machine = Machine::host(options)?;
        let mut sites = HostSites::default();
        let context = Box::into_raw(Box::new(Context::create()));
        // Owns the context from here on, whatever fails.
        let mut code = Code {
            engine: None,
            context,
        };
        let module = module::build(code.context(), program, &machine, Some(&mut sites))?;
        optimise(&module, &machine, options.level)?;
        let engine = module
            .create_jit_execution_engine(codegen_level(options.level))
            .map_err(BackendError::internal)?;
        code.engine = Some(ManuallyDrop::new(engine.clone()));
        Ok(Jit::new(program, sites, Box::new(code), |symbol| {
            let address = engine.get_function_address(symbol).ok()?;
            Some(address as *const u8)
        }))
    }
}

/// The optimised program as LLVM's text form.
pub fn llvm_ir(program: &Program, options: &Options) -> Result<String, BackendError> {
    check_supported(program, false)?;
    let machine = Machine::new(options)?;
    let context = Context::create();
    let module = module::build(&context, program, &machine, None)?;
    optimise(&module, &machine, options.level)?;
    Ok(module.print_to_string().to_string())
}

/// The program as assembler text.
pub fn asm(program: &Program, options: &Options) -> Result<String, BackendError> {
    let bytes = write(program, options, FileType::Assembly)?;
    String::from_utf8(bytes).map_err(BackendError::internal)
}

fn write(program: &Program, options: &Options, kind: FileType) -> Result<Vec<u8>, BackendError> {
    check_supported(program, false)?;
    let machine = Machine::new(options)?;
    let context = Context::create();
    let module = module::build(&context, program, &machine, None)?;
    optimise(&module, &machine, options.level)?;
    let buffer = machine
        .machine
        .write_to_memory_buffer(&module, kind)
        .map_err(BackendError::internal)?;
    let bytes = buffer.as_slice();
    // LLVM's buffers end in a zero that is not part of the contents.
    Ok(bytes
        .strip_suffix(&[0])
        .filter(|_| kind == FileType::Assembly)
        .unwrap_or(bytes)
        .to_vec())
}

fn codegen_level(level: Level) -> OptimizationLevel {
    match level {
        Level::O0 => OptimizationLevel::None,
        Level::O1 => OptimizationLevel::Less,
        Level::O2 => OptimizationLevel::Default,
        Level::O3 => OptimizationLevel::Aggressive,
    }
}

/// Owns the memory of compiled functions, and the context that it refers to.
struct Code {
    engine: Option<ManuallyDrop<ExecutionEngine<'static>>>,
    context: *mut Context,
}

impl Code {
    #[allow(
        unsafe_code,
        reason = "the context lives as long as the engine, on the heap"
    )]
    fn context(&self) -> &'static Context {
        // SAFETY: the box is freed only in `drop`, after the engine; nothing else keeps the reference.
        unsafe { &*self.context }
    }
}

impl Drop for Code {
    #[allow(unsafe_code, reason = "the engine must go before its context")]
    fn drop(&mut self) {
        // SAFETY: both are dropped once; `Jit` drops its functions together with this.
        unsafe {
            if let Some(engine) = &mut self.engine {
                ManuallyDrop::drop(engine);
            }
            drop(Box::from_raw(self.context));
        }
    }
}

impl From<inkwell::builder::BuilderError> for BackendError {
    fn from(error: inkwell::builder::BuilderError) -> BackendError {
        BackendError::internal(error)
    }
}
