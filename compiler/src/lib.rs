//! The compiler.

pub mod backend;
pub mod diagnostic;
pub mod stack;
pub mod syntax;
