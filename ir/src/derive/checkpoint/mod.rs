//! Functions whose derivative saves the arguments alone and runs them again; loops whose derivative saves
//! the carries at some steps.

mod alone;
mod loops;
mod outline;
mod treeverse;

pub use outline::outline;

use super::clone::{copy_params, renamed};
use super::deriver::{Deriver, Linearized, Residual};
use super::rule::own_sizes;
use super::{Linearize, Strength};
use crate::builder::Builder;
use crate::function::{FuncId, Inline, Value};
use crate::op::RuleError;
use crate::ops::AccNew;
use std::collections::HashMap;

impl Deriver<'_> {
    /// f.fwd is f; f.lin runs f again, with all that is to be saved, and then its linear part.
    pub(super) fn checkpointed(
        &mut self,
        func: FuncId,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let quiet = self.quiet(func);
        let source = self.module.get(quiet).clone();
        let made = Linearize::run(self, &source, active, strength)?;
        // Apart, so that nothing finds it to be what ran before.
        self.module.get_mut(made.fwd).marks.inline = Inline::Never;
        let mut b = Builder::new(format!("{}.lin", source.name));
        let mut map = HashMap::new();
        copy_params(&mut b, &source, source.size_params(), &mut map);
        b.func_mut().sizes = source.sizes;
        // What runs again writes to accumulators of its own: nothing reads them.
        let is_saved = |v: &Value| !source.ty(*v).is_accumulator();
        let saved: Vec<Value> = source.params().iter().copied().filter(is_saved).collect();
        copy_params(&mut b, &source, &saved, &mut map);
        let mut args = Vec::new();
        for &param in source.params() {
            let ty = source.ty(param).rename(|v| renamed(&map, v));
            args.push(match map.get(&param) {
                Some(&known) => known,
                None => {
                    let zeros = b.fill(0.0, &ty)?;
                    b.op(AccNew, &[zeros])?
                }
            });
        }
        let mut tangents = Vec::new();
        for (&arg, _) in args.iter().zip(active).filter(|(_, active)| **active) {
            let ty = b.ty(arg).clone();
            tangents.push(b.param(ty, None));
        }
        b.func_mut().linear = tangents.len();
        let sizes = own_sizes(&b);
        let inst = b.call(self.module, made.fwd, &sizes, &args)?;
        let all = b.results(inst).to_vec();
        let mut given = made.given(&args, &all)?;
        given.extend(tangents);
        let inst = b.call(self.module, made.lin, &sizes, &given)?;
        let results = b.results(inst).to_vec();
        let mut lin = b.finish(results);
        // Its own derivative saves as little.
        lin.marks.checkpoint = true;
        let lin = self.module.add(lin);
        let params = source.params().iter().enumerate();
        let saved = params.filter(|(_, v)| is_saved(v));
        Ok(Linearized {
            fwd: func,
            lin,
            residuals: saved.map(|(k, _)| Residual::Input(k)).collect(),
            outputs: made.outputs,
        })
    }
}
