//! What a loop program is made of, apart from its statements: types, variables, functions.

use std::fmt;

use cranelift_entity::{PrimaryMap, entity_impl};

use super::Block;
use crate::scalar::DType;

/// The type of a scalar (`lanes == 1`) or of a vector; a vector of `bool` is a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ty {
    /// The type of each lane.
    pub dtype: DType,
    /// How many lanes: a power of two, at most [`Ty::MAX_LANES`].
    pub lanes: u16,
}

impl Ty {
    /// The longest vector.
    pub const MAX_LANES: u16 = 64;
    /// An index or a size.
    pub const I64: Ty = Ty::scalar(DType::I64);
    /// A condition.
    pub const BOOL: Ty = Ty::scalar(DType::Bool);
    /// A status.
    pub const I32: Ty = Ty::scalar(DType::I32);

    /// A single number.
    pub const fn scalar(dtype: DType) -> Ty {
        Ty { dtype, lanes: 1 }
    }

    /// `lanes` numbers.
    pub const fn vector(dtype: DType, lanes: u16) -> Ty {
        Ty { dtype, lanes }
    }

    /// The same number of lanes of another type.
    pub const fn with_dtype(self, dtype: DType) -> Ty {
        Ty { dtype, ..self }
    }

    /// The same lane type with another number of lanes.
    pub const fn with_lanes(self, lanes: u16) -> Ty {
        Ty { lanes, ..self }
    }

    /// Whether the number of lanes is allowed.
    pub fn is_valid(self) -> bool {
        self.lanes.is_power_of_two() && self.lanes <= Ty::MAX_LANES
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lanes {
            1 => write!(f, "{}", self.dtype),
            lanes => write!(f, "{}x{lanes}", self.dtype),
        }
    }
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VarTy {
    /// A scalar or a vector.
    Value(Ty),
    /// The address of elements in memory; its length is known to the program, not to the type.
    Buffer(DType),
    /// The address of something opaque: a C struct, or the workspace.
    Pointer,
}

impl VarTy {
    /// The scalar or vector type, if it is one.
    pub fn value(self) -> Option<Ty> {
        match self {
            VarTy::Value(ty) => Some(ty),
            VarTy::Buffer(_) | VarTy::Pointer => None,
        }
    }

    /// The element type, if it is a buffer.
    pub fn buffer(self) -> Option<DType> {
        match self {
            VarTy::Buffer(dtype) => Some(dtype),
            VarTy::Value(_) | VarTy::Pointer => None,
        }
    }
}

impl fmt::Display for VarTy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VarTy::Value(ty) => write!(f, "{ty}"),
            VarTy::Buffer(dtype) => write!(f, "buffer {dtype}"),
            VarTy::Pointer => write!(f, "pointer"),
        }
    }
}

/// What a backend may assume of a buffer or pointer. The default assumes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Elements of two buffers with different non-zero classes never overlap, in the whole run of the
    /// function. Buffers that share memory at different times have the same class, or none.
    pub class: u32,
    /// Nothing writes to these elements while the function runs.
    pub readonly: bool,
    /// The address is a multiple of this many bytes; 0 means that of the element type.
    pub align: u32,
}

/// A variable of one function, defined exactly once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(u32);
entity_impl!(Var, "%");

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarData {
    /// What it holds.
    pub ty: VarTy,
    /// A hint for printing, possibly empty; not unique.
    pub name: String,
    /// Of buffers and pointers.
    pub facts: Facts,
}

/// A function of a program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncId(u32);
entity_impl!(FuncId, "fn");

/// Who can see a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linkage {
    /// A symbol of the object, with the C calling convention.
    Export,
    /// Only functions of the same program.
    Local,
}

/// A function: it takes values and addresses, and returns an `i32` status, 0 for success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The symbol, for an exported function; unique in the program.
    pub name: String,
    /// Who can see it.
    pub linkage: Linkage,
    /// Every variable, parameters included.
    pub vars: PrimaryMap<Var, VarData>,
    /// In the order of the call; scalars, buffers and pointers, no vectors.
    pub params: Vec<Var>,
    /// Ends in a `return`.
    pub body: Block,
}

impl Function {
    /// What `var` holds.
    ///
    /// # Panics
    /// If `var` belongs to another function.
    #[allow(
        clippy::indexing_slicing,
        reason = "an entity map, indexed by its own ids"
    )]
    pub fn ty(&self, var: Var) -> VarTy {
        self.vars[var].ty
    }

    /// The scalar or vector type of `var`, if it is one.
    pub fn value_ty(&self, var: Var) -> Option<Ty> {
        self.vars.get(var).and_then(|data| data.ty.value())
    }
}

/// Functions that may call each other; a callee stands before its callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// In an order such that no function calls a later one or itself.
    pub functions: PrimaryMap<FuncId, Function>,
}

impl Program {
    /// The function called `name`.
    pub fn find(&self, name: &str) -> Option<FuncId> {
        self.functions
            .iter()
            .find(|(_, function)| function.name == name)
            .map(|(id, _)| id)
    }
}
