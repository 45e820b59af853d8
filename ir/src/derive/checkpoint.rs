//! Functions whose derivative saves the arguments alone and runs them again.

use super::clone::{copy_params, renamed};
use super::deriver::{Deriver, Linearized, Residual};
use super::rule::own_sizes;
use super::{Linearize, Strength};
use crate::builder::Builder;
use crate::function::{FuncId, Inline, Value};
use crate::op::{RuleError, TypeError};
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
        copy_params(&mut b, &source, &source.body.params, &mut map);
        b.func_mut().sizes = source.sizes;
        let args: Vec<Value> = source.params().iter().map(|&v| renamed(&map, v)).collect();
        let mut tangents = Vec::new();
        for (&arg, _) in args.iter().zip(active).filter(|(_, active)| **active) {
            let ty = b.ty(arg).clone();
            tangents.push(b.param(ty, None));
        }
        b.func_mut().linear = tangents.len();
        let sizes = own_sizes(&b);
        let inst = b.call(self.module, made.fwd, &sizes, &args)?;
        let all = b.results(inst).to_vec();
        let mut given = Vec::new();
        for residual in &made.residuals {
            let value = match *residual {
                Residual::Input(k) => args.get(k),
                Residual::Output(k) => all.get(k),
                Residual::Saved(k) => all.get(made.outputs.len() + k),
            };
            given.push(*value.ok_or_else(|| TypeError::new("a residual is missing"))?);
        }
        given.extend(tangents);
        let inst = b.call(self.module, made.lin, &sizes, &given)?;
        let results = b.results(inst).to_vec();
        let lin = self.module.add(b.finish(results));
        Ok(Linearized {
            fwd: func,
            lin,
            residuals: (0..args.len()).map(Residual::Input).collect(),
            outputs: made.outputs,
        })
    }
}
