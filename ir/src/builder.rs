//! Building functions: instructions one after another, regions opened and closed.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::function::{Block, Function, Inst, InstData, Span, Value};
use crate::module::Module;
use crate::op::{Op, Site, TypeError};
use crate::scalar::{DType, Scalar};
use crate::size::Size;
use crate::ty::Type;
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;
use smallvec::SmallVec;
use std::collections::HashSet;
use std::rc::Rc;

/// A block under construction. Loads come first, then the prologue, then the body, so that what is
/// needed early can be added late.
#[derive(Clone, Debug, Default)]
struct Open {
    params: Vec<Value>,
    loads: Vec<Inst>,
    prologue: Vec<Inst>,
    insts: Vec<Inst>,
    /// Where instructions went when the block was opened.
    outside: (Option<usize>, Option<usize>),
}

/// What an instruction is made of, besides its operation.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Operands.
    pub args: SmallVec<[Value; 3]>,
    /// Size operands.
    pub sizes: SmallVec<[Size; 1]>,
    /// Regions.
    pub blocks: Vec<Block>,
    /// Types of the results, where operands do not determine them.
    pub wanted: Vec<Type>,
}

/// Builds one function.
#[derive(Clone, Debug)]
pub struct Builder {
    func: Function,
    open: Vec<Open>,
    prologue_of: Option<usize>,
    at_depth: Option<usize>,
    depth: SecondaryMap<Value, u32>,
    definition: SecondaryMap<Value, PackedOption<Inst>>,
    span: Span,
}

impl Builder {
    /// A builder for a function called `name`, its body open.
    pub fn new(name: impl Into<String>) -> Builder {
        Builder {
            func: Function::new(name),
            open: vec![Open::default()],
            prologue_of: None,
            at_depth: None,
            depth: SecondaryMap::new(),
            definition: SecondaryMap::new(),
            span: Span::default(),
        }
    }

    /// The function so far.
    pub fn func(&self) -> &Function {
        &self.func
    }

    /// The function so far, to name values or mark parameters.
    pub fn func_mut(&mut self) -> &mut Function {
        &mut self.func
    }

    /// The parameters of the function so far, sizes first.
    pub fn params(&self) -> &[Value] {
        self.open.first().map_or(&[], |body| body.params.as_slice())
    }

    /// The size parameters of the function so far.
    pub fn size_params(&self) -> &[Value] {
        self.params().get(..self.func.sizes).unwrap_or_default()
    }

    /// The type of `value`.
    pub fn ty(&self, value: Value) -> &Type {
        self.func.ty(value)
    }

    /// The place in the source of the instructions that follow; returns the former one.
    pub fn at(&mut self, span: Span) -> Span {
        std::mem::replace(&mut self.span, span)
    }

    /// The place in the source of the instructions that follow.
    pub fn span(&self) -> Span {
        self.span
    }

    /// How many blocks are open around the current point, less the function's body.
    pub fn current_depth(&self) -> usize {
        self.open.len().saturating_sub(1)
    }

    /// The depth of the block that defines `value`; 0 is the function's body.
    pub fn depth(&self, value: Value) -> usize {
        self.depth[value] as usize
    }

    /// The instruction that defines `value`, unless it is a parameter.
    pub fn definition(&self, value: Value) -> Option<Inst> {
        self.definition[value].expand()
    }

    /// A new value of the current block, without a definition yet.
    pub fn fresh(&mut self, ty: Type, name: Option<Rc<str>>) -> Value {
        let value = self.func.value(ty, name);
        self.depth[value] = self.target() as u32;
        value
    }

    fn target(&self) -> usize {
        self.prologue_of
            .or(self.at_depth)
            .unwrap_or(self.current_depth())
    }

    /// Names `value` for printing.
    pub fn name(&mut self, value: Value, name: impl Into<Rc<str>>) {
        self.func.values[value].name = Some(name.into());
    }

    /// Adds a parameter to the innermost open block.
    pub fn param(&mut self, ty: Type, name: Option<Rc<str>>) -> Value {
        let depth = self.current_depth();
        self.param_at(depth, ty, name)
    }

    /// Adds a parameter to the open block at `depth`.
    pub fn param_at(&mut self, depth: usize, ty: Type, name: Option<Rc<str>>) -> Value {
        let value = self.func.value(ty, name);
        self.depth[value] = depth as u32;
        if let Some(open) = self.open.get_mut(depth) {
            open.params.push(value);
        }
        value
    }

    /// Adds a size parameter; before all other parameters.
    pub fn size_param(&mut self, name: impl Into<Rc<str>>) -> Value {
        self.func.sizes += 1;
        self.param(Type::scalar(DType::I64), Some(name.into()))
    }

