//! Derivatives that a function brings along: its rule in place of the walk over its body.
//!
//! A tangent rule `t(x…, dx…) -> dy…` is linear in the tangents, so it is its own linear function: it is
//! linearized in them, which separates what it needs of `x…` from what it does to `dx…`, and transposed
//! like any other. A pullback is in [`super::pullback`].

use super::clone::{copy_body, copy_params, renamed};
use super::deriver::{Deriver, Linearized, Residual};
use super::{Linearize, Strength, check_linear};
use crate::builder::Builder;
use crate::function::{FuncId, Function, Rule, Value};
use crate::op::{RuleError, TypeError};
use crate::size::Size;
use std::collections::HashMap;

/// A primal function under construction: its results, and where the linear function finds residuals.
#[derive(Debug)]
pub(super) struct Primal {
    /// Its instructions.
    pub(super) b: Builder,
    /// The parameters, sizes not counted.
    pub(super) args: Vec<Value>,
    /// How many of the results are the function's own.
    pub(super) given: usize,
    /// All results.
    pub(super) results: Vec<Value>,
    /// The residuals.
    pub(super) residuals: Vec<Residual>,
}

impl Deriver<'_> {
    /// The linearization that the rule of `func` gives.
    pub(super) fn by_rule(
        &mut self,
        func: FuncId,
        rule: &Rule,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        if let Some(linear) = rule.linear
            && linear.is_only(active)
        {
            return self.by_declaration(func, linear);
        }
        let tangent = match rule.tangent {
            Some(tangent) => Some(self.tangent(func, tangent, active, strength)?),
            None => None,
        };
        match (rule.pullback, tangent) {
            (Some(pair), tangent) => self.by_pullback(func, pair, tangent, active, strength),
            (None, Some(made)) => self.by_tangent(func, made),
            // Linear in one parameter; for others its body says what the derivative is.
            (None, None) => {
                let source = self.module.get(func).clone();
                Linearize::run(self, &source, active, strength)
            }
        }
    }

    /// The tangent rule linearized in the tangents of the active parameters.
    fn tangent(
        &mut self,
        func: FuncId,
        tangent: FuncId,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let source = self.module.get(func);
        let whole = format!("the tangent rule of `{}`", source.name);
        let params = source.params();
        let has_tangent = |v: &Value| source.ty(*v).is_differentiable();
        let fixed = std::iter::repeat_n(false, params.len());
        let all = params.iter().filter(|v| has_tangent(v)).map(|_| true);
        let linear: Vec<bool> = fixed.clone().chain(all).collect();
        let wanted = params.iter().zip(active).filter(|(v, _)| has_tangent(v));
        let seeds: Vec<bool> = fixed.chain(wanted.map(|(_, active)| *active)).collect();
        check_linear(self.module, tangent, &linear, &whole)?;
        self.linearize_with(tangent, &seeds, strength)
    }

    /// f.fwd is f, and what the linear part of the rule needs; f.lin is that part.
    fn by_tangent(&mut self, func: FuncId, made: Linearized) -> Result<Linearized, RuleError> {
        let source = self.module.get(func).clone();
        let mut primal = self.start(&source, func)?;
        primal.given = primal.results.len();
        self.save_rule(&mut primal, &made)?;
        let Primal {
            b,
            results,
            residuals,
            ..
        } = primal;
        let fwd = self.module.add(b.finish(results));
        let outputs = spread(&source, &made.outputs);
        Ok(Linearized {
            fwd,
            lin: made.lin,
            residuals,
            outputs,
        })
    }

    /// The primal function of `source`, beginning with a call of `callee`, which has its parameters.
    pub(super) fn start(&self, source: &Function, callee: FuncId) -> Result<Primal, RuleError> {
        let mut b = Builder::new(format!("{}.fwd", source.name));
        let mut map = HashMap::new();
        copy_params(&mut b, source, &source.body.params, &mut map);
        b.func_mut().sizes = source.sizes;
        let args: Vec<Value> = source.params().iter().map(|&v| renamed(&map, v)).collect();
        let sizes = own_sizes(&b);
        let inst = b.call(self.module, callee, &sizes, &args)?;
        let results = b.results(inst).to_vec();
        let given = source.body.results.len();
        Ok(Primal {
            b,
            args,
            given,
            results,
            residuals: Vec::new(),
        })
    }

    /// Runs the part of a linearized rule that does not depend on tangents, and saves its residuals.
    pub(super) fn save_rule(
        &self,
        primal: &mut Primal,
        made: &Linearized,
    ) -> Result<(), RuleError> {
        let args = primal.args.clone();
        let values = self.replay(&mut primal.b, made, &args)?;
        for (residual, value) in made.residuals.iter().zip(values) {
            match *residual {
                Residual::Input(k) if k < args.len() => primal.residuals.push(Residual::Input(k)),
                _ => {
                    let place = primal.results.len() - primal.given;
                    primal.residuals.push(Residual::Saved(place));
                    primal.results.push(value);
                }
            }
        }
        Ok(())
    }

    /// Copies the primal part of a linearized rule: `args` are its leading parameters, the others are
    /// tangents or cotangents, of which its residuals do not depend; they are zeros. Gives the residuals.
    pub(super) fn replay(
        &self,
        b: &mut Builder,
        made: &Linearized,
        args: &[Value],
    ) -> Result<Vec<Value>, RuleError> {
        let rule = self.module.get(made.fwd).clone();
        let mut map: HashMap<Value, Value> = HashMap::new();
        let sizes = b.size_params().to_vec();
        map.extend(rule.size_params().iter().copied().zip(sizes));
        map.extend(rule.params().iter().copied().zip(args.iter().copied()));
        for &param in rule.params().iter().skip(args.len()) {
            let ty = rule.ty(param).rename(|v| renamed(&map, v));
            map.insert(param, b.fill(0.0, &ty)?);
        }
        copy_body(b, &rule, &rule.body, &mut map);
        let originals = made.outputs.len();
        let of = |residual: &Residual| {
            let value = match *residual {
                Residual::Input(k) => rule.params().get(k),
                Residual::Output(k) => rule.body.results.get(k),
                Residual::Saved(k) => rule.body.results.get(originals + k),
            };
            let value = value.ok_or_else(|| TypeError::new("a residual is missing"))?;
            Ok(renamed(&map, *value))
        };
        made.residuals.iter().map(of).collect()
    }
}

/// The sizes that the function under construction has, to be passed on.
pub(super) fn own_sizes(b: &Builder) -> Vec<Size> {
    b.size_params().iter().map(|&v| Size::value(v)).collect()
}

/// For each result of `source` whether it has a tangent, given that for the differentiable ones.
fn spread(source: &Function, outputs: &[bool]) -> Vec<bool> {
    let mut next = outputs.iter().copied();
    let results = source.body.results.iter();
    let each = |v: &Value| source.ty(*v).is_differentiable() && next.next().unwrap_or(false);
    results.map(each).collect()
}
