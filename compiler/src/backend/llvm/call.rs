//! Checks, calls, the host, the C library.

use dfn_ir::loops::{FuncId, HostArg, Stmt, Var};
use dfn_ir::scalar::DType;
use inkwell::IntPredicate;
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, FunctionValue, IntValue, PointerValue,
};

use super::function::{Done, Made, Translator};
use crate::backend::BackendError;
use crate::backend::host::{HostSite, host_entry};

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn transfer(&mut self, stmt: &Stmt) -> Done {
        match stmt {
            Stmt::Check { condition, code } => {
                let condition = self.int(*condition)?;
                let failed = self.cx.b.build_not(condition, "")?;
                let status = self.cx.context.i32_type().const_int(*code as u64, true);
                self.return_if(failed, status)
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

    /// Returns `status` if `condition` holds, which is seldom.
    fn return_if(&self, condition: IntValue<'ctx>, status: IntValue<'ctx>) -> Done {
        let [leave, stay] = ["failed", "passed"].map(|name| self.append(name));
        self.branch(condition, [leave, stay], true)?;
        self.cx.b.position_at_end(leave);
        self.cx.b.build_return(Some(&status))?;
        self.cx.b.position_at_end(stay);
        Ok(())
    }

    fn return_if_failed(&self, status: IntValue<'ctx>) -> Done {
        let zero = self.cx.context.i32_type().const_zero();
        let failed = self
            .cx
            .b
            .build_int_compare(IntPredicate::NE, status, zero, "")?;
        self.return_if(failed, status)
    }

    fn call(&mut self, callee: FuncId, args: &[Var], status: Option<Var>) -> Done {
        let callee = *self
            .functions
            .get(callee)
            .ok_or_else(|| BackendError::internal("an unknown callee"))?;
        let mut values: Vec<BasicMetadataValueEnum<'ctx>> = Vec::new();
        for &arg in args {
            let value = self.get(arg)?;
            let value = match self.function.value_ty(arg) {
                Some(ty) if ty.dtype == DType::Bool => self.cx.bytes(value, 1)?,
                _ => value,
            };
            values.push(value.into());
        }
        let result = self.call_value(callee, &values)?;
        match status {
            Some(status) => {
                self.define(status, result);
                Ok(())
            }
            None => self.return_if_failed(result.into_int_value()),
        }
    }

    fn call_value(
        &self,
        callee: FunctionValue<'ctx>,
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> Made<'ctx> {
        self.cx
            .b
            .build_call(callee, args, "")?
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| BackendError::internal("a call gives nothing"))
    }

    /// Packs the arguments on the stack and calls the host's entry by its address.
    fn host(&mut self, name: &str, args: &[HostArg]) -> Done {
        let site = self.sites.add(HostSite::new(self.function, name, args));
        let vars: Vec<Var> = args.iter().flat_map(|arg| arg.vars()).collect();
        let packed = self.packed(&vars)?;
        let (word, pointer) = (self.cx.context.i64_type(), self.cx.pointer_type());
        let address = |address: usize| word.const_int(address as u64, false);
        let entry = address(host_entry as *const () as usize).const_to_pointer(pointer);
        let site = address(site as usize).const_to_pointer(pointer);
        let ty = self
            .cx
            .context
            .i32_type()
            .fn_type(&[pointer.into(), pointer.into()], false);
        let status = self
            .cx
            .b
            .build_indirect_call(ty, entry, &[site.into(), packed.into()], "")?
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| BackendError::internal("the host gives nothing"))?;
        self.return_if_failed(status.into_int_value())
    }

    /// The address of scalars and addresses on the stack, 64 bits each.
    pub(super) fn packed(&mut self, vars: &[Var]) -> Result<PointerValue<'ctx>, BackendError> {
        let words = vars.iter().map(|&var| self.word(var));
        let words = words.collect::<Result<Vec<_>, _>>()?;
        let len = u32::try_from(words.len()).map_err(BackendError::internal)?;
        let word = self.cx.context.i64_type();
        let packed = self.entry_alloca(word.array_type(len.max(1)).into())?;
        for (position, word) in (0..).zip(words) {
            let at = self.cx.offset(packed, position * 8)?;
            self.cx.b.build_store(at, word)?;
        }
        Ok(packed)
    }

    /// Stack memory that is reserved once, at the entry of the function.
    pub(super) fn entry_alloca(
        &self,
        ty: inkwell::types::BasicTypeEnum<'ctx>,
    ) -> Result<PointerValue<'ctx>, BackendError> {
        let here = self.here()?;
        let entry = self
            .value
            .get_first_basic_block()
            .ok_or_else(|| BackendError::internal("a function has no block"))?;
        match entry.get_first_instruction() {
            Some(first) => self.cx.b.position_before(&first),
            None => self.cx.b.position_at_end(entry),
        }
        let slot = self.cx.b.build_alloca(ty, "")?;
        self.cx.b.position_at_end(here);
        Ok(slot)
    }

    /// The bits of a scalar, or an address, in 64 bits.
    fn word(&self, var: Var) -> Made<'ctx> {
        let word = self.cx.context.i64_type();
        let b = self.cx.b;
        let value = match self.get(var)? {
            BasicValueEnum::PointerValue(value) => {
                return Ok(b.build_ptr_to_int(value, word, "")?.into());
            }
            BasicValueEnum::FloatValue(value) => {
                let narrow = value.get_type() == self.cx.context.f32_type();
                let ty = match narrow {
                    true => self.cx.context.i32_type(),
                    false => word,
                };
                b.build_bit_cast(value, ty, "")?.into_int_value()
            }
            BasicValueEnum::IntValue(value) => value,
            _ => return Err(BackendError::internal("a vector for the host")),
        };
        Ok(b.build_int_z_extend_or_bit_cast(value, word, "")?.into())
    }

    pub(super) fn malloc(&mut self, out: Var, bytes: Var) -> Done {
        let word = self.cx.context.i64_type();
        let ty = self.cx.pointer_type().fn_type(&[word.into()], false);
        let malloc = self
            .cx
            .module
            .get_function("malloc")
            .unwrap_or_else(|| self.cx.module.add_function("malloc", ty, None));
        let bytes = self.int(bytes)?;
        let address = self.call_value(malloc, &[bytes.into()])?;
        self.define(out, address);
        Ok(())
    }

    pub(super) fn free(&mut self, pointer: Var) -> Done {
        let ty = self
            .cx
            .context
            .void_type()
            .fn_type(&[self.cx.pointer_type().into()], false);
        let free = self
            .cx
            .module
            .get_function("free")
            .unwrap_or_else(|| self.cx.module.add_function("free", ty, None));
        let pointer = self.pointer(pointer)?;
        self.cx.b.build_call(free, &[pointer.into()], "")?;
        Ok(())
    }
}
