//! The operations on scalars, as data.

use super::DType;

/// A comparison; the result is a `bool`. Floats compare as IEEE 754 does: NaN is unordered, `-0 == 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Compare {
    /// `a == b`
    Eq,
    /// `a != b`; true when either is NaN.
    Ne,
    /// `a < b`
    Lt,
    /// `a <= b`
    Le,
}

/// An operation on scalars of one type. Every operation is total: none traps, whatever its operands.
///
/// The operand type is not part of the operation, except where operand and result differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScalarOp {
    /// `-a`; floats flip the sign bit, integers wrap.
    Neg,
    /// `|a|`; floats clear the sign bit, `|MIN|` wraps to `MIN`.
    Abs,
    /// Correctly rounded square root; floats.
    Sqrt,
    /// Largest integer not above; floats.
    Floor,
    /// Smallest integer not below; floats.
    Ceil,
    /// Towards zero; floats.
    Trunc,
    /// To the nearest integer, ties to even; floats.
    Nearest,
    /// Bitwise not; integers and bool.
    Not,
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// Floats: IEEE quotient. Integers: towards zero; `a / 0 = 0`, `MIN / -1 = MIN`.
    Div,
    /// Integers: remainder with the sign of `a`; `a % 0 = 0`, `MIN % -1 = 0`. Floats: `fma(-trunc(a / b), b, a)`.
    Rem,
    /// `a < b ? a : b`, and NaN if either is NaN.
    Min,
    /// `a > b ? a : b`, and NaN if either is NaN.
    Max,
    /// `|a|` with the sign of `b`, where a NaN counts as positive; floats.
    CopySign,
    /// Bitwise and; integers and bool.
    And,
    /// Bitwise or; integers and bool.
    Or,
    /// Bitwise exclusive or; integers and bool.
    Xor,
    /// Shift left; the count is taken modulo the width.
    Shl,
    /// Shift right, arithmetic for signed types; the count is taken modulo the width.
    Shr,
    /// `a * b + c` rounded once; floats.
    Fma,
    /// A comparison of two operands of one type.
    Compare(Compare),
    /// `c ? a : b` with operands `c: bool, a, b`.
    Select,
    /// Conversion to another type: see [`fn@super::eval`] for the table.
    Convert(DType),
    /// The same bits as another type of the same width; a NaN becomes the canonical one first.
    Bitcast(DType),
}

impl ScalarOp {
    /// Every operation with representative parameters, for tables and tests.
    pub const SIMPLE: [ScalarOp; 22] = [
        ScalarOp::Neg,
        ScalarOp::Abs,
        ScalarOp::Sqrt,
        ScalarOp::Floor,
        ScalarOp::Ceil,
        ScalarOp::Trunc,
        ScalarOp::Nearest,
        ScalarOp::Not,
        ScalarOp::Add,
        ScalarOp::Sub,
        ScalarOp::Mul,
        ScalarOp::Div,
        ScalarOp::Rem,
        ScalarOp::Min,
        ScalarOp::Max,
        ScalarOp::CopySign,
        ScalarOp::And,
        ScalarOp::Or,
        ScalarOp::Xor,
        ScalarOp::Shl,
        ScalarOp::Shr,
        ScalarOp::Fma,
    ];

    /// The spelling in text forms; conversions add their target, comparisons are spelled alone.
    pub fn name(self) -> &'static str {
        match self {
            ScalarOp::Neg => "neg",
            ScalarOp::Abs => "abs",
            ScalarOp::Sqrt => "sqrt",
            ScalarOp::Floor => "floor",
            ScalarOp::Ceil => "ceil",
            ScalarOp::Trunc => "trunc",
            ScalarOp::Nearest => "nearest",
            ScalarOp::Not => "not",
            ScalarOp::Add => "add",
            ScalarOp::Sub => "sub",
            ScalarOp::Mul => "mul",
            ScalarOp::Div => "div",
            ScalarOp::Rem => "rem",
            ScalarOp::Min => "min",
            ScalarOp::Max => "max",
            ScalarOp::CopySign => "copysign",
            ScalarOp::And => "and",
            ScalarOp::Or => "or",
            ScalarOp::Xor => "xor",
            ScalarOp::Shl => "shl",
            ScalarOp::Shr => "shr",
            ScalarOp::Fma => "fma",
            ScalarOp::Compare(Compare::Eq) => "eq",
            ScalarOp::Compare(Compare::Ne) => "ne",
            ScalarOp::Compare(Compare::Lt) => "lt",
            ScalarOp::Compare(Compare::Le) => "le",
            ScalarOp::Select => "select",
            ScalarOp::Convert(_) => "convert",
            ScalarOp::Bitcast(_) => "bitcast",
        }
    }

    /// How many operands it takes.
    pub fn arity(self) -> usize {
        match self {
            ScalarOp::Neg
            | ScalarOp::Abs
            | ScalarOp::Sqrt
            | ScalarOp::Floor
            | ScalarOp::Ceil
            | ScalarOp::Trunc
            | ScalarOp::Nearest
            | ScalarOp::Not
            | ScalarOp::Convert(_)
            | ScalarOp::Bitcast(_) => 1,
            ScalarOp::Fma | ScalarOp::Select => 3,
            _ => 2,
        }
    }

    /// The type of the result for operands of type `dtype` (for `Select`, of its last two operands),
    /// or `None` where the operation is not defined on that type.
    pub fn result(self, dtype: DType) -> Option<DType> {
        let float = dtype.is_float();
        let number = dtype != DType::Bool;
        let defined = match self {
            ScalarOp::Sqrt
            | ScalarOp::Floor
            | ScalarOp::Ceil
            | ScalarOp::Trunc
            | ScalarOp::Nearest
            | ScalarOp::CopySign
            | ScalarOp::Fma => float,
            ScalarOp::Not | ScalarOp::And | ScalarOp::Or | ScalarOp::Xor => !float,
            ScalarOp::Shl | ScalarOp::Shr => dtype.is_int(),
            ScalarOp::Compare(_) | ScalarOp::Select => true,
            ScalarOp::Convert(to) => to != DType::Bool || dtype == DType::Bool,
            ScalarOp::Bitcast(to) => to.bytes() == dtype.bytes() && dtype.bytes() > 1,
            _ => number,
        };
        let result = match self {
            ScalarOp::Compare(_) => DType::Bool,
            ScalarOp::Convert(to) | ScalarOp::Bitcast(to) => to,
            _ => dtype,
        };
        defined.then_some(result)
    }
}
