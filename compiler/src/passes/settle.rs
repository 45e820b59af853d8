//! The pass `settle`: what only differentiation looks at goes.
//!
//! Before: no derivative is left to be made. After: no `stop`, no rule, no checkpoint. Why here: once, after the last derivative,
//! so that nothing of it is left in the code.

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::{FuncId, Module, Op, RuleError, Span, TypeError};
use std::collections::HashSet;

/// Runs the pass.
pub(crate) fn settle(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    for id in module.ids() {
        let marks = &mut module.get_mut(id).marks;
        (marks.rule, marks.checkpoint, marks.snapshots) = (None, false, None);
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

/// Refuses a program that would compute what no rule gives, in one of `roots` or in what these call.
pub(crate) fn refuse_absent(module: &Module, roots: &[FuncId]) -> Result<(), PassError> {
    let mut seen: HashSet<FuncId> = roots.iter().copied().collect();
    // With each function the place where it is called, if that is known.
    let mut todo: Vec<(FuncId, Span)> = roots.iter().map(|&id| (id, Span::default())).collect();
    while let Some((id, place)) = todo.pop() {
        let func = module.get(id);
        let mut found = None;
        func.walk(&func.body, &mut |_, data| {
            let span = match place == Span::default() {
                true => data.span,
                false => place,
            };
            match &data.op {
                Op::Absent(absent) => found = Some((absent.reason.to_string(), span)),
                Op::Call(call) if seen.insert(call.func) => todo.push((call.func, span)),
                _ => {}
            }
        });
        if let Some((reason, span)) = found {
            return Err(RuleError::NoForward { reason, span }.into());
        }
    }
    Ok(())
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
