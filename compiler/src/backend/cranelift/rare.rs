//! Rare arms that are functions of their own: their definition, and their calls.
//!
//! A few numbers are passed and given as numbers. What else arms take and give lies on the caller's stack:
//! `void arm(void *values)`, the results in the place of the parameters.

use cranelift_codegen::ir::{
    AbiParam, BlockArg, InstBuilder, MemFlagsData, Signature, StackSlot, StackSlotData,
    StackSlotKind, Value, types,
};
use cranelift_module::{FuncId, Linkage, Module};
use dfn_ir::loops::{Function, If, Var};

use super::function::{Done, Lanes, Translator};
use super::scalar::machine_type;
use crate::backend::BackendError;
use crate::backend::rare::{Rare, Sites, taken};

/// The arms of one function that are taken out, and all functions made of arms.
#[derive(Clone, Copy, Default)]
pub(super) struct Taken<'a> {
    pub(super) sites: Option<&'a Sites>,
    pub(super) arms: &'a [FuncId],
}

/// The most that an arm takes and gives as numbers: what every calling convention has registers for.
const FEW: [usize; 2] = [6, 2];

/// Whether an arm takes and gives numbers.
fn by_value(function: &Function, params: &[Var], results: &[Var]) -> bool {
    let [most_params, most_results] = FEW;
    let mut all = params.iter().chain(results);
    let one = |&var: &Var| function.value_ty(var).is_some_and(|ty| ty.lanes == 1);
    params.len() <= most_params && results.len() <= most_results && all.all(one)
}

/// What the function of an arm takes and gives.
pub(super) fn signature(module: &dyn Module, function: &Function) -> Signature {
    let mut signature = module.make_signature();
    let yields = &function.body.yields;
    if !by_value(function, &function.params, yields) {
        signature.params.push(AbiParam::new(types::I64));
        return signature;
    }
    let types = |vars: &[Var]| -> Vec<AbiParam> {
        let types = vars.iter().filter_map(|&var| function.value_ty(var));
        let types = types.map(|ty| AbiParam::new(machine_type(ty.dtype)));
        types.collect()
    };
    signature.params = types(&function.params);
    signature.returns = types(yields);
    signature
}

/// Declares a function for each arm.
pub(super) fn declare(module: &mut dyn Module, rare: &Rare) -> Result<Vec<FuncId>, BackendError> {
    let made = rare.arms.iter().enumerate().map(|(number, arm)| {
        let signature = signature(module, &arm.function);
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
        let function = self.function;
        if by_value(function, &function.params, &function.body.yields) {
            let values = self.b.block_params(entry).to_vec();
            for (&param, value) in function.params.iter().zip(values) {
                self.define(param, [value].into_iter().collect());
            }
            return self.end_arm(None);
        }
        let &[values] = self.b.block_params(entry) else {
            return Err(BackendError::internal("a rare arm takes one address"));
        };
        let mut offset = 0;
        for &param in &function.params {
            let lanes = self.unpack(param, &mut offset, values);
            self.define(param, lanes);
        }
        self.end_arm(Some(values))
    }

    /// The body of an arm, and its results: in memory, or returned.
    fn end_arm(mut self, memory: Option<Value>) -> Done {
        let function = self.function;
        if !self.block(&function.body)? {
            return Err(BackendError::internal("a rare arm returns"));
        }
        let results = self.all_lanes(&function.body.yields);
        if let Some(memory) = memory {
            self.pack(&results, memory);
            self.b.ins().return_(&[]);
        } else {
            self.b.ins().return_(&results);
        }
        self.b.seal_all_blocks();
        let config = self.module.target_config();
        self.b.finalize(config);
        Ok(())
    }

    fn pack(&mut self, values: &[Value], memory: Value) {
        let mut offset = 0;
        for &value in values {
            let flags = MemFlagsData::trusted();
            self.b.ins().store(flags, value, memory, offset);
            offset += self.stride(value);
        }
    }

    fn all_lanes(&mut self, vars: &[Var]) -> Vec<Value> {
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
        let Some((site, &callee)) = taken(inner, self.rare.sites, self.rare.arms) else {
            return Ok(None);
        };
        let args = self.all_lanes(&site.args);
        let callee = self.module.declare_func_in_func(callee, self.b.func);
        if by_value(self.function, &site.args, &inner.results) {
            let call = self.b.ins().call(callee, &args);
            let results = self.b.inst_results(call).iter().copied();
            return Ok(Some(results.map(BlockArg::Value).collect()));
        }
        let slot = self.rare_slot();
        let values = self.b.ins().stack_addr(types::I64, slot, 0);
        self.pack(&args, values);
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
