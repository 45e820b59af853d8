//! Functions: values, instructions and blocks, by typed index.
//!
//! Structured SSA without a control-flow graph: an instruction may own blocks (regions), whose
//! instructions may use every value defined before it in the enclosing blocks. Entities are indices into
//! the tables of one function, so functions are cloned and compared without following references.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::op::Op;
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;
use cranelift_entity::{PrimaryMap, entity_impl};
use smallvec::SmallVec;
use std::rc::Rc;

/// A value: a parameter of a block or a result of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);
entity_impl!(Value, "%");

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inst(u32);
entity_impl!(Inst, "inst");

/// A function of a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncId(u32);
entity_impl!(FuncId, "@");

/// A place in the source: file and bytes. `Span::default()` is nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// The number of the source file, from 1; 0 is nowhere.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// First byte after the end.
    pub end: u32,
}

/// What is known of a value.
#[derive(Clone, Debug)]
pub struct ValueData {
    /// Its type.
    pub ty: Type,
    /// A hint for its printed name; identity is the index.
    pub name: Option<Rc<str>>,
}

/// A sequence of instructions with parameters and results.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Values that the owner of the block defines.
    pub params: Vec<Value>,
    /// Instructions, in order.
    pub insts: Vec<Inst>,
    /// What the block gives to its owner.
    pub results: Vec<Value>,
}

/// An instruction: an operation on operands, with its results and regions.
#[derive(Clone, Debug)]
pub struct InstData {
    /// The operation with its attributes.
    pub op: Op,
    /// Operands.
    pub args: SmallVec<[Value; 3]>,
    /// Size operands: extents of a map, the trip count of a loop, size arguments of a call.
    pub sizes: SmallVec<[Size; 1]>,
    /// Results; their types are those of the values.
    pub results: SmallVec<[Value; 1]>,
    /// Regions.
    pub blocks: Vec<Block>,
    /// Where in the source it comes from.
    pub span: Span,
}

/// A derivative that a function brings along; in place of the walk over its body.
///
/// The functions of a rule take the size parameters of the function that they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// `t(x…, dx…) -> dy…`: the tangents of the differentiable results, linear in those of the
    /// differentiable parameters.
    pub tangent: Option<FuncId>,
    /// `p(x…) -> y…, r…`, the results and residuals, and `b(x…, r…, ct_y…) -> ct_x…`, the cotangents.
    pub pullback: Option<(FuncId, FuncId)>,
    /// That the function is linear in one of its parameters, however it is computed.
    pub linear: Option<LinearIn>,
}

/// A function is linear in one of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearIn {
    /// The parameter, sizes not counted.
    pub param: usize,
    /// `t(x…, ct_y…) -> ct_x`: the cotangent of that parameter, which it does not look at.
    pub transpose: FuncId,
}

impl LinearIn {
    /// Whether of all parameters this one alone is active.
    pub fn is_only(self, active: &[bool]) -> bool {
        let fits = |(k, active): (usize, &bool)| *active == (k == self.param);
        active.iter().enumerate().all(fits)
    }
}

/// Whether calls of a function are replaced by its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inline {
    /// If it is small or called once.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never, unless the caller cannot know the sizes of its results: it is to be computed there.
    Never,
}

/// What is said of a function besides what it computes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Its own derivative.
    pub rule: Option<Rule>,
    /// What becomes of its calls.
    pub inline: Inline,
    /// Whether its derivative saves the arguments alone and runs it again.
    pub checkpoint: bool,
    /// How much of its loops a derivative saves; all that is needed if nothing is said.
    pub snapshots: Option<Snapshots>,
    /// Whether it is linear in its linear parameters by declaration, which its body does not show.
    pub declared_linear: bool,
}

/// What the reverse derivative of a loop saves: the carries at some of its steps, from which the steps that
/// follow are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Snapshots {
    /// As many as the square root of the steps; then all that is needed, for as many steps.
    Root,
    /// So many at most.
    Count(u32),
    /// So many that these bytes hold them.
    Bytes(u64),
}

