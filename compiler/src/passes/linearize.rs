//! The pass `linearize`: calls of forward and reverse derivatives become calls of linearized functions.
//!
//! Before: `jvp` and `vjp` name a function. After: of those whose function contains none themselves,
//! `jvp` is a call of `f.fwd` and of `f.lin`, `vjp` a call of `f.fwd` and a `pullback` of `f.lin`. Why
//! here: innermost first, on closed functions, so that perturbations cannot be confused.

use super::rewrite::{Found, Made, Rewriter, Rule, rewrite};
use super::state::{PassError, State};
use dfn_ir::derive::{Deriver, Linearized, Memo, Residual, check_linear};
use dfn_ir::function::{FuncId, Value};
use dfn_ir::ops::Pullback;
use dfn_ir::ops::transform::Target;
use dfn_ir::{Module, Op, RuleError, Span, TypeError};

/// Runs the pass.
pub(crate) fn linearize(module: &mut Module, state: &mut State) -> Result<(), PassError> {
    let ready: Vec<bool> = module.ids().map(|id| is_expanded(module, id)).collect();
    for id in module.ids() {
        let targets = targets(module, id);
        let is_ready = |t: &Target| ready.get(t.func.as_u32() as usize) == Some(&true);
        if !targets.iter().any(is_ready) {
            continue;
        }
        let source = module.get(id).clone();
        let mut rule = Expand {
            module,
            memo: &mut state.memo,
            ready: &ready,
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

/// The functions that `id` derives.
fn targets(module: &Module, id: FuncId) -> Vec<Target> {
    let func = module.get(id);
    let mut found = Vec::new();
    func.walk(&func.body, &mut |_, data| match &data.op {
        Op::Jvp(op) => found.push(op.target.clone()),
        Op::Vjp(op) => found.push(op.target.clone()),
        _ => {}
    });
    found
}

/// Whether neither `id` nor what it calls contains a derivative to be expanded.
pub(crate) fn is_expanded(module: &Module, id: FuncId) -> bool {
    let mut seen = vec![id];
    let mut next = 0;
    while let Some(&id) = seen.get(next) {
        next += 1;
        let func = module.get(id);
        let mut expanded = true;
        func.walk(&func.body, &mut |_, data| {
            expanded &= !is_derivative(&data.op);
        });
        if !expanded {
            return false;
        }
        for callee in dfn_ir::verify::calls::callees_and_rules(module, id) {
            if !seen.contains(&callee) {
                seen.push(callee);
            }
        }
    }
    true
}

/// Whether it is to be expanded.
fn is_derivative(op: &Op) -> bool {
    matches!(
        op,
        Op::Jvp(_) | Op::Vjp(_) | Op::Pullback(_) | Op::Sparsity(_)
    )
}

/// The derivatives that are still to be made: function, and place in the source.
pub(crate) fn waiting(module: &Module) -> Vec<(FuncId, Span)> {
    let mut found = Vec::new();
    for id in module.ids() {
        let func = module.get(id);
        func.walk(&func.body, &mut |_, data| {
            if is_derivative(&data.op) {
                found.push((id, data.span));
            }
        });
    }
    found
}

/// Refuses a round that changed nothing: derivatives wait for each other.
pub(crate) fn refuse_circle(
    before: &[(FuncId, Span)],
    after: &[(FuncId, Span)],
) -> Result<(), PassError> {
    match after.first() {
        Some(&(_, span)) if before == after => {
            let reason = "the rule of a function cannot differentiate the function itself";
            let (op, reason) = ("derivative", reason.to_owned());
            Err(RuleError::NotDifferentiable { op, reason, span }.into())
        }
        _ => Ok(()),
    }
}

struct Expand<'a> {
    module: &'a mut Module,
    memo: &'a mut Memo,
    ready: &'a [bool],
    failed: Option<RuleError>,
}

impl Rule for Expand<'_> {
    fn inst(&mut self, cx: &mut Rewriter, site: &Found<'_>) -> Result<Made, TypeError> {
        let target = match &site.data.op {
            Op::Jvp(op) => &op.target,
            Op::Vjp(op) => &op.target,
            _ => return Ok(Made::Copy),
        };
        if self.ready.get(target.func.as_u32() as usize) != Some(&true) || self.failed.is_some() {
            return Ok(Made::Copy);
        }
        match self.derive(&site.data.op, target) {
            Ok(made) => self.replace(cx, site, target, &made).map(Made::Values),
            Err(RuleError::Internal(error)) => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(Made::Copy)
            }
        }
    }
}

impl Expand<'_> {
    fn derive(&mut self, op: &Op, target: &Target) -> Result<Linearized, RuleError> {
        if matches!(op, Op::Vjp(vjp) if vjp.linear) {
            let name = &self.module.get(target.func).name;
            let what = format!("`{name}`, which is to be transposed,");
            check_linear(self.module, target.func, &target.active, &what)?;
        }
        let mut deriver = Deriver::new(self.module, self.memo);
        match op {
            Op::Jvp(_) => deriver.linearize_forward(target.func, &target.active),
            _ => deriver.linearize(target.func, &target.active),
        }
    }

    fn replace(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        target: &Target,
        made: &Linearized,
    ) -> Result<Vec<Value>, TypeError> {
        let params = self.module.get(target.func).params().len();
        let (args, extra) = site.args.split_at_checked(params).unwrap_or_default();
        let inst = cx.b.call(self.module, made.fwd, &site.sizes, args)?;
        let all = cx.b.results(inst).to_vec();
        let originals = made.outputs.len();
        let residuals = made
            .residuals
            .iter()
            .filter_map(|residual| match *residual {
                Residual::Input(k) => args.get(k).copied(),
                Residual::Output(k) => all.get(k).copied(),
                Residual::Saved(k) => all.get(originals + k).copied(),
            });
        let residuals: Vec<Value> = residuals.collect();
        let mut results: Vec<Value> = all.iter().take(originals).copied().collect();
        match site.data.op {
            Op::Jvp(_) => {
                let given = residuals
                    .into_iter()
                    .chain(extra.iter().copied())
                    .collect::<Vec<_>>();
                let inst = cx.b.call(self.module, made.lin, &site.sizes, &given)?;
                let mut tangents = cx.b.results(inst).to_vec().into_iter();
                for (k, &active) in made.outputs.iter().enumerate() {
                    let Some(&primal) = results.get(k) else {
                        continue;
                    };
                    let ty = cx.b.ty(primal).clone();
                    match active {
                        true => results.extend(tangents.next()),
                        false if ty.is_differentiable() => results.push(cx.b.fill(0.0, &ty)?),
                        false => {}
                    }
                }
            }
            _ => {
                let outputs = results.iter().zip(&made.outputs);
                let differentiable = outputs
                    .filter(|(v, _)| cx.b.ty(**v).is_differentiable())
                    .map(|(_, a)| *a);
                let kept = differentiable.zip(extra).filter(|(active, _)| *active);
                let given = residuals
                    .into_iter()
                    .chain(kept.map(|(_, ct)| *ct))
                    .collect();
                let inst =
                    Pullback { func: made.lin }.emit(&mut cx.b, self.module, &site.sizes, given)?;
                results.extend_from_slice(cx.b.results(inst));
            }
        }
        Ok(results)
    }
}
