//! The intermediate representations of dfn and everything that is defined on them: scalars and their
//! semantics, elementary functions, the SSA IR with its primitives, the loop IR, and the interpreters.

pub mod elementary;
pub mod loops;
pub mod scalar;
