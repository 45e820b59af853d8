//! Options that choose an engine, shared by several subcommands.

use crate::backend::{Cpu, Level};
use crate::driver::{BackendName, Engine};
use clap::ValueEnum;

/// What runs a program.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RunBackend {
    /// The reference interpreter: slow, checks everything.
    Interp,
    /// The reference interpreter of lowered programs.
    Loops,
    /// Instant compilation.
    Cranelift,
    /// Optimised code; takes longer to start.
    #[cfg(feature = "llvm")]
    Llvm,
}

impl From<RunBackend> for Engine {
    fn from(name: RunBackend) -> Engine {
        match name {
            RunBackend::Interp => Engine::Interp,
            RunBackend::Loops => Engine::Loops,
            RunBackend::Cranelift => Engine::Jit(BackendName::Cranelift),
            #[cfg(feature = "llvm")]
            RunBackend::Llvm => Engine::Jit(BackendName::Llvm),
        }
    }
}

/// What makes object code.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum BuildBackend {
    /// Instant compilation, for development.
    Cranelift,
    /// Optimised code, for release.
    #[cfg(feature = "llvm")]
    Llvm,
}

impl From<BuildBackend> for BackendName {
    fn from(name: BuildBackend) -> BackendName {
        match name {
            BuildBackend::Cranelift => BackendName::Cranelift,
            #[cfg(feature = "llvm")]
            BuildBackend::Llvm => BackendName::Llvm,
        }
    }
}

/// How much to optimise, from the number after `-O`.
pub(super) fn level(number: u8) -> Level {
    match number {
        0 => Level::O0,
        1 => Level::O1,
        2 => Level::O2,
        _ => Level::O3,
    }
}

/// The processor with this name.
pub(super) fn cpu(name: &str) -> Cpu {
    match name {
        "baseline" | "x86-64-v3" => Cpu::Baseline,
        "native" => Cpu::Native,
        other => Cpu::Named(other.to_owned()),
    }
}
