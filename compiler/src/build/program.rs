//! What elaboration gives: a module of the SSA IR, and what its functions are in the source.
//!
//! Structs and tuples are flattened in the IR: the parameters of an exported function are its sizes,
//! then the leaves of its parameters in order; its results are the `hidden` sizes that only the function
//! knows, then the leaves of its result. [`Export`] keeps the structure, for headers and bindings.

use super::cost_law::CostLaw;
use super::facts::Opaque;
use crate::diagnostic::Span;
use dfn_ir::{DType, FuncId, Module, Size, Value};

/// A program as IR.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// All functions.
    pub module: Module,
    /// The functions marked `export`, in order.
    pub exports: Vec<Export>,
    /// The `test` blocks, in order; their functions have neither parameters nor results.
    pub tests: Vec<Test>,
    /// `fn main()`, without parameters and results.
    pub main: Option<FuncId>,
    /// Every function that was checked at its definition, in order: name and IR.
    pub functions: Vec<(String, FuncId)>,
    /// The `//!` lines of the file.
    pub doc: Option<String>,
}

/// A function that becomes a C symbol.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// The text of its `///` lines.
    pub doc: Option<String>,
    /// Where its name stands.
    pub span: Span,
    /// Its IR.
    pub func: FuncId,
    /// The names of its sizes: the size parameters of the IR function, in order.
    pub sizes: Vec<String>,
    /// Its parameters, in order.
    pub params: Vec<ExportParam>,
    /// What its derivatives may cost.
    pub laws: Vec<CostLaw>,
    /// Its result; the unit value is an empty tuple.
    pub result: ExportType,
    /// How many of the leading IR results are sizes that the result's type mentions.
    pub hidden: usize,
    /// The size parameters of the IR function after `sizes`, in order: its caller computes them.
    pub computed: Vec<ExportSize>,
    /// The sizes that the result declares: the leading IR results. An array whose type mentions one is
    /// written row by row, with zeros up to its room.
    pub bounds: Vec<ExportBound>,
}

/// A size that is computed of others and is no polynomial of them.
#[derive(Clone, Debug)]
pub struct ExportSize {
    /// The parameter of the IR function.
    pub value: Value,
    /// The operation.
    pub op: Opaque,
    /// Its operands.
    pub operands: (Size, Size),
}

/// A size that only the function knows.
#[derive(Clone, Debug)]
pub struct ExportBound {
    /// Its name.
    pub name: String,
    /// What stands for it in the types of the result.
    pub value: Value,
    /// The most that it may be.
    pub room: Size,
}

/// A parameter of an export.
#[derive(Clone, Debug)]
pub struct ExportParam {
    /// Its name.
    pub name: String,
    /// Its structure.
    pub ty: ExportType,
}

/// The structure of a parameter or result; its leaves are IR values.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportType {
    /// A scalar (no sizes) or an array. The sizes are polynomials over the values of the IR function.
    Array {
        /// The element type.
        dtype: DType,
        /// The sizes, outermost first.
        shape: Vec<Size>,
    },
    /// A tuple.
    Tuple(Vec<ExportType>),
    /// A struct. Two exports use one C struct exactly if `name` and the fields' element types and
    /// ranks agree.
    Struct {
        /// The name in the source; `NAME_tangent` for the tangent of a struct with fields that have
        /// no tangent.
        name: String,
        /// The text of its `///` lines.
        doc: Option<String>,
        /// Its fields, in order.
        fields: Vec<ExportField>,
    },
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportField {
    /// Its name.
    pub name: String,
    /// The text of its `///` lines.
    pub doc: Option<String>,
    /// Its structure.
    pub ty: ExportType,
}

/// A `test` block.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Its IR.
    pub func: FuncId,
}

impl ExportType {
    /// The arrays and scalars in it, in the order of the IR values.
    pub fn leaves(&self) -> Vec<(DType, &[Size])> {
        match self {
            ExportType::Array { dtype, shape } => vec![(*dtype, shape.as_slice())],
            ExportType::Tuple(parts) => parts.iter().flat_map(ExportType::leaves).collect(),
            ExportType::Struct { fields, .. } => {
                fields.iter().flat_map(|field| field.ty.leaves()).collect()
            }
        }
    }
}