    /// Adds a size parameter while the body is under way; behind the size parameters so far.
    pub fn late_size_param(&mut self) -> Value {
        let value = self.func.value(Type::scalar(DType::I64), None);
        self.depth[value] = 0;
        if let Some(body) = self.open.first_mut() {
            let place = self.func.sizes.min(body.params.len());
            body.params.insert(place, value);
        }
        self.func.sizes += 1;
        value
    }

    /// Opens a region.
    pub fn open(&mut self) {
        let outside = (self.prologue_of.take(), self.at_depth.take());
        self.open.push(Open {
            outside,
            ..Open::default()
        });
    }

    /// Closes the innermost region.
    pub fn close(&mut self, results: Vec<Value>) -> Block {
        let Open {
            params,
            mut loads,
            prologue,
            insts,
            outside,
        } = self.open.pop().unwrap_or_default();
        (self.prologue_of, self.at_depth) = outside;
        loads.extend(prologue);
        loads.extend(insts);
        Block {
            params,
            insts: loads,
            results,
        }
    }

    /// Closes the body; the function is complete.
    pub fn finish(mut self, results: Vec<Value>) -> Function {
        self.func.body = self.close(results);
        self.func
    }

    /// Runs `emit` so that its instructions go to the prologue of the open block at `depth`.
    pub fn in_prologue<T>(&mut self, depth: usize, emit: impl FnOnce(&mut Builder) -> T) -> T {
        let outer = self.prologue_of.replace(depth);
        let result = emit(self);
        self.prologue_of = outer;
        result
    }

    /// Runs `emit` so that its instructions go to the end of the open block at `depth`.
    pub fn in_block<T>(&mut self, depth: usize, emit: impl FnOnce(&mut Builder) -> T) -> T {
        let outer = self.at_depth.replace(depth);
        let result = emit(self);
        self.at_depth = outer;
        result
    }

    /// Adds an instruction whose result `value` exists already to the loads of the innermost block.
    pub fn load(&mut self, op: Op, args: &[Value], value: Value) {
        let data = InstData {
            op,
            args: args.iter().copied().collect(),
            sizes: SmallVec::new(),
            results: SmallVec::from_slice(&[value]),
            blocks: Vec::new(),
            span: self.span,
        };
        let inst = self.func.insts.push(data);
        self.definition[value] = inst.into();
        if let Some(open) = self.open.last_mut() {
            open.loads.push(inst);
        }
    }

    /// Adds an instruction; its results have the types that the operation gives.
    pub fn emit(&mut self, op: impl Into<Op>, parts: Parts) -> Result<Inst, TypeError> {
        let op = op.into();
        let types = op.infer(&Site {
            func: &self.func,
            module: None,
            args: &parts.args,
            sizes: &parts.sizes,
            blocks: &parts.blocks,
            wanted: &parts.wanted,
            results: &[],
        });
        let types = types.map_err(|e| TypeError(format!("{}: {e}", op.name())))?;
        Ok(self.push(op, parts, types))
    }

    /// Adds an instruction with results of these types, unchecked.
    pub fn push(&mut self, op: Op, parts: Parts, types: Vec<Type>) -> Inst {
        let results: SmallVec<[Value; 1]> =
            types.into_iter().map(|ty| self.fresh(ty, None)).collect();
        self.push_with(op, parts, results)
    }

    /// Adds an instruction with these results, unchecked.
    pub fn push_with(&mut self, op: Op, parts: Parts, results: SmallVec<[Value; 1]>) -> Inst {
        let Parts {
            args,
            sizes,
            blocks,
            ..
        } = parts;
        let data = InstData {
            op,
            args,
            sizes,
            results,
            blocks,
            span: self.span,
        };
        let inst = self.func.insts.push(data);
        for k in 0..self.func.insts[inst].results.len() {
            if let Some(&value) = self.func.insts[inst].results.get(k) {
                self.definition[value] = inst.into();
            }
        }
        match self.prologue_of {
            Some(depth) => {
                if let Some(open) = self.open.get_mut(depth) {
                    open.prologue.push(inst);
                }
            }
            None => {
                let depth = self.at_depth.unwrap_or(self.current_depth());
                if let Some(open) = self.open.get_mut(depth) {
                    open.insts.push(inst);
                }
            }
        }
        inst
    }

