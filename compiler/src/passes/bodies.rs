//! The way to the bodies of functions, for passes that change instructions in place.

use super::simplify::effects::Effects;
use dfn_ir::Module;
use dfn_ir::function::{Block, Function};

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
