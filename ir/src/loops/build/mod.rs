//! Builds functions of the loop IR.
//!
//! A [`Builder`] holds a stack of open blocks; each method adds a statement to the innermost. Loops and
//! branches take a closure for their body; the `open_`/`close_` pairs are for code that cannot use
//! closures. Ill-typed requests are not refused here but by the verifier.

mod control;
mod lanes;

use cranelift_entity::PrimaryMap;
use smallvec::SmallVec;

pub use control::ForSpec;
pub use lanes::Lanes;

use super::{
    Block, Facts, FuncId, Function, Half, HostArg, Linkage, Pick, Place, PointerTest, Reduce, Stmt,
    Ty, Var, VarData, VarTy,
};
use crate::scalar::{Compare, DType, Scalar, ScalarOp};
use control::Open;

/// A function that is being built.
#[derive(Debug)]
pub struct Builder {
    function: Function,
    blocks: Vec<Vec<Stmt>>,
    open: Vec<Open>,
}

impl Builder {
    /// A function without parameters and with an empty body.
    pub fn new(name: impl Into<String>, linkage: Linkage) -> Builder {
        Builder {
            function: Function {
                name: name.into(),
                linkage,
                vars: PrimaryMap::new(),
                params: Vec::new(),
                body: Block::default(),
            },
            blocks: vec![Vec::new()],
            open: Vec::new(),
        }
    }

    /// The function as it is so far (its body is filled in by [`Builder::finish`]).
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// The function; its last statement should be a `return`.
    pub fn finish(mut self) -> Function {
        self.function.body = Block {
            stmts: self.blocks.pop().unwrap_or_default(),
            yields: Vec::new(),
        };
        self.function
    }

    /// What `var` holds.
    pub fn ty(&self, var: Var) -> VarTy {
        self.function.ty(var)
    }

    /// The scalar or vector type of `var`.
    ///
    /// # Panics
    /// If it is an address.
    pub fn value_ty(&self, var: Var) -> Ty {
        self.function
            .value_ty(var)
            .expect("the operand is a scalar or a vector")
    }

    /// A new variable, without a definition yet.
    pub fn var(&mut self, name: &str, ty: VarTy) -> Var {
        self.function.vars.push(VarData {
            ty,
            name: name.to_owned(),
            facts: Facts::default(),
        })
    }

    /// A name for printing.
    pub fn name(&mut self, var: Var, name: &str) {
        if let Some(data) = self.function.vars.get_mut(var) {
            name.clone_into(&mut data.name);
        }
    }

    /// What backends may assume of a buffer or pointer.
    pub fn facts(&mut self, var: Var, facts: Facts) {
        if let Some(data) = self.function.vars.get_mut(var) {
            data.facts = facts;
        }
    }

    /// A parameter.
    pub fn param(&mut self, name: &str, ty: VarTy) -> Var {
        let var = self.var(name, ty);
        self.function.params.push(var);
        var
    }

    /// A parameter that is a buffer.
    pub fn buffer_param(&mut self, name: &str, dtype: DType, facts: Facts) -> Var {
        let var = self.param(name, VarTy::Buffer(dtype));
        self.facts(var, facts);
        var
    }

    /// Adds a statement.
    pub fn push(&mut self, stmt: Stmt) {
        self.blocks
            .last_mut()
            .expect("the body of the function is open")
            .push(stmt);
    }

    fn value(&mut self, ty: Ty, stmt: impl FnOnce(Var) -> Stmt) -> Var {
        let out = self.var("", VarTy::Value(ty));
        self.push(stmt(out));
        out
    }

    /// A constant in `lanes` lanes.
    pub fn constant(&mut self, value: Scalar, lanes: u16) -> Var {
        let ty = Ty::vector(value.dtype(), lanes);
        self.value(ty, |out| Stmt::Const { out, value })
    }

    /// A scalar `i64`.
    pub fn index(&mut self, value: i64) -> Var {
        self.constant(Scalar::I64(value), 1)
    }

