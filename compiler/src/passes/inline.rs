//! The pass `inline`: calls of small functions, and of functions with one call, become their bodies.
//!
//! Before and after: any module. Why here: before differentiation, so that fewer functions are derived;
//! after it, so that primal and derivative share what they compute. A function stays a call when it is
//! neither small nor called once, so code does not grow exponentially with depth. A function that computes
//! the size of a result is inlined always.

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::function::{FuncId, Function};
use dfn_ir::{Module, Op, TypeError};
use std::collections::HashMap;

/// A function of at most so many instructions is inlined wherever it is called.
const SMALL: usize = 24;

/// Runs the pass. Callees before callers, so that what is spliced in is inlined already.
pub(crate) fn inline(module: &mut Module, _: &mut State) -> Result<(), PassError> {
    let calls = count_calls(module);
    for id in callees_first(module) {
        let source = module.get(id).clone();
        let mut rule = Inline {
            module,
            calls: &calls,
        };
        let made = rewrite(&source, &mut rule)?;
        module.replace(id, made);
    }
    Ok(())
}

/// How often each function is named, by a call or a derivative.
fn count_calls(module: &Module) -> HashMap<FuncId, usize> {
    let mut calls = HashMap::new();
    for id in module.ids() {
        for callee in dfn_ir::verify::calls::callees(module, id) {
            *calls.entry(callee).or_insert(0) += 1;
        }
    }
    calls
}

/// All functions, each after those that it calls.
pub(crate) fn callees_first(module: &Module) -> Vec<FuncId> {
    let mut order = Vec::new();
    let mut done = std::collections::HashSet::new();
    for root in module.ids() {
        let mut stack = vec![(root, false)];
        while let Some((id, leaving)) = stack.pop() {
            if leaving {
                order.push(id);
            } else if done.insert(id) {
                stack.push((id, true));
                let callees = dfn_ir::verify::calls::callees(module, id);
                stack.extend(callees.into_iter().map(|callee| (callee, false)));
            }
        }
    }
    order
}

/// The number of instructions, those in regions included.
pub(crate) fn length(func: &Function) -> usize {
    let mut n = 0;
    func.walk(&func.body, &mut |_, _| n += 1);
    n
}

/// Whether a result has a size that the caller cannot know before the call. Such a function is always
/// inlined: compiled code makes room for results before it calls.
fn computes_sizes(func: &Function) -> bool {
    let params = &func.body.params;
    let results = func.body.results.iter();
    results
        .flat_map(|&v| func.ty(v).values())
        .any(|size| !params.contains(&size))
}

struct Inline<'a> {
    module: &'a Module,
    calls: &'a HashMap<FuncId, usize>,
}

impl Inline<'_> {
    fn is_inlined(&self, id: FuncId, callee: &Function) -> bool {
        if callee.marks.is_whole() {
            return false;
        }
        match callee.marks.inline {
            dfn_ir::Inline::Always => true,
            dfn_ir::Inline::Never => computes_sizes(callee),
            dfn_ir::Inline::Auto => {
                let once = self.calls.get(&id) == Some(&1);
                once || length(callee) <= SMALL || computes_sizes(callee)
            }
        }
    }
}

impl Rule for Inline<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        let Op::Call(call) = &site.data.op else {
            return Ok(Made::Copy);
        };
        let callee = self.module.get(call.func);
        if !self.is_inlined(call.func, callee) {
            return Ok(Made::Copy);
        }
        cx.splice(callee, &site.sizes, &site.args, &mut CopyAll)
            .map(Made::Values)
    }
}

/// Copies everything.
pub(super) struct CopyAll;

impl Rule for CopyAll {
    fn inst(&mut self, _: &mut Rewriter, _: &Found<'_>) -> Result<Made, TypeError> {
        Ok(Made::Copy)
    }
}
