//! Machine code from loop programs: objects, or functions in memory.
//!
//! A backend translates one to one; every decision about speed was taken before. All backends give the
//! same bits, those of [`mod@dfn_ir::scalar::eval`]. The contract is `docs/loop-ir.md`.

mod alive;
pub mod cranelift;
mod error;
mod host;
mod jit;
#[cfg(feature = "llvm")]
pub mod llvm;
mod rare;
mod stretch;
mod symbols;

use std::collections::BTreeSet;

use dfn_ir::loops::{Block, FuncId, Function, Program, Stmt};

pub use alive::alive;
pub use error::BackendError;
pub use jit::{Arg, CallError, Jit};

/// How much a backend may optimise. Never changes a bit of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As fast as possible to compile.
    O0,
    /// A little.
    O1,
    /// Much.
    O2,
    /// As fast as possible to run.
    O3,
}

/// The processor that the code is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// The baseline of the `fma` profile: x86-64-v3, or what each aarch64 and riscv64 has.
    Baseline,
    /// This machine.
    Native,
    /// By its name; LLVM only.
    Named(String),
}

/// What the code is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A target triple; `None` is this machine. JITs are for this machine only.
    pub target: Option<String>,
    /// The processor.
    pub cpu: Cpu,
    /// How much to optimise.
    pub level: Level,
}

impl Options {
    /// For this machine's baseline.
    pub fn new(level: Level) -> Options {
        Options {
            target: None,
            cpu: Cpu::Baseline,
            level,
        }
    }
}

/// A maker of machine code.
pub trait Backend {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// The bytes of an object file with a symbol for each exported function. Undefined are at most
    /// `malloc` and `free`.
    fn object(&self, program: &Program, options: &Options) -> Result<Vec<u8>, BackendError>;

    /// Functions in the memory of this process.
    fn jit(&self, program: &Program, options: &Options) -> Result<Jit, BackendError>;
}

/// The functions that run on pools of threads.
fn forked(program: &Program) -> BTreeSet<FuncId> {
    fn collect(block: &Block, found: &mut BTreeSet<FuncId>) {
        for stmt in &block.stmts {
            if let Stmt::Fork(fork) = stmt {
                found.insert(fork.callee);
            }
            stmt.blocks().iter().for_each(|block| collect(block, found));
        }
    }
    let mut found = BTreeSet::new();
    for function in program.functions.values() {
        collect(&function.body, &mut found);
    }
    found
}

/// Refuses what no backend can translate.
fn check_supported(program: &Program, host: bool) -> Result<(), BackendError> {
    for function in program.functions.values() {
        check_block(function, &function.body, host)?;
    }
    Ok(())
}

fn check_block(function: &Function, block: &Block, host: bool) -> Result<(), BackendError> {
    for stmt in &block.stmts {
        match stmt {
            Stmt::Alloc { place: None, .. } => {
                return Err(BackendError::NotPlanned {
                    function: function.name.clone(),
                });
            }
            Stmt::Host { name, .. } if !host => {
                return Err(BackendError::Host {
                    function: function.name.clone(),
                    name: name.clone(),
                });
            }
            _ => {}
        }
        for block in stmt.blocks() {
            check_block(function, block, host)?;
        }
    }
    Ok(())
}