    /// A scalar operation, lane by lane.
    ///
    /// # Panics
    /// If the operation is not defined on the operands.
    pub fn op(&mut self, op: ScalarOp, args: &[Var]) -> Var {
        let last = args.last().expect("an operation has at least one operand");
        let ty = self.value_ty(*last);
        let dtype = op
            .result(ty.dtype)
            .expect("the operation is defined on its operands");
        let args = SmallVec::from_slice(args);
        self.value(ty.with_dtype(dtype), |out| Stmt::Op { out, op, args })
    }

    /// `a + b`
    pub fn add(&mut self, a: Var, b: Var) -> Var {
        self.op(ScalarOp::Add, &[a, b])
    }

    /// `a - b`
    pub fn sub(&mut self, a: Var, b: Var) -> Var {
        self.op(ScalarOp::Sub, &[a, b])
    }

    /// `a * b`
    pub fn mul(&mut self, a: Var, b: Var) -> Var {
        self.op(ScalarOp::Mul, &[a, b])
    }

    /// `a * b + c`, rounded once
    pub fn fma(&mut self, a: Var, b: Var, c: Var) -> Var {
        self.op(ScalarOp::Fma, &[a, b, c])
    }

    /// A comparison.
    pub fn compare(&mut self, how: Compare, a: Var, b: Var) -> Var {
        self.op(ScalarOp::Compare(how), &[a, b])
    }

    /// A scalar in each of `lanes` lanes.
    pub fn splat(&mut self, arg: Var, lanes: u16) -> Var {
        let ty = self.value_ty(arg).with_lanes(lanes);
        if lanes == 1 {
            return arg;
        }
        self.value(ty, |out| Stmt::Splat { out, arg })
    }

    /// The number of each lane.
    pub fn iota(&mut self, lanes: u16) -> Var {
        self.value(Ty::vector(DType::I64, lanes), |out| Stmt::Iota { out })
    }

    /// One lane.
    pub fn extract(&mut self, arg: Var, lane: u16) -> Var {
        let ty = self.value_ty(arg).with_lanes(1);
        let pick = Pick::Lane(lane);
        self.value(ty, |out| Stmt::Pick { out, arg, pick })
    }

    /// Half of a vector.
    pub fn half(&mut self, arg: Var, half: Half) -> Var {
        let ty = self.value_ty(arg);
        let pick = Pick::Half(half);
        self.value(ty.with_lanes(ty.lanes / 2), |out| Stmt::Pick {
            out,
            arg,
            pick,
        })
    }

    /// Any lanes of two vectors of one type, those of the second after those of the first.
    pub fn shuffle(&mut self, args: [Var; 2], lanes: &[u16]) -> Var {
        let ty = self.value_ty(args[0]).with_lanes(lanes.len() as u16);
        let lanes = SmallVec::from_slice(lanes);
        self.value(ty, |out| Stmt::Shuffle { out, args, lanes })
    }

    /// Whether some lane of a mask is set.
    pub fn any(&mut self, arg: Var) -> Var {
        let how = Reduce::Any;
        self.value(Ty::BOOL, |out| Stmt::Reduce { out, arg, how })
    }

    /// Whether each lane of a mask is set.
    pub fn all(&mut self, arg: Var) -> Var {
        let how = Reduce::All;
        self.value(Ty::BOOL, |out| Stmt::Reduce { out, arg, how })
    }

    /// `lanes` elements from element `index` on.
    ///
    /// # Panics
    /// If `buffer` is not a buffer.
    pub fn load(&mut self, buffer: Var, index: Var, lanes: u16) -> Var {
        let dtype = self.element(buffer);
        self.value(Ty::vector(dtype, lanes), |out| Stmt::Load {
            out,
            buffer,
            index,
        })
    }

    fn element(&self, buffer: Var) -> DType {
        self.ty(buffer).buffer().expect("the operand is a buffer")
    }

    /// Writes `value` from element `index` on.
    pub fn store(&mut self, buffer: Var, index: Var, value: Var) {
        self.push(Stmt::Store {
            buffer,
            index,
            value,
        });
    }

    /// One element for each lane of `index`.
    ///
    /// # Panics
    /// If `buffer` is not a buffer.
    pub fn gather(&mut self, buffer: Var, index: Var, mask: Option<Var>) -> Var {
        let ty = self.value_ty(index).with_dtype(self.element(buffer));
        self.value(ty, |out| Stmt::Gather {
            out,
            buffer,
            index,
            mask,
        })
    }