    /// Puts the prologue of the innermost block into an order in which definitions come before uses; what is
    /// in such an order stays.
    pub fn sort_prologue(&mut self) {
        let insts = match self.open.last_mut() {
            Some(open) => std::mem::take(&mut open.prologue),
            None => return,
        };
        let definition = |&value: &Value| self.definition[value].expand();
        let mut sorted = Vec::with_capacity(insts.len());
        let mut left: HashSet<Inst> = insts.iter().copied().collect();
        for &first in &insts {
            let mut open = vec![first];
            while let Some(&inst) = open.last() {
                let needs = crate::derive::needs(&self.func, &self.func.insts[inst]);
                let before = needs
                    .iter()
                    .filter_map(definition)
                    .filter(|inst| left.contains(inst));
                let before: Vec<Inst> = before.filter(|&other| other != inst).collect();
                if before.is_empty() {
                    open.pop();
                    if left.remove(&inst) {
                        sorted.push(inst);
                    }
                } else {
                    open.extend(before);
                }
            }
        }
        if let Some(open) = self.open.last_mut() {
            open.prologue = sorted;
        }
    }

    /// Adds an instruction without operands at the end of a block that is closed already.
    pub fn append(&mut self, block: &mut Block, op: Op, ty: Type) -> Inst {
        let value = self.func.value(ty, None);
        self.depth[value] = self.open.len() as u32;
        let data = InstData {
            op,
            args: SmallVec::new(),
            sizes: SmallVec::new(),
            results: SmallVec::from_slice(&[value]),
            blocks: Vec::new(),
            span: self.span,
        };
        let inst = self.func.insts.push(data);
        self.definition[value] = inst.into();
        block.insts.push(inst);
        inst
    }

    /// The results of `inst`.
    pub fn results(&self, inst: Inst) -> &[Value] {
        &self.func.insts[inst].results
    }

    /// The only result of an instruction on `args`.
    pub fn op(&mut self, op: impl Into<Op>, args: &[Value]) -> Result<Value, TypeError> {
        self.op_with(op, args, Vec::new())
    }

    /// The only result of an instruction whose result has the type `ty`.
    pub fn op_as(
        &mut self,
        op: impl Into<Op>,
        args: &[Value],
        ty: Type,
    ) -> Result<Value, TypeError> {
        self.op_with(op, args, vec![ty])
    }

    fn op_with(
        &mut self,
        op: impl Into<Op>,
        args: &[Value],
        wanted: Vec<Type>,
    ) -> Result<Value, TypeError> {
        let parts = Parts {
            args: SmallVec::from_slice(args),
            wanted,
            ..Parts::default()
        };
        let inst = self.emit(op, parts)?;
        let first = self.results(inst).first().copied();
        let value = first.ok_or_else(|| TypeError::new("the operation has no result"))?;
        match cfg!(debug_assertions) {
            true => self.broken(value, args),
            false => Ok(value),
        }
    }

    /// The constant `value`.
    pub fn constant(&mut self, value: Scalar) -> Result<Value, TypeError> {
        self.op_as(
            crate::ops::Const { value },
            &[],
            Type::scalar(value.dtype()),
        )
    }

    /// An array (or scalar) of type `ty` filled with `x` converted to its element type.
    pub fn fill(&mut self, x: f64, ty: &Type) -> Result<Value, TypeError> {
        let to = crate::scalar::ScalarOp::Convert(ty.dtype);
        let value = crate::scalar::eval(to, &[Scalar::F64(x)])
            .ok_or_else(|| TypeError::new("a truth value is not a number"))?;
        self.op_as(crate::ops::Const { value }, &[], ty.contents())
    }

    /// The value of a size.
    pub fn size(&mut self, size: &Size) -> Result<Value, TypeError> {
        if let Some(value) = size.as_value() {
            return Ok(value);
        }
        let parts = Parts {
            sizes: smallvec::smallvec![size.clone()],
            ..Parts::default()
        };
        let inst = self.emit(crate::ops::SizeOf, parts)?;
        let first = self.results(inst).first().copied();
        first.ok_or_else(|| TypeError::new("the operation has no result"))
    }

    /// A call of `callee` in `module`. The results' types are those of the callee with its parameters
    /// replaced by the arguments, and its results by the call's.
    pub fn call(
        &mut self,
        module: &Module,
        callee: crate::function::FuncId,
        sizes: &[Size],
        args: &[Value],
    ) -> Result<Inst, TypeError> {
        let op = crate::ops::Call { func: callee };
        let target = module.get(callee);
        let mut bind = crate::ops::call::Binding::new(&self.func, target, sizes, args);
        let mut results = SmallVec::new();
        for &result in &target.body.results {
            let ty = bind.translate(target.ty(result))?;
            let name = target.values[result].name.clone();
            let value = self.fresh(ty, name);
            bind.define(result, value);
            results.push(value);
        }
        let parts = Parts {
            args: SmallVec::from_slice(args),
            sizes: sizes.iter().cloned().collect(),
            ..Parts::default()
        };
        Ok(self.push_with(op.into(), parts, results))
    }
}
