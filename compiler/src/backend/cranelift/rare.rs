//! Rare arms that are functions of their own: their definition, and their calls.
//!
//! What they take and give lies on the caller's stack: `void arm(void *values)`, the results in the place
//! of the parameters.

use cranelift_codegen::ir::{
    AbiParam, BlockArg, InstBuilder, MemFlagsData, Signature, StackSlot, StackSlotData,
    StackSlotKind, Value, types,
};
use cranelift_module::{FuncId, Linkage, Module};
use dfn_ir::loops::{If, Var};

use super::function::{Done, Lanes, Translator};
use super::scalar::machine_type;
use crate::backend::BackendError;
use crate::backend::rare::{Rare, Sites};

/// The arms of one function that are taken out, and all functions made of arms.
#[derive(Clone, Copy, Default)]
pub(super) struct Taken<'a> {
    pub(super) sites: Option<&'a Sites>,
    pub(super) arms: &'a [FuncId],
}

/// `void arm(void *values)`
pub(super) fn signature(module: &dyn Module) -> Signature {
    let mut signature = module.make_signature();
    signature.params.push(AbiParam::new(types::I64));
    signature
}

/// Declares a function for each arm.
pub(super) fn declare(module: &mut dyn Module, rare: &Rare) -> Result<Vec<FuncId>, BackendError> {
    let signature = signature(module);
    let made = (0..rare.arms.len()).map(|number| {
        let name = format!("dfn.rare.{number}");
        module
            .declare_function(&name, Linkage::Local, &signature)
            .map_err(BackendError::internal)
    });
    made.collect()
}

impl Translator<'_, '_> {
    /// Translates the whole function of an arm.
    pub(super) fn run_arm(mut self) -> Done {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        let &[values] = self.b.block_params(entry) else {
            return Err(BackendError::internal("a rare arm takes one address"));
        };
        let function = self.function;
        let mut offset = 0;
        for &param in &function.params {
            let lanes = self.unpack(param, &mut offset, values);
            self.define(param, lanes);
        }
        if !self.block(&function.body)? {
            return Err(BackendError::internal("a rare arm returns"));
        }
        let mut offset = 0;
        for value in self.all_lanes(&function.body.yields) {
            let flags = MemFlagsData::trusted();
            self.b.ins().store(flags, value, values, offset);
            offset += self.stride(value);
        }
        self.b.ins().return_(&[]);
        self.b.seal_all_blocks();
        let config = self.module.target_config();
        self.b.finalize(config);
        Ok(())
    }

    fn all_lanes(&self, vars: &[Var]) -> Vec<Value> {
        vars.iter().flat_map(|&var| self.lanes(var)).collect()
    }

    /// The bytes that a lane takes: all are aligned as the widest is.
    fn stride(&self, value: Value) -> i32 {
        self.b.func.dfg.value_type(value).bytes().max(8) as i32
    }

    /// The lanes of a variable, read from where they lie.
    fn unpack(&mut self, var: Var, offset: &mut i32, from: Value) -> Lanes {
        let ty = machine_type(self.dtype(var));
        let lanes = (0..self.width(var)).map(|_| {
            let flags = MemFlagsData::trusted();
            let value = self.b.ins().load(ty, flags, from, *offset);
            *offset += ty.bytes().max(8) as i32;
            value
        });
        lanes.collect()
    }

    /// The results of the first arm of a branch, if it is a function of its own: those of the call.
    pub(super) fn taken_out(&mut self, inner: &If) -> Result<Option<Vec<BlockArg>>, BackendError> {
        let sites = inner.results.first().zip(self.rare.sites);
        let site = sites.and_then(|(first, sites)| sites.get(first));
        let Some((site, &callee)) =
            site.and_then(|site| Some((site, self.rare.arms.get(site.arm)?)))
        else {
            return Ok(None);
        };
        let args = self.all_lanes(&site.args);
        let slot = self.rare_slot();
        let values = self.b.ins().stack_addr(types::I64, slot, 0);
        let flags = MemFlagsData::trusted();
        let mut offset = 0;
        for value in args {
            self.b.ins().store(flags, value, values, offset);
            offset += self.stride(value);
        }
        let callee = self.module.declare_func_in_func(callee, self.b.func);
        self.b.ins().call(callee, &[values]);
        let mut results = Vec::new();
        let mut offset = 0;
        for &result in &inner.results {
            let lanes = self.unpack(result, &mut offset, values);
            results.extend(lanes.into_iter().map(BlockArg::Value));
        }
        Ok(Some(results))
    }

    /// Room for what any arm of this function takes and gives.
    fn rare_slot(&mut self) -> StackSlot {
        *self.slot.get_or_insert_with(|| {
            let sites = self.rare.sites.into_iter().flat_map(|sites| sites.values());
            let bytes = sites.map(|site| site.bytes).max().unwrap_or(0);
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3);
            self.b.create_sized_stack_slot(slot)
        })
    }
}
