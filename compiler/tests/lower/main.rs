//! Lowering: the loop interpreter gives the same bits as the interpreter of the SSA IR.

mod basic;
mod laws;
mod memory;
mod regions;
mod run;
mod updates;
