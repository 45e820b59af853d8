//! Elaboration: type checking and lowering of the syntax tree to SSA IR, in one walk.

mod program;

pub use program::{Export, ExportField, ExportParam, ExportType, Program, Test};
