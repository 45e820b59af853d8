//! The way to all functions of a module, for passes that change instructions in place, and for those that
//! rewrite few functions.

use super::rewrite::{Rule, rewrite};
use super::simplify::{dead, effects::Effects};
use dfn_ir::function::{Block, Function};
use dfn_ir::{Module, TypeError};

/// Gives the body of each function to `change`, with what its module does besides giving results.
pub(super) fn each_body(module: &mut Module, change: impl Fn(&mut Function, &Effects, &mut Block)) {
    let effects = Effects::of(module);
    for id in module.ids() {
        let func = module.get_mut(id);
        let mut body = std::mem::take(&mut func.body);
        change(func, &effects, &mut body);
        func.body = body;
    }
}

/// Rewrites each function by a rule of its own, made by `rule`; where it has `changed` something, what is made
/// takes the place of the function, without what nothing needs.
pub(super) fn rewrite_each<R: Rule>(
    module: &mut Module,
    effects: &Effects,
    rule: impl Fn() -> R,
    changed: impl Fn(&R) -> bool,
) -> Result<(), TypeError> {
    for id in module.ids() {
        let mut rule = rule();
        let mut made = rewrite(module.get(id), &mut rule)?;
        if changed(&rule) {
            dead::remove(&mut made, effects);
            module.replace(id, made);
        }
    }
    Ok(())
}
