//! Which calls have effects: those of functions that contain one.

use super::super::inline::callees_first;
use crate::passes::hash::FxHashMap;
use dfn_ir::function::{FuncId, Function, InstData};
use dfn_ir::op::Effect;
use dfn_ir::{Module, Op};

/// The effect of calling each function.
pub(in crate::passes) struct Effects {
    of: FxHashMap<FuncId, Effect>,
}

impl Effects {
    /// The effects of all functions of `module`.
    pub(in crate::passes) fn of(module: &Module) -> Effects {
        let mut effects = Effects {
            of: FxHashMap::default(),
        };
        for id in callees_first(module) {
            let func = module.get(id);
            let mut worst = Effect::Pure;
            func.walk(&func.body, &mut |_, data| {
                worst = join(worst, effects.of_op(&data.op))
            });
            effects.of.insert(id, worst);
        }
        effects
    }

    /// Whether neither an instruction nor anything in its regions has an effect.
    pub(in crate::passes) fn is_pure(&self, func: &Function, data: &InstData) -> bool {
        let mut pure = self.of_op(&data.op) == Effect::Pure;
        for inner in &data.blocks {
            func.walk(inner, &mut |_, data| {
                pure &= self.of_op(&data.op) == Effect::Pure
            });
        }
        pure
    }

    /// The effect of an instruction, its regions not counted.
    pub(in crate::passes) fn of_op(&self, op: &Op) -> Effect {
        match op {
            Op::Call(call) => self.of.get(&call.func).copied().unwrap_or(Effect::Output),
            op => op.effect(),
        }
    }
}

fn join(a: Effect, b: Effect) -> Effect {
    match (a, b) {
        (Effect::Output, _) | (_, Effect::Output) => Effect::Output,
        (Effect::Check, _) | (_, Effect::Check) => Effect::Check,
        _ => Effect::Pure,
    }
}
