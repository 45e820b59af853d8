//! The compiler.

pub mod diagnostic;
pub mod syntax;
