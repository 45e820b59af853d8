//! What runs or compiles programs, by its name on the command line.

use crate::backend::{Backend, cranelift::Cranelift};

/// An engine that runs programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The interpreter of the SSA IR.
    Interp,
    /// The interpreter of the loop IR: what the backends get, without a backend.
    Loops,
    /// A backend's functions in memory.
    Jit(BackendName),
}

/// A backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendName {
    /// Instant code, for development.
    Cranelift,
    /// Fast code, for release.
    #[cfg(feature = "llvm")]
    Llvm,
}

impl BackendName {
    /// The backend of `dfn build` if none is chosen: the best that there is.
    pub fn best() -> BackendName {
        #[cfg(feature = "llvm")]
        return BackendName::Llvm;
        #[cfg(not(feature = "llvm"))]
        return BackendName::Cranelift;
    }

    /// The backend itself.
    pub fn backend(self) -> &'static dyn Backend {
        match self {
            BackendName::Cranelift => &Cranelift,
            #[cfg(feature = "llvm")]
            BackendName::Llvm => &crate::backend::llvm::Llvm,
        }
    }
}
