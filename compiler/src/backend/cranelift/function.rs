//! One function: variables, blocks, and the statements on values.

use std::collections::HashMap;

use cranelift_codegen::ir::{BlockArg, FuncRef, InstBuilder, StackSlot, Value, types};
use cranelift_entity::SecondaryMap;
use cranelift_frontend::FunctionBuilder;
use cranelift_module::Module;
use dfn_ir::loops::{Block, Function, Half, Pick, Reduce, Stmt, Var, VarTy, visit::Vars};
use dfn_ir::scalar::{DType, Scalar, ScalarOp};
use smallvec::SmallVec;

use super::module::Functions;
use super::rare::Taken;
use super::scalar::{constant, emit, machine_type};
use crate::backend::BackendError;
use crate::backend::host::HostSites;
use crate::backend::stretch::Cuts;

/// The lanes of a variable; an address has one.
pub(super) type Lanes = SmallVec<[Value; 4]>;
pub(super) type Done = Result<(), BackendError>;

/// Translates one function.
pub(super) struct Translator<'a, 'b> {
    pub(super) module: &'a mut dyn Module,
    pub(super) function: &'a Function,
    pub(super) functions: &'a Functions,
    pub(super) sites: &'a mut HostSites,
    pub(super) b: FunctionBuilder<'b>,
    pub(super) vars: SecondaryMap<Var, Lanes>,
    pub(super) callees: SecondaryMap<dfn_ir::loops::FuncId, Option<FuncRef>>,
    /// The rare arms that are functions of their own.
    pub(super) rare: Taken<'a>,
    /// Where these take and give values, once there is one.
    pub(super) slot: Option<StackSlot>,
    /// How often each variable is read.
    pub(super) reads: HashMap<Var, u32>,
    /// The lane that a run is at.
    pub(super) lane: Option<Value>,
    /// Where the vectors of runs lie.
    pub(super) homes: HashMap<Var, StackSlot>,
}

impl<'a, 'b> Translator<'a, 'b> {
    pub(super) fn new(
        module: &'a mut dyn Module,
        function: &'a Function,
        functions: &'a Functions,
        sites: &'a mut HostSites,
        b: FunctionBuilder<'b>,
        rare: Taken<'a>,
    ) -> Self {
        let mut vars = SecondaryMap::new();
        vars.resize(function.vars.len());
        let mut callees = SecondaryMap::new();
        callees.resize(functions.len());
        Translator {
            module,
            function,
            functions,
            sites,
            b,
            vars,
            callees,
            rare,
            slot: None,
            reads: super::lanes::reads(function),
            lane: None,
            homes: HashMap::new(),
        }
    }

    /// Translates the whole function.
    pub(super) fn run(mut self) -> Done {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        let values = self.b.block_params(entry).to_vec();
        for (&param, value) in self.function.params.iter().zip(values) {
            let value = match self.function.ty(param) {
                // A C caller may pass any byte.
                VarTy::Value(ty) if ty.dtype == DType::Bool => self.truth(value),
                _ => value,
            };
            self.define(param, [value].into_iter().collect());
        }
        let function = self.function;
        let falls_through = self.block(&function.body)?;
        if falls_through {
            return Err(BackendError::internal("a function does not return"));
        }
        self.b.seal_all_blocks();
        let config = self.module.target_config();
        self.b.finalize(config);
        Ok(())
    }

    /// 1 if a byte is not 0.
    pub(super) fn truth(&mut self, byte: Value) -> Value {
        let zero = self.b.ins().iconst(types::I8, 0);
        let how = cranelift_codegen::ir::condcodes::IntCC::NotEqual;
        self.b.ins().icmp(how, byte, zero)
    }

    pub(super) fn define(&mut self, var: Var, lanes: Lanes) {
        if let Some(slot) = self.vars.get_mut(var) {
            *slot = lanes;
        }
    }

    /// The value of a scalar or an address.
    pub(super) fn value(&self, var: Var) -> Result<Value, BackendError> {
        let lanes = self.vars.get(var).map(|lanes| lanes.as_slice());
        match lanes {
            Some(&[value]) => Ok(value),
            _ => Err(BackendError::internal(format!("{var} is not a scalar"))),
        }
    }

    pub(super) fn dtype(&self, var: Var) -> DType {
        match self.function.ty(var) {
            VarTy::Value(ty) => ty.dtype,
            VarTy::Buffer(dtype) => dtype,
            VarTy::Pointer => DType::U64,
        }
    }

    /// How many lanes a variable has here: in a run one.
    pub(super) fn width(&self, var: Var) -> usize {
        if self.lane.is_some() {
            return 1;
        }
        match self.function.ty(var) {
            VarTy::Value(ty) => usize::from(ty.lanes),
            VarTy::Buffer(_) | VarTy::Pointer => 1,
        }
    }

    /// All lanes of some variables, as arguments of a jump.
    pub(super) fn block_args(&mut self, vars: &[Var]) -> Vec<BlockArg> {
        vars.iter()
            .flat_map(|&var| self.lanes(var))
            .map(BlockArg::Value)
            .collect()
    }

