//! One function: variables, blocks, and the statements on values.

use std::collections::HashSet;

use cranelift_entity::SecondaryMap;
use dfn_ir::loops::{Block, Function, Half, Pick, Reduce, Stmt, Var, VarTy};
use dfn_ir::scalar::{DType, Scalar, ScalarOp};
use inkwell::AddressSpace;
use inkwell::types::{BasicType, BasicTypeEnum, PointerType, VectorType};
use inkwell::values::{BasicValueEnum, FunctionValue, IntValue, PointerValue, VectorValue};

use super::alias::Aliases;
use super::balance::moved;
use super::module::{Cx, Functions};
use super::rare::Taken;
use crate::backend::BackendError;
use crate::backend::host::HostSites;
use crate::backend::stretch::Cuts;

pub(super) type Done = Result<(), BackendError>;
pub(super) type Made<'ctx> = Result<BasicValueEnum<'ctx>, BackendError>;

impl<'ctx> Cx<'_, 'ctx> {
    pub(super) fn pointer_type(self) -> PointerType<'ctx> {
        self.context.ptr_type(AddressSpace::default())
    }

    /// The type of `lanes` values; a truth value is one bit.
    pub(super) fn value_type(self, dtype: DType, lanes: u16) -> BasicTypeEnum<'ctx> {
        let lane: BasicTypeEnum<'ctx> = match dtype {
            DType::F32 => self.context.f32_type().into(),
            DType::F64 => self.context.f64_type().into(),
            DType::I32 | DType::U32 => self.context.i32_type().into(),
            DType::I64 | DType::U64 => self.context.i64_type().into(),
            DType::Bool => self.context.bool_type().into(),
        };
        widen(lane, lanes)
    }

    /// The type of `lanes` elements in memory; a truth value is a byte.
    pub(super) fn memory_type(self, dtype: DType, lanes: u16) -> BasicTypeEnum<'ctx> {
        match dtype {
            DType::Bool => widen(self.context.i8_type().into(), lanes),
            _ => self.value_type(dtype, lanes),
        }
    }

    /// A constant in each lane.
    pub(super) fn constant(self, value: Scalar, lanes: u16) -> BasicValueEnum<'ctx> {
        let dtype = value.dtype();
        let bits = value.to_bits();
        let lane: BasicValueEnum<'ctx> = match value {
            Scalar::F32(x) => self.context.f32_type().const_float(f64::from(x)).into(),
            Scalar::F64(x) => self.context.f64_type().const_float(x).into(),
            _ => match self.value_type(dtype, 1) {
                BasicTypeEnum::IntType(ty) => ty.const_int(bits, false).into(),
                other => other.const_zero(),
            },
        };
        if lanes == 1 {
            return lane;
        }
        VectorType::const_vector(&vec![lane; usize::from(lanes)]).into()
    }

    pub(super) fn index(self, value: i64) -> IntValue<'ctx> {
        self.context.i64_type().const_int(value as u64, true)
    }

    /// A vector of the chosen lanes of a vector.
    pub(super) fn shuffle(
        self,
        vector: VectorValue<'ctx>,
        lanes: impl Iterator<Item = u16>,
    ) -> Made<'ctx> {
        let lanes: Vec<u16> = lanes.collect();
        self.shuffle_two(vector, vector.get_type().get_poison(), &lanes)
    }

    /// The chosen lanes of two vectors, those of the second after those of the first.
    fn shuffle_two(self, a: VectorValue<'ctx>, b: VectorValue<'ctx>, lanes: &[u16]) -> Made<'ctx> {
        let ty = self.context.i32_type();
        let lane = |lane: &u16| ty.const_int(u64::from(*lane), false);
        let mask: Vec<_> = lanes.iter().map(lane).collect();
        let mask = VectorType::const_vector(&mask);
        Ok(self.b.build_shuffle_vector(a, b, mask, "")?.into())
    }

    pub(super) fn splat(self, value: BasicValueEnum<'ctx>, lanes: u16) -> Made<'ctx> {
        let ty = widen(value.get_type(), lanes).into_vector_type();
        let first = self.context.i32_type().const_zero();
        let one = self
            .b
            .build_insert_element(ty.get_poison(), value, first, "")?;
        self.shuffle(one, (0..lanes).map(|_| 0))
    }
}

