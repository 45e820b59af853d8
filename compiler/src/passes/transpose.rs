//! The pass `transpose`: pullbacks of linear functions become calls of transposed functions.
//!
//! Before: `pullback` names a linear function. After: it is a call of `f.bwd`, which gets an accumulator
//! of zeros for each linear array. Why here: after `linearize`, which makes the pullbacks.

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::derive::{Deriver, Memo};
use dfn_ir::function::{FuncId, Value};
use dfn_ir::ops::{AccNew, AccRead};
use dfn_ir::{Module, Op, RuleError, TypeError};

/// Runs the pass.
pub(crate) fn transpose(module: &mut Module, state: &mut State) -> Result<(), PassError> {
    for id in module.ids() {
        let source = module.get(id).clone();
        let mut any = false;
        source.walk(&source.body, &mut |_, data| {
            any |= matches!(data.op, Op::Pullback(_))
        });
        if !any {
            continue;
        }
        let mut rule = Expand {
            module,
            memo: &mut state.memo,
            failed: None,
        };
        let made = rewrite(&source, &mut rule);
        if let Some(error) = rule.failed {
            return Err(error.into());
        }
        module.replace(id, made?);
    }
    Ok(())
}

struct Expand<'a> {
    module: &'a mut Module,
    memo: &'a mut Memo,
    failed: Option<RuleError>,
}

impl Rule for Expand<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        let Op::Pullback(pullback) = &site.data.op else {
            return Ok(Made::Copy);
        };
        if self.failed.is_some() {
            return Ok(Made::Copy);
        }
        match Deriver::new(self.module, self.memo).transpose(pullback.func) {
            Ok(made) => self.replace(cx, site, made.bwd).map(Made::Values),
            Err(RuleError::Internal(error)) => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(Made::Copy)
            }
        }
    }
}

impl Expand<'_> {
    fn replace(
        &self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        bwd: FuncId,
    ) -> Result<Vec<Value>, TypeError> {
        let mut args = site.args.to_vec();
        for ty in site.types.iter().filter(|ty| ty.rank() > 0) {
            let zeros = cx.b.fill(0.0, ty)?;
            args.push(cx.b.op(AccNew, &[zeros])?);
        }
        let inst = cx.b.call(self.module, bwd, &site.sizes, &args)?;
        let outputs = cx.b.results(inst).to_vec();
        let read = |cx: &mut Rewriter, v: Value| match cx.b.ty(v).is_accumulator() {
            true => cx.b.op(AccRead, &[v]),
            false => Ok(v),
        };
        outputs.into_iter().map(|v| read(cx, v)).collect()
    }
}
