//! All functions of a program, and the trampolines of the JIT.

use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, UserFuncName, types};
use cranelift_entity::PrimaryMap;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module};
use dfn_ir::loops::{self, Function, Program, VarTy};

use super::function::Translator;
use super::rare::Taken;
use super::scalar::machine_type;
use crate::backend::BackendError;
use crate::backend::forked;
use crate::backend::host::HostSites;
use crate::backend::jit::exported;
use crate::backend::rare::{Rare, SHORT};

/// The functions of the program in the module.
pub(super) type Functions = PrimaryMap<loops::FuncId, FuncId>;

/// Defines every function, and with `trampolines` one for each exported function: their symbols.
pub(super) fn define(
    module: &mut dyn Module,
    program: &Program,
    sites: &mut HostSites,
    trampolines: bool,
) -> Result<Vec<(String, FuncId)>, BackendError> {
    let functions = declare(module, program)?;
    let mut context = module.make_context();
    let mut scratch = FunctionBuilderContext::new();
    let rare = Rare::of(program, SHORT);
    let arms = super::rare::declare(module, &rare)?;
    for ((source, function), &id) in program.functions.iter().zip(functions.values()) {
        context.func.signature = signature(module, function);
        context.func.name = UserFuncName::user(0, id.as_u32());
        let builder = FunctionBuilder::new(&mut context.func, &mut scratch);
        let rare = Taken {
            sites: rare.sites.get(source),
            arms: &arms,
        };
        Translator::new(module, function, &functions, sites, builder, rare).run()?;
        finish(module, &mut context, id)?;
    }
    for (arm, &id) in rare.arms.iter().zip(&arms) {
        context.func.signature = super::rare::signature(module, &arm.function);
        context.func.name = UserFuncName::user(0, id.as_u32());
        let builder = FunctionBuilder::new(&mut context.func, &mut scratch);
        let (function, none) = (&arm.function, Taken::default());
        Translator::new(module, function, &functions, sites, builder, none).run_arm()?;
        finish(module, &mut context, id)?;
    }
    for callee in forked(program) {
        if let (Some(function), Some(&id)) = (program.functions.get(callee), functions.get(callee))
        {
            let inner = signature(module, function);
            let bodies = (&mut context, &mut scratch);
            super::fork::define(module, bodies, (callee, id), &inner)?;
        }
    }
    let mut symbols = Vec::new();
    if trampolines {
        for (function, symbol) in exported(program) {
            let callee = program
                .find(&function.name)
                .and_then(|id| functions.get(id))
                .ok_or_else(|| BackendError::internal("a function was not declared"))?;
            let id = trampoline(
                module,
                &mut context,
                &mut scratch,
                function,
                (*callee, &symbol),
            )?;
            symbols.push((symbol, id));
        }
    }
    Ok(symbols)
}

fn declare(module: &mut dyn Module, program: &Program) -> Result<Functions, BackendError> {
    let mut functions = Functions::new();
    for function in program.functions.values() {
        let linkage = match function.linkage {
            loops::Linkage::Export => Linkage::Export,
            loops::Linkage::Local => Linkage::Local,
        };
        let signature = signature(module, function);
        let id = module
            .declare_function(&function.name, linkage, &signature)
            .map_err(BackendError::internal)?;
        functions.push(id);
    }
    Ok(functions)
}

pub(super) fn finish(
    module: &mut dyn Module,
    context: &mut Context,
    id: FuncId,
) -> Result<(), BackendError> {
    module
        .define_function(id, context)
        .map_err(|error| BackendError::internal(format!("{error:?}")))?;
    module.clear_context(context);
    Ok(())
}

/// Scalars as they are, addresses as integers; the result is the status.
fn signature(module: &dyn Module, function: &Function) -> Signature {
    let mut signature = module.make_signature();
    for &param in &function.params {
        let ty = match function.ty(param) {
            VarTy::Value(ty) => machine_type(ty.dtype),
            VarTy::Buffer(_) | VarTy::Pointer => types::I64,
        };
        signature.params.push(AbiParam::new(ty));
    }
    signature.returns.push(AbiParam::new(types::I32));
    signature
}

/// `i32 symbol(const uint64_t *args)`, which calls `function` with its arguments unpacked.
fn trampoline(
    module: &mut dyn Module,
    context: &mut Context,
    scratch: &mut FunctionBuilderContext,
    function: &Function,
    (callee, symbol): (FuncId, &str),
) -> Result<FuncId, BackendError> {
    let mut own = module.make_signature();
    own.params.push(AbiParam::new(types::I64));
    own.returns.push(AbiParam::new(types::I32));
    let id = module
        .declare_function(symbol, Linkage::Export, &own)
        .map_err(BackendError::internal)?;
    let inner = signature(module, function);
    context.func.signature = own;
    context.func.name = UserFuncName::user(0, id.as_u32());
    let callee = module.declare_func_in_func(callee, &mut context.func);
    let mut builder = FunctionBuilder::new(&mut context.func, scratch);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let words = builder.block_params(block).to_vec();
    let mut args = Vec::new();
    for (position, param) in inner.params.iter().enumerate() {
        let offset = i32::try_from(position * 8).map_err(BackendError::internal)?;
        // A number lies in the low bytes of its word.
        for &words in &words {
            let flags = MemFlagsData::trusted();
            args.push(builder.ins().load(param.value_type, flags, words, offset));
        }
    }
    let call = builder.ins().call(callee, &args);
    let status = builder.inst_results(call).to_vec();
    builder.ins().return_(&status);
    builder.seal_all_blocks();
    builder.finalize(module.target_config());
    finish(module, context, id)?;
    Ok(id)
}