/// `lanes` values of a scalar type.
pub(super) fn widen(lane: BasicTypeEnum<'_>, lanes: u16) -> BasicTypeEnum<'_> {
    let lanes = u32::from(lanes);
    match lane {
        _ if lanes == 1 => lane,
        BasicTypeEnum::FloatType(ty) => ty.vec_type(lanes).as_basic_type_enum(),
        BasicTypeEnum::IntType(ty) => ty.vec_type(lanes).as_basic_type_enum(),
        BasicTypeEnum::PointerType(ty) => ty.vec_type(lanes).as_basic_type_enum(),
        _ => lane,
    }
}

/// Translates one function.
pub(super) struct Translator<'a, 'ctx> {
    pub(super) cx: Cx<'a, 'ctx>,
    pub(super) function: &'a Function,
    pub(super) functions: &'a Functions<'ctx>,
    pub(super) value: FunctionValue<'ctx>,
    pub(super) sites: &'a mut HostSites,
    pub(super) aliases: Aliases<'ctx>,
    /// The bytes that temporaries may take on the stack.
    pub(super) stack: u64,
    /// The rare arms that are functions of their own.
    pub(super) rare: Taken<'a, 'ctx>,
    vars: SecondaryMap<Var, Option<BasicValueEnum<'ctx>>>,
}

impl<'a, 'ctx> Translator<'a, 'ctx> {
    pub(super) fn new(
        cx: Cx<'a, 'ctx>,
        function: &'a Function,
        functions: &'a Functions<'ctx>,
        value: FunctionValue<'ctx>,
        sites: &'a mut HostSites,
        rare: Taken<'a, 'ctx>,
    ) -> Self {
        let mut vars = SecondaryMap::new();
        vars.resize(function.vars.len());
        Translator {
            cx,
            function,
            functions,
            value,
            sites,
            aliases: Aliases::new(cx, function),
            stack: 0,
            rare,
            vars,
        }
    }

    /// Translates the whole function.
    pub(super) fn run(mut self) -> Done {
        let entry = self.append("");
        self.cx.b.position_at_end(entry);
        let function = self.function;
        for (&param, value) in function.params.iter().zip(self.value.get_param_iter()) {
            value.set_name(self.function.vars.get(param).map_or("", |data| &data.name));
            let value = match self.function.ty(param) {
                // A C caller may pass any byte.
                VarTy::Value(ty) if ty.dtype == DType::Bool => self.cx.truth(value)?,
                _ => value,
            };
            self.define(param, value);
        }
        let falls_through = self.block(&function.body)?;
        if falls_through {
            return Err(BackendError::internal("a function does not return"));
        }
        Ok(())
    }

    pub(super) fn append(&self, name: &str) -> inkwell::basic_block::BasicBlock<'ctx> {
        self.cx.context.append_basic_block(self.value, name)
    }

    pub(super) fn define(&mut self, var: Var, value: BasicValueEnum<'ctx>) {
        if let Some(slot) = self.vars.get_mut(var) {
            *slot = Some(value);
        }
    }

    pub(super) fn get(&self, var: Var) -> Made<'ctx> {
        self.vars
            .get(var)
            .copied()
            .flatten()
            .ok_or_else(|| BackendError::internal(format!("{var} has no value")))
    }

    pub(super) fn int(&self, var: Var) -> Result<IntValue<'ctx>, BackendError> {
        match self.get(var)? {
            BasicValueEnum::IntValue(value) => Ok(value),
            _ => Err(BackendError::internal(format!("{var} is not an integer"))),
        }
    }

    pub(super) fn pointer(&self, var: Var) -> Result<PointerValue<'ctx>, BackendError> {
        match self.get(var)? {
            BasicValueEnum::PointerValue(value) => Ok(value),
            _ => Err(BackendError::internal(format!("{var} is not an address"))),
        }
    }

    fn vector(&self, var: Var) -> Result<VectorValue<'ctx>, BackendError> {
        match self.get(var)? {
            BasicValueEnum::VectorValue(value) => Ok(value),
            _ => Err(BackendError::internal(format!("{var} is not a vector"))),
        }
    }

    pub(super) fn dtype(&self, var: Var) -> DType {
        match self.function.ty(var) {
            VarTy::Value(ty) => ty.dtype,
            VarTy::Buffer(dtype) => dtype,
            VarTy::Pointer => DType::U64,
        }
    }

    pub(super) fn lanes(&self, var: Var) -> u16 {
        self.function.value_ty(var).map_or(1, |ty| ty.lanes)
    }

    /// The LLVM type of a variable.
    pub(super) fn ty(&self, var: Var) -> BasicTypeEnum<'ctx> {
        match self.function.ty(var) {
            VarTy::Value(ty) => self.cx.value_type(ty.dtype, ty.lanes),
            VarTy::Buffer(_) | VarTy::Pointer => self.cx.pointer_type().into(),
        }
    }

    /// Translates a block: whether its end is reached.
    pub(super) fn block(&mut self, block: &Block) -> Result<bool, BackendError> {
        let cuts = Cuts::of(self.function, block);
        let slot = self.stretch_slot(&cuts)?;
        let mut left = cuts.cuts.iter();
        let mut next = left.next();
        let moved = match self.cx.is_x86() {
            true => moved(self.function, block),
            false => HashSet::new(),
        };
        for (position, stmt) in block.stmts.iter().enumerate() {
            if let (Some(cut), Some(slot)) = (next, slot)
                && cut.before == position
            {
                self.cut(block, cut, slot)?;
                next = left.next();
            }
            if let Stmt::Return { status } = stmt {
                let status = self.int(*status)?;
                self.cx.b.build_return(Some(&status))?;
                return Ok(false);
            }
            match stmt {
                Stmt::Op { out, op, args } if moved.contains(&position) => {
                    let value = self.multiplied(*out, *op, args)?;
                    self.define(*out, value);
                }
                _ => self.stmt(stmt)?,
            }
        }
        Ok(true)
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Done {
        let (out, value) = match stmt {
            Stmt::Const { out, value } => (*out, self.cx.constant(*value, self.lanes(*out))),
            Stmt::Op { out, op, args } => (*out, self.op(*out, *op, args)?),
            Stmt::Splat { out, arg } => {
                let value = self.get(*arg)?;
                (*out, self.cx.splat(value, self.lanes(*out))?)
            }
            Stmt::Iota { out } => {
                let lanes: Vec<_> = (0..self.lanes(*out))
                    .map(|lane| self.cx.index(i64::from(lane)))
                    .collect();
                (*out, VectorType::const_vector(&lanes).into())
            }
            Stmt::Pick { out, arg, pick } => (*out, self.pick(*arg, *pick)?),
            Stmt::Shuffle { out, args, lanes } => {
                let [a, b] = [self.vector(args[0])?, self.vector(args[1])?];
                (*out, self.cx.shuffle_two(a, b, lanes)?)
            }
            Stmt::Reduce { out, arg, how } => {
                let name = match how {
                    Reduce::Any => "llvm.vector.reduce.or",
                    Reduce::All => "llvm.vector.reduce.and",
                };
                let arg = self.get(*arg)?;
                (*out, self.cx.intrinsic(name, &[arg.get_type()], &[arg])?)
            }
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) => return self.control(stmt),
            Stmt::Check { .. } | Stmt::Call { .. } | Stmt::Host { .. } => {
                return self.transfer(stmt);
            }
            Stmt::Fork(fork) => return self.fork(fork),
            _ => return self.memory(stmt),
        };
        self.define(out, value);
        Ok(())
    }

    fn op(&self, out: Var, op: ScalarOp, args: &[Var]) -> Made<'ctx> {
        let dtype = args.last().map_or(DType::Bool, |&last| self.dtype(last));
        let values = args
            .iter()
            .map(|&arg| self.get(arg))
            .collect::<Result<Vec<_>, _>>()?;
        self.cx.scalar_op(op, dtype, self.lanes(out), &values)
    }

    fn pick(&self, arg: Var, pick: Pick) -> Made<'ctx> {
        let vector = self.vector(arg)?;
        let half = self.lanes(arg) / 2;
        let (start, len) = match pick {
            Pick::Lane(lane) => (lane, 1),
            Pick::Half(Half::Low) => (0, half),
            Pick::Half(Half::High) => (half, half),
        };
        if len == 1 {
            let lane = self
                .cx
                .context
                .i32_type()
                .const_int(u64::from(start), false);
            return Ok(self.cx.b.build_extract_element(vector, lane, "")?);
        }
        self.cx.shuffle(vector, start..start + len)
    }
}
