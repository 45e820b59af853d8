//! Calls on a pool of threads: what calls share lies on the stack, and a function with the signature that
//! the pool knows takes it from there.

use dfn_ir::loops::{Fork, FuncId, Function};
use inkwell::module::Linkage as Visibility;
use inkwell::values::{BasicMetadataValueEnum, FunctionValue, PointerValue};

use super::function::{Done, Translator};
use super::module::{Cx, attributes, param_type};
use super::target::Machine;
use crate::backend::BackendError;

/// `void body(void *data, int64_t index, int64_t worker)`, which a pool calls for `callee`.
fn declare<'ctx>(cx: Cx<'_, 'ctx>, callee: FuncId) -> FunctionValue<'ctx> {
    let name = format!("dfn.fork.{}", callee.as_u32());
    if let Some(known) = cx.module.get_function(&name) {
        return known;
    }
    let word = cx.context.i64_type().into();
    let params = [cx.pointer_type().into(), word, word];
    let ty = cx.context.void_type().fn_type(&params, false);
    cx.module
        .add_function(&name, ty, Some(Visibility::Internal))
}

/// Defines the body that a pool calls for `callee`: it unpacks what calls share, and keeps the status.
pub(super) fn define<'ctx>(
    cx: Cx<'_, 'ctx>,
    (callee, function): (FuncId, &Function),
    value: FunctionValue<'ctx>,
    machine: &Machine,
) -> Done {
    let body = declare(cx, callee);
    attributes(cx, body, machine);
    let entry = cx.context.append_basic_block(body, "");
    cx.b.position_at_end(entry);
    let params = body.get_params();
    let &[data, index, worker] = params.as_slice() else {
        return Err(BackendError::internal("a body takes three words"));
    };
    let data: PointerValue<'ctx> = data.into_pointer_value();
    let mut args: Vec<BasicMetadataValueEnum<'ctx>> = vec![index.into(), worker.into()];
    // The first word is where statuses go.
    for (position, &param) in (1..).zip(function.params.iter().skip(2)) {
        let at = cx.offset(data, position * 8)?;
        let ty = param_type(cx, function.ty(param));
        args.push(cx.b.build_load(ty, at, "")?.into());
    }
    let call = cx.b.build_call(value, &args, "")?;
    let status = call.try_as_basic_value().basic();
    let status = status.ok_or_else(|| BackendError::internal("a function gives no status"))?;
    let statuses = cx.b.build_load(cx.pointer_type(), data, "")?;
    let statuses = statuses.into_pointer_value();
    let ty = cx.context.i32_type();
    let place = cx.element(statuses, index.into_int_value(), ty)?;
    cx.b.build_store(place, status)?;
    cx.b.build_return(None)?;
    Ok(())
}

impl Translator<'_, '_> {
    pub(super) fn fork(&mut self, fork: &Fork) -> Done {
        let mut shared = vec![fork.statuses];
        shared.extend(&fork.args);
        let data = self.packed(&shared)?;
        let body = declare(self.cx, fork.callee);
        let body = body.as_global_value().as_pointer_value();
        let (pool, count) = (self.pointer(fork.pool)?, self.int(fork.count)?);
        let b = self.cx.b;
        let pointer = self.cx.pointer_type();
        let member = |offset: u32| {
            let at = self.cx.offset(pool, i64::from(offset))?;
            Ok::<_, BackendError>(b.build_load(pointer, at, "")?.into_pointer_value())
        };
        let (context, function) = (member(Fork::CONTEXT)?, member(Fork::PARALLEL_FOR)?);
        let word = self.cx.context.i64_type();
        let params = [pointer.into(), word.into(), pointer.into(), pointer.into()];
        let ty = self.cx.context.void_type().fn_type(&params, false);
        let args = [context.into(), count.into(), body.into(), data.into()];
        b.build_indirect_call(ty, function, &args, "")?;
        Ok(())
    }
}
