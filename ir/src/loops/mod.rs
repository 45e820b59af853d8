//! The loop IR: loop nests over buffers with scalar and vector bodies, the only input of the backends.
//!
//! Structured (a tree of blocks, no jumps), imperative over buffers, SSA over scalars and vectors. It is
//! close enough to a machine that a backend translates it one to one, and close enough to the source
//! that it can be read, printed, verified and run by itself. The contract is `docs/loop-ir.md`.

pub mod build;
pub mod host;
pub mod interp;
pub mod parse;
mod print;
mod stmt;
mod types;
pub mod verify;
pub mod visit;

pub use build::{Builder, ForSpec, Lanes};
pub use host::{Host, HostValue, NoHost};
pub use interp::Interpreter;
pub use parse::parse;
pub use stmt::{
    Block, Carry, Chance, For, Fork, Half, HostArg, If, Pick, Place, PointerTest, Reduce, Stmt,
    While,
};
pub use types::{Facts, FuncId, Function, Linkage, Program, Ty, Var, VarData, VarTy};
pub use verify::verify;
