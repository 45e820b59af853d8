//! All functions of a program, their attributes, and the trampolines of the JIT.

use cranelift_entity::PrimaryMap;
use dfn_ir::loops::{Block, FuncId, Function, Linkage, Program, Stmt, Var, VarTy};
use inkwell::AddressSpace;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::builder::Builder;
use inkwell::context::Context;
use inkwell::module::{Linkage as Visibility, Module};
use inkwell::types::{BasicMetadataTypeEnum, BasicTypeEnum, FunctionType};
use inkwell::values::{BasicMetadataValueEnum, FunctionValue};

use super::function::Translator;
use super::rare::Taken;
use super::target::Machine;
use crate::backend::BackendError;
use crate::backend::forked;
use crate::backend::host::HostSites;
use crate::backend::jit::exported;
use crate::backend::rare::{MIDDLING, Rare};

/// The functions of the program in the module.
pub(super) type Functions<'ctx> = PrimaryMap<FuncId, FunctionValue<'ctx>>;

/// What all parts of the translation need.
#[derive(Clone, Copy)]
pub(super) struct Cx<'a, 'ctx> {
    pub(super) context: &'ctx Context,
    pub(super) module: &'a Module<'ctx>,
    pub(super) b: &'a Builder<'ctx>,
}

/// The module of a program. With `sites` it may call the host, and has trampolines.
pub(super) fn build<'ctx>(
    context: &'ctx Context,
    program: &Program,
    machine: &Machine,
    sites: Option<&mut HostSites>,
) -> Result<Module<'ctx>, BackendError> {
    let module = context.create_module("dfn");
    module.set_triple(&machine.triple);
    module.set_data_layout(&machine.machine.get_target_data().get_data_layout());
    let builder = context.create_builder();
    let cx = Cx {
        context,
        module: &module,
        b: &builder,
    };
    let mut functions = Functions::new();
    for function in program.functions.values() {
        functions.push(declare(cx, function, machine));
    }
    let trampolines = sites.is_some();
    let mut none = HostSites::default();
    let sites = sites.unwrap_or(&mut none);
    bodies(cx, (program, machine), &functions, sites)?;
    for callee in forked(program) {
        if let (Some(function), Some(&value)) =
            (program.functions.get(callee), functions.get(callee))
        {
            super::fork::define(cx, (callee, function), value, machine)?;
        }
    }
    if trampolines {
        for (function, symbol) in exported(program) {
            trampoline(cx, function, &symbol, machine)?;
        }
    }
    Ok(module)
}

/// The bodies of the functions, and of rare arms that are functions.
fn bodies<'ctx>(
    cx: Cx<'_, 'ctx>,
    (program, machine): (&Program, &Machine),
    functions: &Functions<'ctx>,
    sites: &mut HostSites,
) -> Result<(), BackendError> {
    let rare = Rare::of(program, MIDDLING);
    let arms = super::rare::declare(cx, &rare, machine);
    for ((source, function), &value) in program.functions.iter().zip(functions.values()) {
        let rare = Taken {
            sites: rare.sites.get(source),
            arms: &arms,
        };
        Translator::new(cx, function, functions, value, sites, rare).run()?;
    }
    for (arm, &value) in rare.arms.iter().zip(&arms) {
        let (function, taken) = (&arm.function, Taken::default());
        Translator::new(cx, function, functions, value, sites, taken).run_arm()?;
    }
    Ok(())
}

fn declare<'ctx>(cx: Cx<'_, 'ctx>, function: &Function, machine: &Machine) -> FunctionValue<'ctx> {
    let visibility = match function.linkage {
        Linkage::Export => Visibility::External,
        Linkage::Local => Visibility::Internal,
    };
    let ty = signature(cx, function);
    let value = cx.module.add_function(&function.name, ty, Some(visibility));
    attributes(cx, value, machine);
    if function.linkage == Linkage::Local && short(&function.body).is_some() {
        value.add_attribute(AttributeLoc::Function, flag(cx, "alwaysinline", 0));
    }
    for (position, &param) in (0..).zip(&function.params) {
        param_attributes(cx, function, value, position, param);
    }
    value
}

/// Straight code of fewer statements is not called, but written where it is needed: what an export
/// computes then stands in both forms of it.
const SHORT: usize = 256;

