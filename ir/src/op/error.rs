//! What a rule may answer instead of a result.

use crate::function::Span;
use std::fmt;

/// Why operands are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError(pub String);

impl TypeError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> TypeError {
        TypeError(message.into())
    }
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TypeError {}

/// Why a function has no derivative, or why deriving it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// The operation has no rule for the operands that are active: said to the user, at `span`.
    NotDifferentiable {
        /// The operation.
        op: &'static str,
        /// Why there is no rule.
        reason: String,
        /// Where in the source.
        span: Span,
    },
    /// A function that has to be linear is not: said to the user, at `span`.
    NotLinear {
        /// What has to be linear.
        what: String,
        /// The operation that is not.
        op: &'static str,
        /// Why.
        reason: String,
        /// Where in the source.
        span: Span,
    },
    /// A derivative has no rule in the direction that is asked for: said to the user, at `span`.
    NoForward {
        /// What is missing, and what to do.
        reason: String,
        /// Where in the source.
        span: Span,
    },
    /// A rule emitted an ill-typed instruction: a bug of the rule.
    Internal(TypeError),
}

impl From<TypeError> for RuleError {
    fn from(error: TypeError) -> RuleError {
        RuleError::Internal(error)
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleError::NotDifferentiable { op, reason, .. } => {
                write!(f, "`{op}` cannot be differentiated here: {reason}")
            }
            RuleError::NotLinear {
                what, op, reason, ..
            } => {
                write!(f, "{what} is not linear: `{op}`: {reason}")
            }
            RuleError::NoForward { reason, .. } => f.write_str(reason),
            RuleError::Internal(error) => write!(f, "a derivative rule is ill-typed: {error}"),
        }
    }
}

impl std::error::Error for RuleError {}
