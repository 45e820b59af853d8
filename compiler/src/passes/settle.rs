//! The pass `settle`: what only differentiation looks at goes.
//!
//! Before: no derivative is left to be made. After: no `stop`, no rule, no checkpoint. Why here: once, after the last derivative,
//! so that nothing of it is left in the code.

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::{Module, Op, TypeError};

/// Runs the pass.
pub(crate) fn settle(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    for id in module.ids() {
        let marks = &mut module.get_mut(id).marks;
        (marks.rule, marks.checkpoint) = (None, false);
        let source = module.get(id).clone();
        let mut stops = false;
        source.walk(&source.body, &mut |_, data| stops |= is_stop(&data.op));
        if stops {
            let made = rewrite(&source, &mut Settle)?;
            module.replace(id, made);
        }
    }
    Ok(())
}

fn is_stop(op: &Op) -> bool {
    matches!(op, Op::Stop(_))
}

struct Settle;

impl Rule for Settle {
    fn inst(&mut self, _: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        match is_stop(&site.data.op) {
            true => Ok(Made::Values(site.args.to_vec())),
            false => Ok(Made::Copy),
        }
    }
}