impl Marks {
    /// Whether differentiation must find the function as it is, and not its body in its callers.
    pub fn is_whole(&self) -> bool {
        self.rule.is_some() || self.checkpoint || self.snapshots.is_some() || self.declared_linear
    }
}

impl InstData {
    /// The size that the result is, if it is a constant or a named size.
    pub fn known_size(&self) -> Option<Size> {
        match &self.op {
            Op::SizeOf(_) => self.sizes.first().cloned(),
            Op::Const(constant) => constant.value.as_i64().map(Size::constant),
            _ => None,
        }
    }
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Unique in its module.
    pub name: String,
    /// All values, those of nested blocks included.
    pub values: PrimaryMap<Value, ValueData>,
    /// All instructions, those of nested blocks included.
    pub insts: PrimaryMap<Inst, InstData>,
    /// How many of the leading parameters are sizes (`i64` scalars that the types may mention).
    pub sizes: usize,
    /// How many of the trailing parameters are linear.
    pub linear: usize,
    /// What is said of it besides.
    pub marks: Marks,
    /// Parameters, instructions and results.
    pub body: Block,
}

impl Function {
    /// A function without parameters and instructions.
    pub fn new(name: impl Into<String>) -> Function {
        Function {
            name: name.into(),
            values: PrimaryMap::new(),
            insts: PrimaryMap::new(),
            sizes: 0,
            linear: 0,
            marks: Marks::default(),
            body: Block::default(),
        }
    }

    /// The type of `value`.
    pub fn ty(&self, value: Value) -> &Type {
        &self.values[value].ty
    }

    /// The types of `values`.
    pub fn types(&self, values: &[Value]) -> Vec<Type> {
        values.iter().map(|&v| self.ty(v).clone()).collect()
    }

    /// The name hint of `value`.
    pub fn name(&self, value: Value) -> Option<&str> {
        self.values[value].name.as_deref()
    }

    /// A new value that nothing defines yet.
    pub fn value(&mut self, ty: Type, name: Option<Rc<str>>) -> Value {
        self.values.push(ValueData { ty, name })
    }

    /// The parameters that are sizes.
    pub fn size_params(&self) -> &[Value] {
        self.body.params.get(..self.sizes).unwrap_or_default()
    }

    /// The parameters that are not sizes, linear ones included.
    pub fn params(&self) -> &[Value] {
        self.body.params.get(self.sizes..).unwrap_or_default()
    }

    /// The linear parameters.
    pub fn linear_params(&self) -> &[Value] {
        let split = self.body.params.len().saturating_sub(self.linear);
        self.body.params.get(split..).unwrap_or_default()
    }

    /// The size that the scalar `value` is known to be: constants and named sizes are seen through.
    ///
    /// Works while the function is under construction. It looks at every instruction, so ask seldom.
    pub fn known_size(&self, value: Value) -> Option<Size> {
        let data = self
            .insts
            .values()
            .rev()
            .find(|data| data.results.contains(&value))?;
        data.known_size().filter(|_| self.ty(value).is(DType::I64))
    }

    /// Whether two types are the same where sizes that are known to be equal count as one.
    pub fn agree(&self, a: &Type, b: &Type) -> bool {
        a == b || (a.rank() == b.rank() && a.rank() > 0 && self.settled(a) == self.settled(b))
    }

    /// The type with every value whose size is known replaced by it.
    fn settled(&self, ty: &Type) -> Option<Type> {
        ty.substitute(|v| self.known_size(v).unwrap_or_else(|| Size::value(v)))
    }

    /// Calls `visit` on every instruction below `block`, in order, outer before inner.
    pub fn walk(&self, block: &Block, visit: &mut dyn FnMut(Inst, &InstData)) {
        for &inst in &block.insts {
            let data = &self.insts[inst];
            visit(inst, data);
            for inner in &data.blocks {
                self.walk(inner, visit);
            }
        }
    }
}
