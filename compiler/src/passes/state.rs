//! What passes share besides the module, and how they fail.

use super::simplify::settled::Settled;
use dfn_ir::derive::Memo;
use dfn_ir::{RuleError, TypeError};
use std::fmt;

/// What is kept between passes.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The functions derived so far.
    pub(crate) memo: Memo,
    /// Whether the order of sums is fixed: from then on no pass may change a bit.
    pub(crate) ordered: bool,
    /// The functions that need not be simplified again.
    pub(crate) settled: Settled,
}

/// Why a pass stopped.
#[derive(Clone, Debug)]
pub enum PassError {
    /// The user's program asks for a derivative that does not exist.
    Rule(RuleError),
    /// The user's program asks for a sparse derivative whose pattern is not found.
    NoPattern {
        /// Why.
        reason: String,
        /// Where.
        span: dfn_ir::Span,
    },
    /// The pass made an ill-typed instruction, or left an invalid module: a bug of dfn.
    Internal(String),
}

impl From<TypeError> for PassError {
    fn from(error: TypeError) -> PassError {
        PassError::Internal(error.to_string())
    }
}

impl From<RuleError> for PassError {
    fn from(error: RuleError) -> PassError {
        match error {
            RuleError::Internal(error) => error.into(),
            error => PassError::Rule(error),
        }
    }
}

impl fmt::Display for PassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PassError::Rule(error) => error.fmt(f),
            PassError::NoPattern { reason, .. } => f.write_str(reason),
            PassError::Internal(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for PassError {}
