//! Loops, branches, checks and calls.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    BlockArg, FuncRef, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types,
};
use dfn_ir::loops::{Chance, For, FuncId, HostArg, If, Stmt, Var, While};
use dfn_ir::scalar::DType;

use super::function::{Done, Translator};
use crate::backend::BackendError;
use crate::backend::host::{HostSite, host_entry};

impl Translator<'_, '_> {
    pub(super) fn control(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::For(inner) => self.for_loop(inner),
            Stmt::While(inner) => self.while_loop(inner),
            Stmt::If(inner) => self.choice(inner),
            _ => Err(BackendError::internal("not a loop or a branch")),
        }
    }

    /// `header(i, carries): i < hi ? body : exit(carries)`, backwards with `i >= lo`.
    fn for_loop(&mut self, inner: &For) -> Done {
        let [header, body, exit] = [(); 3].map(|()| self.b.create_block());
        let (lo, hi) = (self.value(inner.lo)?, self.value(inner.hi)?);
        let first = match inner.reverse {
            false => lo,
            true => self.last(lo, hi, inner.step),
        };
        let inits = Self::collect(inner.carries.iter().map(|carry| carry.init));
        let mut args = vec![BlockArg::Value(first)];
        args.extend(self.block_args(&inits));
        self.b.ins().jump(header, &args);
        self.b.switch_to_block(header);
        let vars = Self::collect(inner.carries.iter().map(|carry| carry.var));
        self.block_params(header, &[inner.counter]);
        self.block_params(header, &vars);
        self.block_params(exit, &inner.results);
        let i = self.value(inner.counter)?;
        let more = match inner.reverse {
            false => self.b.ins().icmp(IntCC::SignedLessThan, i, hi),
            true => self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, i, lo),
        };
        let args = self.block_args(&vars);
        self.b.ins().brif(more, body, &[], exit, &args);
        self.b.switch_to_block(body);
        if self.block(&inner.body)? {
            let step = if inner.reverse {
                -inner.step
            } else {
                inner.step
            };
            let next = self.b.ins().iadd_imm_s(i, step);
            let mut args = vec![BlockArg::Value(next)];
            args.extend(self.block_args(&inner.body.yields));
            self.b.ins().jump(header, &args);
        }
        self.b.switch_to_block(exit);
        Ok(())
    }

    /// The last value of a counter; below `lo` if there is none.
    fn last(&mut self, lo: Value, hi: Value, step: i64) -> Value {
        let below = self.b.ins().iadd_imm_s(hi, -1);
        if step == 1 {
            return below;
        }
        // lo + (hi - 1 - lo) / step * step
        let distance = self.b.ins().isub(below, lo);
        let step = self.b.ins().iconst(types::I64, step);
        let trips = self.b.ins().sdiv(distance, step);
        let distance = self.b.ins().imul(trips, step);
        let last = self.b.ins().iadd(lo, distance);
        let none = self.b.ins().iadd_imm_s(lo, -1);
        let any = self.b.ins().icmp(IntCC::SignedLessThan, lo, hi);
        self.b.ins().select(any, last, none)
    }

    fn while_loop(&mut self, inner: &While) -> Done {
        let [header, body, exit] = [(); 3].map(|()| self.b.create_block());
        let inits = Self::collect(inner.carries.iter().map(|carry| carry.init));
        let args = self.block_args(&inits);
        self.b.ins().jump(header, &args);
        self.b.switch_to_block(header);
        let vars = Self::collect(inner.carries.iter().map(|carry| carry.var));
        self.block_params(header, &vars);
        self.block_params(exit, &inner.results);
        if self.block(&inner.condition)? {
            let more = match inner.condition.yields.as_slice() {
                &[condition] => self.value(condition)?,
                _ => return Err(BackendError::internal("a condition is not one value")),
            };
            let args = self.block_args(&vars);
            self.b.ins().brif(more, body, &[], exit, &args);
            self.b.switch_to_block(body);
            if self.block(&inner.body)? {
                let args = self.block_args(&inner.body.yields);
                self.b.ins().jump(header, &args);
            }
        }
        self.b.switch_to_block(exit);
        Ok(())
    }

    fn choice(&mut self, inner: &If) -> Done {
        let [then, otherwise, after] = [(); 3].map(|()| self.b.create_block());
        if inner.chance == Chance::Rare {
            self.b.set_cold_block(then);
        }
        self.block_params(after, &inner.results);
        let condition = self.value(inner.condition)?;
        self.b.ins().brif(condition, then, &[], otherwise, &[]);
        for (target, block) in [(then, &inner.then), (otherwise, &inner.otherwise)] {
            self.b.switch_to_block(target);
            if target == then
                && let Some(args) = self.taken_out(inner)?
            {
                self.b.ins().jump(after, &args);
            } else if self.block(block)? {
                let args = self.block_args(&block.yields);
                self.b.ins().jump(after, &args);
            }
        }
        self.b.switch_to_block(after);
        Ok(())
    }

    pub(super) fn transfer(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Check { condition, code } => {
                let condition = self.value(*condition)?;
                let zero = self.b.ins().iconst(types::I8, 0);
                let failed = self.b.ins().icmp(IntCC::Equal, condition, zero);
                let status = self.b.ins().iconst(types::I32, i64::from(*code as u32));
                self.return_if(failed, status);
                Ok(())
            }
            Stmt::Call {
                callee,
                args,
                status,
            } => self.call(*callee, args, *status),
            Stmt::Host { name, args } => self.host(name, args),
            _ => Err(BackendError::internal("not a check or a call")),
        }
    }

    /// Returns `status` if `condition` holds.
    fn return_if(&mut self, condition: Value, status: Value) {
        let leave = self.b.create_block();
        let stay = self.b.create_block();
        self.b.set_cold_block(leave);
        self.b.ins().brif(condition, leave, &[], stay, &[]);
        self.b.switch_to_block(leave);
        self.b.ins().return_(&[status]);
        self.b.switch_to_block(stay);
    }

    fn call(&mut self, callee: FuncId, args: &[Var], status: Option<Var>) -> Done {
        let callee = self.callee(callee)?;
        let args: Vec<Value> = args.iter().flat_map(|&arg| self.lanes(arg)).collect();
        let call = self.b.ins().call(callee, &args);
        let results = self.b.inst_results(call).iter().copied().collect();
        match status {
            Some(status) => self.define(status, results),
            None => {
                for result in results {
                    self.return_if_failed(result);
                }
            }
        }
        Ok(())
    }

    fn return_if_failed(&mut self, status: Value) {
        let zero = self.b.ins().iconst(types::I32, 0);
        let failed = self.b.ins().icmp(IntCC::NotEqual, status, zero);
        self.return_if(failed, status);
    }

    fn callee(&mut self, callee: FuncId) -> Result<FuncRef, BackendError> {
        if let Some(Some(known)) = self.callees.get(callee) {
            return Ok(*known);
        }
        let id = self
            .functions
            .get(callee)
            .ok_or_else(|| BackendError::internal("an unknown callee"))?;
        let reference = self.module.declare_func_in_func(*id, self.b.func);
        if let Some(slot) = self.callees.get_mut(callee) {
            *slot = Some(reference);
        }
        Ok(reference)
    }

    /// Packs the arguments on the stack and calls the host's entry by its address.
    fn host(&mut self, name: &str, args: &[HostArg]) -> Done {
        let site = self.sites.add(HostSite::new(self.function, name, args));
        let vars: Vec<Var> = args.iter().flat_map(|arg| arg.vars()).collect();
        let packed = self.packed(&vars)?;
        let mut signature = self.module.make_signature();
        let address = cranelift_codegen::ir::AbiParam::new(types::I64);
        signature.params.extend([address, address]);
        signature
            .returns
            .push(cranelift_codegen::ir::AbiParam::new(types::I32));
        let signature = self.b.import_signature(signature);
        let entry = self
            .b
            .ins()
            .iconst(types::I64, host_entry as *const () as usize as i64);
        let site = self.b.ins().iconst(types::I64, site as usize as i64);
        let call = self
            .b
            .ins()
            .call_indirect(signature, entry, &[site, packed]);
        let results = self.b.inst_results(call).to_vec();
        for status in results {
            self.return_if_failed(status);
        }
        Ok(())
    }

    /// The address of scalars and addresses on the stack, 64 bits each.
    pub(super) fn packed(&mut self, vars: &[Var]) -> Result<Value, BackendError> {
        let mut words = Vec::new();
        for &var in vars {
            let value = self.value(var)?;
            words.push(self.word(value, self.dtype_of_word(var)));
        }
        let bytes = u32::try_from(words.len() * 8).map_err(BackendError::internal)?;
        let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3);
        let slot = self.b.create_sized_stack_slot(slot);
        for (offset, word) in (0..).step_by(8).zip(words) {
            self.b.ins().stack_store(types::I64, word, slot, offset);
        }
        Ok(self.b.ins().stack_addr(types::I64, slot, 0))
    }

    /// Addresses are words already.
    fn dtype_of_word(&self, var: Var) -> DType {
        match self.function.value_ty(var) {
            Some(ty) => ty.dtype,
            None => DType::U64,
        }
    }

    /// The bits of a scalar in 64 bits.
    fn word(&mut self, value: Value, dtype: DType) -> Value {
        match dtype {
            DType::F64 => self.b.ins().bitcast(types::I64, MemFlagsData::new(), value),
            DType::F32 => {
                let bits = self.b.ins().bitcast(types::I32, MemFlagsData::new(), value);
                self.b.ins().uextend(types::I64, bits)
            }
            DType::I64 | DType::U64 => value,
            DType::I32 | DType::U32 | DType::Bool => self.b.ins().uextend(types::I64, value),
        }
    }
}
