//! The intermediate representations of dfn and everything that is defined on them: scalars and their
//! semantics, elementary functions, the SSA IR with its primitives, the loop IR, and the interpreters.

pub mod builder;
pub mod derive;
pub mod elementary;
pub mod function;
pub mod interp;
pub mod linalg;
pub mod loops;
pub mod module;
pub mod numeric;
pub mod op;
pub mod ops;
pub mod scalar;
pub mod size;
pub mod text;
pub mod ty;
pub mod verify;

pub use builder::{Builder, Parts};
pub use function::{
    Block, FuncId, Function, Inline, Inst, InstData, LinearIn, Marks, Rule, Snapshots, Span, Value,
};
pub use module::Module;
pub use op::{Op, Primitive, RuleError, TypeError};
pub use scalar::{DType, Scalar};
pub use size::Size;
pub use ty::Type;
