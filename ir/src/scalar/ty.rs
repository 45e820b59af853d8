//! The types of a single number.

use std::fmt;

/// The type of one element: the only leaf of every type in dfn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// Two's complement, 32 bits, wrapping.
    I32,
    /// Two's complement, 64 bits, wrapping; also the type of sizes and indices.
    I64,
    /// Unsigned, 32 bits, wrapping.
    U32,
    /// Unsigned, 64 bits, wrapping.
    U64,
    /// A truth value; one byte, 0 or 1, in memory.
    Bool,
}

impl DType {
    /// Every type, in the order of their declaration.
    pub const ALL: [DType; 7] = [
        DType::F32,
        DType::F64,
        DType::I32,
        DType::I64,
        DType::U32,
        DType::U64,
        DType::Bool,
    ];

    /// The spelling in every text form.
    pub fn name(self) -> &'static str {
        match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U32 => "u32",
            DType::U64 => "u64",
            DType::Bool => "bool",
        }
    }

    /// The type with this spelling.
    pub fn from_name(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    /// Whether values are floating-point numbers, the only ones with a tangent.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// Whether values are integers, of either sign.
    pub fn is_int(self) -> bool {
        matches!(self, DType::I32 | DType::I64 | DType::U32 | DType::U64)
    }

    /// Whether values are integers with a sign.
    pub fn is_signed(self) -> bool {
        matches!(self, DType::I32 | DType::I64)
    }

    /// Size in memory, in bytes.
    pub fn bytes(self) -> u32 {
        match self {
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::F64 | DType::I64 | DType::U64 => 8,
            DType::Bool => 1,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
