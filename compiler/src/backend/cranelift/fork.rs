//! Calls on a pool of threads: what calls share lies on the stack, and a function with the signature that
//! the pool knows takes it from there.

use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, UserFuncName, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module};
use dfn_ir::loops::{self, Fork};

use super::function::{Done, Translator};
use super::module::finish;
use crate::backend::BackendError;

/// `void body(void *data, int64_t index, int64_t worker)`
fn body_signature(module: &dyn Module) -> Signature {
    let mut signature = module.make_signature();
    signature.params.extend([AbiParam::new(types::I64); 3]);
    signature
}

/// The body that a pool calls for `callee`.
fn declare(module: &mut dyn Module, callee: loops::FuncId) -> Result<FuncId, BackendError> {
    let signature = body_signature(module);
    let name = format!("dfn.fork.{}", callee.as_u32());
    module
        .declare_function(&name, Linkage::Local, &signature)
        .map_err(BackendError::internal)
}

/// Defines the body that a pool calls for `callee`: it unpacks what calls share, and keeps the status.
pub(super) fn define(
    module: &mut dyn Module,
    (context, scratch): (&mut Context, &mut FunctionBuilderContext),
    (callee, function): (loops::FuncId, FuncId),
    inner: &Signature,
) -> Done {
    let id = declare(module, callee)?;
    context.func.signature = body_signature(module);
    context.func.name = UserFuncName::user(0, id.as_u32());
    let function = module.declare_func_in_func(function, &mut context.func);
    let mut b = FunctionBuilder::new(&mut context.func, scratch);
    let block = b.create_block();
    b.append_block_params_for_function_params(block);
    b.switch_to_block(block);
    let &[data, index, worker] = b.block_params(block) else {
        return Err(BackendError::internal("a body takes three words"));
    };
    let flags = MemFlagsData::trusted();
    let mut args = vec![index, worker];
    // The first word is where statuses go.
    for (param, offset) in inner.params.iter().skip(2).zip((8..).step_by(8)) {
        args.push(b.ins().load(param.value_type, flags, data, offset));
    }
    let call = b.ins().call(function, &args);
    let statuses = b.ins().load(types::I64, flags, data, 0);
    let offset = b.ins().imul_imm_s(index, 4);
    let place = b.ins().iadd(statuses, offset);
    for status in b.inst_results(call).to_vec() {
        b.ins().store(flags, status, place, 0);
    }
    b.ins().return_(&[]);
    b.seal_all_blocks();
    b.finalize(module.target_config());
    finish(module, context, id)
}

impl Translator<'_, '_> {
    pub(super) fn fork(&mut self, fork: &Fork) -> Done {
        let mut shared = vec![fork.statuses];
        shared.extend(&fork.args);
        let data = self.packed(&shared)?;
        let body = declare(self.module, fork.callee)?;
        let body = self.module.declare_func_in_func(body, self.b.func);
        let body = self.b.ins().func_addr(types::I64, body);
        let (pool, count) = (self.value(fork.pool)?, self.value(fork.count)?);
        let flags = MemFlagsData::trusted();
        let mut member = |offset: u32| self.b.ins().load(types::I64, flags, pool, offset as i32);
        let (context, function) = (member(Fork::CONTEXT), member(Fork::PARALLEL_FOR));
        // `void parallel_for(void *context, int64_t count, body, void *data)`
        let mut signature = self.module.make_signature();
        signature.params.extend([AbiParam::new(types::I64); 4]);
        let signature = self.b.import_signature(signature);
        let args = [context, count, body, data];
        self.b.ins().call_indirect(signature, function, &args);
        Ok(())
    }
}
