//! The compiler.

pub mod backend;
pub mod build;
pub mod diagnostic;
pub mod passes;
pub mod stack;
pub mod syntax;