    /// Block parameters for all lanes of some variables, which they define.
    pub(super) fn block_params(&mut self, block: cranelift_codegen::ir::Block, vars: &[Var]) {
        for &var in vars {
            let ty = match self.function.ty(var) {
                VarTy::Value(ty) => machine_type(ty.dtype),
                VarTy::Buffer(_) | VarTy::Pointer => types::I64,
            };
            let lanes = (0..self.width(var))
                .map(|_| self.b.append_block_param(block, ty))
                .collect();
            self.define(var, lanes);
        }
    }

    /// Translates a block: whether its end is reached.
    pub(super) fn block(&mut self, block: &Block) -> Result<bool, BackendError> {
        let cuts = Cuts::of(self.function, block);
        let slot = self.stretch_slot(&cuts);
        let mut left = cuts.cuts.iter().peekable();
        let (mut position, mut plain) = (0, 0);
        while let Some(stmt) = block.stmts.get(position) {
            if slot.is_none() && self.lane.is_none() && position >= plain {
                let run = self.run_of(block.stmts.get(position..).unwrap_or_default());
                plain = position + run.stmts.len();
                if run.pays() {
                    self.run_lanes(&run)?;
                    position = plain;
                    continue;
                }
            }
            if let Some(slot) = slot
                && let Some(cut) = left.next_if(|cut| cut.before == position)
            {
                self.cut(block, cut, slot)?;
            }
            position += 1;
            if let Stmt::Return { status } = stmt {
                let status = self.value(*status)?;
                self.b.ins().return_(&[status]);
                return Ok(false);
            }
            self.stmt(stmt)?;
        }
        Ok(true)
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Const { out, value } => {
                let value = constant(&mut self.b, *value);
                self.splat(*out, value);
                Ok(())
            }
            Stmt::Op { out, op, args } => self.op(*out, *op, args),
            Stmt::Splat { out, arg } => {
                let value = self.value(*arg)?;
                self.splat(*out, value);
                Ok(())
            }
            Stmt::Iota { out } => {
                if let Some(lane) = self.lane {
                    self.define(*out, [lane].into_iter().collect());
                    return Ok(());
                }
                let lanes = (0..self.width(*out))
                    .map(|lane| constant(&mut self.b, Scalar::I64(lane as i64)))
                    .collect();
                self.define(*out, lanes);
                Ok(())
            }
            Stmt::Pick { out, arg, pick } => {
                self.pick(*out, *arg, *pick);
                Ok(())
            }
            Stmt::Shuffle { out, args, lanes } => {
                let [mut all, second] = args.map(|arg| self.lanes(arg));
                all.extend(second);
                let pick = |lane: &u16| all.get(usize::from(*lane)).copied();
                self.define(*out, lanes.iter().filter_map(pick).collect());
                Ok(())
            }
            Stmt::Reduce { out, arg, how } => self.reduce(*out, *arg, *how),
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) => self.control(stmt),
            Stmt::Check { .. } | Stmt::Call { .. } | Stmt::Host { .. } => self.transfer(stmt),
            Stmt::Fork(fork) => self.fork(fork),
            _ => self.memory(stmt),
        }
    }

    fn splat(&mut self, out: Var, value: Value) {
        let lanes = std::iter::repeat_n(value, self.width(out)).collect();
        self.define(out, lanes);
    }

    fn op(&mut self, out: Var, op: ScalarOp, args: &[Var]) -> Done {
        let dtype = args.last().map_or(DType::Bool, |&last| self.dtype(last));
        let operands: SmallVec<[Lanes; 3]> = args.iter().map(|&arg| self.lanes(arg)).collect();
        let mut lanes = Lanes::new();
        for lane in 0..self.width(out) {
            let args: SmallVec<[Value; 3]> = operands
                .iter()
                .filter_map(|lanes| lanes.get(lane).copied())
                .collect();
            let value = emit(&mut self.b, op, dtype, &args).ok_or_else(|| {
                BackendError::internal(format!("{} is not defined on {dtype}", op.name()))
            })?;
            lanes.push(value);
        }
        self.define(out, lanes);
        Ok(())
    }

    fn pick(&mut self, out: Var, arg: Var, pick: Pick) {
        let lanes = self.lanes(arg);
        let skip = match pick {
            Pick::Lane(lane) => usize::from(lane),
            Pick::Half(Half::Low) => 0,
            Pick::Half(Half::High) => lanes.len() / 2,
        };
        let lanes = lanes.into_iter().skip(skip).take(self.width(out)).collect();
        self.define(out, lanes);
    }

    fn reduce(&mut self, out: Var, arg: Var, how: Reduce) -> Done {
        let mut lanes = self.lanes(arg).into_iter();
        let mut all = lanes
            .next()
            .ok_or_else(|| BackendError::internal("an empty mask"))?;
        for lane in lanes {
            all = match how {
                Reduce::Any => self.b.ins().bor(all, lane),
                Reduce::All => self.b.ins().band(all, lane),
            };
        }
        self.define(out, [all].into_iter().collect());
        Ok(())
    }

    /// The variables of carries, or of anything like it.
    pub(super) fn collect(vars: impl Iterator<Item = Var>) -> Vars {
        vars.collect()
    }
}