    /// Returns `code` unless `condition` holds.
    pub fn check(&mut self, condition: Var, code: i32) {
        self.push(Stmt::Check { condition, code });
    }

    /// A temporary of `len` elements.
    pub fn alloc(&mut self, name: &str, dtype: DType, len: Var) -> Var {
        let buffer = self.var(name, VarTy::Buffer(dtype));
        let place = None;
        self.push(Stmt::Alloc { buffer, len, place });
        buffer
    }

    /// A temporary of `len` elements at a place in the workspace.
    pub fn alloc_at(&mut self, name: &str, dtype: DType, len: Var, place: Place) -> Var {
        let buffer = self.var(name, VarTy::Buffer(dtype));
        let place = Some(place);
        self.push(Stmt::Alloc { buffer, len, place });
        buffer
    }

    /// Writes `value` to `len` elements from `start` on.
    pub fn fill(&mut self, buffer: Var, start: Var, len: Var, value: Var) {
        self.push(Stmt::Fill {
            buffer,
            start,
            len,
            value,
        });
    }

    /// Copies `len` elements from `from.1` on to `to.1` on.
    pub fn copy(&mut self, to: (Var, Var), from: (Var, Var), len: Var) {
        self.push(Stmt::Copy {
            to: to.0,
            to_start: to.1,
            from: from.0,
            from_start: from.1,
            len,
        });
    }

    /// Calls a function and returns its status unless it is 0.
    pub fn call(&mut self, callee: FuncId, args: &[Var]) {
        let args = args.to_vec();
        let status = None;
        self.push(Stmt::Call {
            callee,
            args,
            status,
        });
    }

    /// Calls a function; the result is its status.
    pub fn try_call(&mut self, callee: FuncId, args: &[Var]) -> Var {
        let args = args.to_vec();
        self.value(Ty::I32, |out| Stmt::Call {
            callee,
            args,
            status: Some(out),
        })
    }

    /// Calls the host.
    pub fn host(&mut self, name: &str, args: &[HostArg]) {
        let args = args.to_vec();
        let name = name.to_owned();
        self.push(Stmt::Host { name, args });
    }

    /// A scalar member of a C struct.
    pub fn field(&mut self, base: Var, offset: u32, dtype: DType) -> Var {
        self.value(Ty::scalar(dtype), |out| Stmt::Field { out, base, offset })
    }

    /// A pointer member of a C struct.
    pub fn pointer_field(&mut self, base: Var, offset: u32) -> Var {
        let out = self.var("", VarTy::Pointer);
        self.push(Stmt::Field { out, base, offset });
        out
    }

    /// What lies `offset` bytes after `base`, as a buffer.
    pub fn buffer_at(&mut self, base: Var, offset: u32, dtype: DType) -> Var {
        let out = self.var("", VarTy::Buffer(dtype));
        self.push(Stmt::Address { out, base, offset });
        out
    }

    /// What lies `offset` bytes after `base`.
    pub fn pointer_at(&mut self, base: Var, offset: u32) -> Var {
        let out = self.var("", VarTy::Pointer);
        self.push(Stmt::Address { out, base, offset });
        out
    }

    /// The address `by` elements after a buffer, or `by` bytes after a pointer.
    pub fn advance(&mut self, base: Var, by: Var) -> Var {
        let out = self.var("", self.ty(base));
        self.push(Stmt::Advance { out, base, by });
        out
    }

    /// A question about an address.
    pub fn test(&mut self, pointer: Var, test: PointerTest) -> Var {
        self.value(Ty::BOOL, |out| Stmt::Test { out, pointer, test })
    }

    /// Memory from the C library.
    pub fn malloc(&mut self, bytes: Var) -> Var {
        let out = self.var("", VarTy::Pointer);
        self.push(Stmt::Malloc { out, bytes });
        out
    }

    /// Gives memory back.
    pub fn free(&mut self, pointer: Var) {
        self.push(Stmt::Free { pointer });
    }

    /// Ends the function.
    pub fn ret(&mut self, status: Var) {
        self.push(Stmt::Return { status });
    }

    /// Ends the function with a constant status.
    pub fn ret_code(&mut self, code: i32) {
        let status = self.constant(Scalar::I32(code), 1);
        self.ret(status);
    }
}
