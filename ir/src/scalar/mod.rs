//! Scalars: the types of single numbers, the operations on them, and their one semantics.
//!
//! Everything that computes (both interpreters, constant folding, both backends, the expansions of
//! elementary functions) is defined by the tables in this module, so that all engines give the same bits.
//! The page `docs/scalars.md` is the specification; [`fn@eval`] is its executable form.

pub mod emit;
pub mod eval;
mod op;
mod ty;

pub use emit::Emit;
pub use eval::{Scalar, eval};
pub use op::{Compare, ScalarOp};
pub use ty::DType;
