//! The compiler.

pub mod backend;
pub mod build;
pub mod cli;
pub mod cost;
pub mod diagnostic;
pub mod doc;
pub mod driver;
pub mod export;
pub mod lint;
pub mod passes;
pub mod stack;
pub mod syntax;
