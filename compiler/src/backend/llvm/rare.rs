//! Rare arms that are functions of their own: their definition, and their calls.
//!
//! They compute with values alone, so a call is an instruction like others to the passes; it is not taken
//! back into its caller. Results are the members of a struct, truth values as bits.

use dfn_ir::loops::{Function, If};
use inkwell::attributes::AttributeLoc;
use inkwell::module::Linkage as Visibility;
use inkwell::types::{BasicMetadataTypeEnum, BasicTypeEnum};
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, FunctionValue};

use super::function::{Done, Translator};
use super::module::{Cx, attributes, flag};
use super::target::Machine;
use crate::backend::BackendError;
use crate::backend::rare::{Rare, Sites, taken};

/// The arms of one function that are taken out, and all functions made of arms.
#[derive(Clone, Copy, Default)]
pub(super) struct Taken<'a, 'ctx> {
    pub(super) sites: Option<&'a Sites>,
    pub(super) arms: &'a [FunctionValue<'ctx>],
}

/// LLVM's number of the calling convention that internal functions have.
const FAST: u32 = 8;

/// Declares a function for each arm.
pub(super) fn declare<'ctx>(
    cx: Cx<'_, 'ctx>,
    rare: &Rare,
    machine: &Machine,
) -> Vec<FunctionValue<'ctx>> {
    let arms = rare.arms.iter().enumerate();
    let made = arms.map(|(number, arm)| {
        let function = &arm.function;
        let types = |vars: &[dfn_ir::loops::Var]| -> Vec<BasicTypeEnum<'ctx>> {
            let types = vars.iter().filter_map(|&var| function.value_ty(var));
            types.map(|ty| cx.value_type(ty.dtype, ty.lanes)).collect()
        };
        let params = types(&function.params).into_iter();
        let params: Vec<BasicMetadataTypeEnum<'ctx>> = params.map(Into::into).collect();
        let result = cx.context.struct_type(&types(&function.body.yields), false);
        let ty = inkwell::types::BasicType::fn_type(&result, &params, false);
        let name = format!("dfn.rare.{number}");
        let value = cx
            .module
            .add_function(&name, ty, Some(Visibility::Internal));
        value.set_call_conventions(FAST);
        attributes(cx, value, machine);
        // `memory(none)` is the number 0.
        let cold = arm.seldom.then_some("cold");
        for name in ["noinline", "willreturn", "memory"].into_iter().chain(cold) {
            value.add_attribute(AttributeLoc::Function, flag(cx, name, 0));
        }
        value
    });
    made.collect()
}

impl<'ctx> Translator<'_, 'ctx> {
    /// Translates the whole function of an arm.
    pub(super) fn run_arm(mut self) -> Done {
        let entry = self.append("");
        self.cx.b.position_at_end(entry);
        let function: &Function = self.function;
        for (&param, value) in function.params.iter().zip(self.value.get_param_iter()) {
            self.define(param, value);
        }
        if !self.block(&function.body)? {
            return Err(BackendError::internal("a rare arm returns"));
        }
        let yields = function.body.yields.iter().map(|&var| self.get(var));
        let yields = yields.collect::<Result<Vec<_>, _>>()?;
        self.cx.b.build_aggregate_return(&yields)?;
        Ok(())
    }

    /// The results of the first arm of a branch, if it is a function of its own: those of the call.
    pub(super) fn taken_out(
        &self,
        inner: &If,
    ) -> Result<Option<Vec<BasicValueEnum<'ctx>>>, BackendError> {
        let Some((site, &callee)) = taken(inner, self.rare.sites, self.rare.arms) else {
            return Ok(None);
        };
        let args = site.args.iter().map(|&arg| Ok(self.get(arg)?.into()));
        let args = args.collect::<Result<Vec<BasicMetadataValueEnum<'ctx>>, BackendError>>()?;
        let call = self.cx.b.build_call(callee, &args, "")?;
        call.set_call_convention(FAST);
        let all = call.try_as_basic_value().basic();
        let all = all.ok_or_else(|| BackendError::internal("a rare arm gives nothing"))?;
        let all = all.into_struct_value();
        let members = (0..).zip(&inner.results);
        let members = members.map(|(at, _)| Ok(self.cx.b.build_extract_value(all, at, "")?));
        members.collect::<Result<_, BackendError>>().map(Some)
    }
}