/// The number of statements, if they are few and run once.
fn short(block: &Block) -> Option<usize> {
    let mut total = block.stmts.len();
    for stmt in &block.stmts {
        if matches!(stmt, Stmt::For(_) | Stmt::While(_) | Stmt::Fork(_)) {
            return None;
        }
        for inner in stmt.blocks() {
            total += short(inner)?;
        }
    }
    (total < SHORT).then_some(total)
}

pub(super) fn flag(cx: Cx<'_, '_>, name: &str, value: u64) -> Attribute {
    let kind = Attribute::get_named_enum_kind_id(name);
    cx.context.create_enum_attribute(kind, value)
}

pub(super) fn attributes(cx: Cx<'_, '_>, value: FunctionValue<'_>, machine: &Machine) {
    let text = |name: &str, text: &str| cx.context.create_string_attribute(name, text);
    let wide = if machine.features.contains("+avx512f") {
        "512"
    } else {
        "256"
    };
    for attribute in [
        flag(cx, "nounwind", 0),
        text("no-builtins", ""),
        text("target-cpu", &machine.cpu),
        text("target-features", &machine.features),
        text("prefer-vector-width", wide),
    ] {
        value.add_attribute(AttributeLoc::Function, attribute);
    }
}

/// `noalias` promises more than a class: no access but through this parameter. So it is given only if no
/// other variable has the class.
fn param_attributes(
    cx: Cx<'_, '_>,
    function: &Function,
    value: FunctionValue<'_>,
    position: u32,
    param: Var,
) {
    let Some(data) = function.vars.get(param) else {
        return;
    };
    let facts = data.facts;
    let shared = function
        .vars
        .iter()
        .any(|(var, data)| var != param && data.facts.class == facts.class);
    let mut given = Vec::new();
    if facts.class != 0 && !shared {
        given.push(flag(cx, "noalias", 0));
    }
    if facts.readonly {
        given.push(flag(cx, "readonly", 0));
    }
    let natural = data.ty.buffer().map_or(1, |dtype| dtype.bytes());
    if data.ty.value().is_none() {
        let align = if facts.align == 0 {
            natural
        } else {
            facts.align
        };
        given.push(flag(cx, "align", u64::from(align)));
    }
    for attribute in given {
        value.add_attribute(AttributeLoc::Param(position), attribute);
    }
}

/// How a parameter is passed: a truth value as a byte.
pub(super) fn param_type<'ctx>(cx: Cx<'_, 'ctx>, ty: VarTy) -> BasicTypeEnum<'ctx> {
    match ty {
        VarTy::Value(ty) => cx.memory_type(ty.dtype, 1),
        VarTy::Buffer(_) | VarTy::Pointer => cx.pointer_type().into(),
    }
}

fn signature<'ctx>(cx: Cx<'_, 'ctx>, function: &Function) -> FunctionType<'ctx> {
    let params: Vec<BasicMetadataTypeEnum<'ctx>> = function
        .params
        .iter()
        .map(|&param| param_type(cx, function.ty(param)).into())
        .collect();
    cx.context.i32_type().fn_type(&params, false)
}

/// `i32 symbol(const uint64_t *args)`, which calls `function` with its arguments unpacked.
fn trampoline<'ctx>(
    cx: Cx<'_, 'ctx>,
    function: &Function,
    symbol: &str,
    machine: &Machine,
) -> Result<(), BackendError> {
    let pointer = cx.context.ptr_type(AddressSpace::default());
    let ty = cx.context.i32_type().fn_type(&[pointer.into()], false);
    let value = cx.module.add_function(symbol, ty, None);
    attributes(cx, value, machine);
    let entry = cx.context.append_basic_block(value, "");
    cx.b.position_at_end(entry);
    let words = value
        .get_first_param()
        .ok_or_else(|| BackendError::internal("a trampoline has no parameter"))?
        .into_pointer_value();
    let mut args: Vec<BasicMetadataValueEnum<'ctx>> = Vec::new();
    for (position, &param) in (0..).zip(&function.params) {
        // A number lies in the low bytes of its word.
        let at = cx.offset(words, position * 8)?;
        let ty = param_type(cx, function.ty(param));
        args.push(cx.b.build_load(ty, at, "")?.into());
    }
    let callee = cx
        .module
        .get_function(&function.name)
        .ok_or_else(|| BackendError::internal("a function was not declared"))?;
    let status =
        cx.b.build_call(callee, &args, "")?
            .try_as_basic_value()
            .basic()
            .ok_or_else(|| BackendError::internal("a function gives no status"))?;
    cx.b.build_return(Some(&status))?;
    Ok(())
}
