//! Why there is no machine code.

use std::fmt;

/// Why there is no machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendError {
    /// A temporary has no place in the workspace yet: the pass `buffers` has not run.
    NotPlanned {
        /// Where.
        function: String,
    },
    /// An object cannot call the host.
    Host {
        /// Where.
        function: String,
        /// The host's function.
        name: String,
    },
    /// The processor has no fused multiply-add.
    NoFma {
        /// Its architecture or name.
        target: String,
    },
    /// The target is unknown, or this backend cannot make code for it.
    Target {
        /// As it was given.
        target: String,
        /// What the code generator says.
        reason: String,
    },
    /// The code generator failed.
    Internal {
        /// What it says.
        reason: String,
    },
}

impl BackendError {
    pub(super) fn internal(reason: impl fmt::Display) -> BackendError {
        BackendError::Internal {
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackendError::NotPlanned { function } => write!(
                f,
                "`{function}` has temporaries without a place in memory; run the pass `buffers` first"
            ),
            BackendError::Host { function, name } => write!(
                f,
                "`{function}` calls `{name}`, which exists only while dfn itself runs the program"
            ),
            BackendError::NoFma { target } => write!(
                f,
                "`{target}` has no fused multiply-add, which this code is made of; \
                 choose a processor that has it (x86-64-v3 or newer, aarch64, riscv64 with D)"
            ),
            BackendError::Target { target, reason } => {
                write!(f, "no code can be made for `{target}`: {reason}")
            }
            BackendError::Internal { reason } => {
                write!(f, "the code generator failed: {reason}")
            }
        }
    }
}

impl std::error::Error for BackendError {}
