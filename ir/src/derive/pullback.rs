//! Functions whose derivative is declared in reverse: `p(x…) -> y…, r…` gives the results and residuals,
//! `b(x…, r…, ct_y…) -> ct_x…` the cotangents.
//!
//! f.fwd is p. f.lin is the tangent rule, if there is one too, or the transpose of b, if b is linear in
//! the cotangents; otherwise there is none, which is an error where it is needed. The transpose of f.lin is
//! b in every case.

use super::clone::renamed;
use super::deriver::{Deriver, Linearized, Residual, Transposed};
use super::rule::own_sizes;
use super::{Strength, check_linear, is_array};
use crate::builder::Builder;
use crate::function::{FuncId, Function, Value};
use crate::op::{RuleError, TypeError};
use crate::ops::{Absent, AccAdd, AccNew, AccRead};
use crate::ty::Type;
use std::collections::HashMap;

/// Where tangents come from.
enum Forward {
    /// From the tangent rule; its residuals are saved after those of the pullback.
    Tangent(Linearized),
    /// From the pullback turned around.
    Turned(Linearized),
    /// From nowhere.
    Absent,
}

/// What the parts of the derivative share.
pub(super) struct Pull<'a> {
    pub(super) source: &'a Function,
    pub(super) fwd: FuncId,
    pub(super) backward: FuncId,
    pub(super) active: &'a [bool],
    pub(super) residuals: Vec<Residual>,
    /// How many of the residuals the pullback takes: the arguments, and what p gives besides.
    pub(super) taken: usize,
}

/// The parameters of a derived function under construction.
pub(super) struct Params {
    map: HashMap<Value, Value>,
    pub(super) residuals: Vec<Value>,
}

impl Pull<'_> {
    /// The differentiable parameters and whether each is active.
    fn params(&self) -> impl Iterator<Item = (Value, bool)> {
        let all = self
            .source
            .params()
            .iter()
            .copied()
            .zip(self.active.iter().copied());
        all.filter(|(v, _)| self.source.ty(*v).is_differentiable())
    }

    pub(super) fn results(&self) -> impl Iterator<Item = Value> {
        let results = self.source.body.results.iter().copied();
        results.filter(|&v| self.source.ty(v).is_differentiable())
    }

    /// The type of parameter `k` of the function, among `params`.
    pub(super) fn param_type(&self, k: usize, params: &Params) -> Result<Type, TypeError> {
        let param = self.source.params().get(k);
        let param = param.ok_or_else(|| TypeError::new("there is no such parameter"))?;
        Ok(self.ty(*param, params))
    }

    pub(super) fn ty(&self, value: Value, params: &Params) -> Type {
        self.source.ty(value).rename(|v| renamed(&params.map, v))
    }
}

impl Deriver<'_> {
    /// The linearization of `func`, whose reverse derivative is declared.
    pub(super) fn by_pullback(
        &mut self,
        func: FuncId,
        (forward, backward): (FuncId, FuncId),
        tangent: Option<Linearized>,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let source = self.module.get(func).clone();
        let mut primal = self.start(&source, forward)?;
        let saved = primal.results.len() - primal.given;
        primal
            .residuals
            .extend((0..primal.args.len()).map(Residual::Input));
        primal.residuals.extend((0..saved).map(Residual::Saved));
        let taken = primal.residuals.len();
        let how = match tangent {
            Some(made) => {
                self.save_rule(&mut primal, &made)?;
                Forward::Tangent(made)
            }
            None => self.turned(&source, backward, strength)?,
        };
        let residuals = primal.residuals;
        let fwd = self.module.add(primal.b.finish(primal.results));
        let pull = Pull {
            source: &source,
            fwd,
            backward,
            active,
            residuals,
            taken,
        };
        let lin = self.pullback_lin(&pull, &how)?;
        let bwd = self.pullback_bwd(&pull)?;
        self.memo.transposed.insert(lin, Transposed { bwd });
        let outputs = source
            .body
            .results
            .iter()
            .map(|&v| source.ty(v).is_differentiable());
        Ok(Linearized {
            fwd,
            lin,
            residuals: pull.residuals,
            outputs: outputs.collect(),
        })
    }

    /// The pullback linearized in the cotangents, if it is linear in them.
    fn turned(
        &mut self,
        source: &Function,
        backward: FuncId,
        strength: Strength,
    ) -> Result<Forward, RuleError> {
        let params = self.module.get(backward).params().len();
        let results = source.body.results.iter();
        let cts = results
            .filter(|&&v| source.ty(v).is_differentiable())
            .count();
        let linear: Vec<bool> = (0..params).map(|k| k + cts >= params).collect();
        match check_linear(self.module, backward, &linear, "the pullback") {
            Ok(()) => Ok(Forward::Turned(
                self.linearize_with(backward, &linear, strength)?,
            )),
            Err(RuleError::NotLinear { .. }) => Ok(Forward::Absent),
            Err(error) => Err(error),
        }
    }

    /// Size and residual parameters like those that f.lin takes.
    pub(super) fn residual_params(
        &self,
        b: &mut Builder,
        pull: &Pull<'_>,
    ) -> Result<Params, RuleError> {
        let fwd = self.module.get(pull.fwd);
        let mut map = HashMap::new();
        for (&size, &own) in fwd.size_params().iter().zip(pull.source.size_params()) {
            let name = fwd.name(size).map_or_else(|| "n".to_owned(), str::to_owned);
            let param = b.size_param(name);
            map.insert(size, param);
            map.insert(own, param);
        }
        let given = pull.source.body.results.len();
        let mut residuals = Vec::new();
        for residual in &pull.residuals {
            let value = match *residual {
                Residual::Input(k) => fwd.params().get(k),
                Residual::Output(k) => fwd.body.results.get(k),
                Residual::Saved(k) => fwd.body.results.get(given + k),
            };
            let &value = value.ok_or_else(|| TypeError::new("a residual is missing"))?;
            if fwd.ty(value).values().any(|v| !map.contains_key(&v)) {
                let what = "the size of a residual is known only inside of the forward function";
                return Err(RuleError::NoForward {
                    reason: format!("the pullback of `{}`: {what}", pull.source.name),
                    span: Default::default(),
                });
            }
            let ty = fwd.ty(value).rename(|v| renamed(&map, v));
            let param = b.param(ty, fwd.name(value).map(Into::into));
            map.insert(value, param);
            if let Residual::Input(k) = residual
                && let Some(&own) = pull.source.params().get(*k)
            {
                map.insert(own, param);
            }
            residuals.push(param);
        }
        Ok(Params { map, residuals })
    }

    /// f.lin: residuals, then the tangents of the active parameters.
    fn pullback_lin(&mut self, pull: &Pull<'_>, how: &Forward) -> Result<FuncId, RuleError> {
        let mut b = Builder::new(format!("{}.lin", pull.source.name));
        let params = self.residual_params(&mut b, pull)?;
        let mut tangents = Vec::new();
        for (param, active) in pull.params() {
            let ty = pull.ty(param, &params);
            tangents.push(active.then(|| b.param(ty, None)));
        }
        b.func_mut().linear = tangents.iter().flatten().count();
        let results = match how {
            Forward::Tangent(made) => {
                let rest = params.residuals.iter().skip(pull.taken).copied();
                let args: Vec<Value> = rest.chain(tangents.into_iter().flatten()).collect();
                let sizes = own_sizes(&b);
                let inst = b.call(self.module, made.lin, &sizes, &args)?;
                let given = b.results(inst).to_vec();
                self.with_zeros(&mut b, pull, &params, made, given)?
            }
            Forward::Turned(made) => {
                self.turned_results(&mut b, pull, (&params, &tangents), made)?
            }
            Forward::Absent => absent(&mut b, pull, &params)?,
        };
        Ok(self.module.add(b.finish(results)))
    }

    /// The results of f.lin: those that the rule gives, and zeros.
    fn with_zeros(
        &self,
        b: &mut Builder,
        pull: &Pull<'_>,
        params: &Params,
        made: &Linearized,
        given: Vec<Value>,
    ) -> Result<Vec<Value>, RuleError> {
        let mut given = given.into_iter();
        let mut results = Vec::new();
        for (result, &active) in pull.results().zip(&made.outputs) {
            let found = if active { given.next() } else { None };
            results.push(match found {
                Some(value) => value,
                None => b.fill(0.0, &pull.ty(result, params))?,
            });
        }
        Ok(results)
    }

    /// The tangents of the results by the transpose of the pullback.
    fn turned_results(
        &mut self,
        b: &mut Builder,
        pull: &Pull<'_>,
        (params, tangents): (&Params, &[Option<Value>]),
        made: &Linearized,
    ) -> Result<Vec<Value>, RuleError> {
        let turned = self.transpose(made.lin)?;
        let mut args = self.replay(b, made, &params.residuals)?;
        for ((&tangent, (param, _)), &active) in
            tangents.iter().zip(pull.params()).zip(&made.outputs)
        {
            if active {
                args.push(match tangent {
                    Some(tangent) => tangent,
                    None => b.fill(0.0, &pull.ty(param, params))?,
                });
            }
        }
        for result in pull.results().filter(|&v| is_array(pull.source.ty(v))) {
            let zeros = b.fill(0.0, &pull.ty(result, params))?;
            args.push(b.op(AccNew, &[zeros])?);
        }
        let sizes = own_sizes(b);
        let inst = b.call(self.module, turned.bwd, &sizes, &args)?;
        let mut results = Vec::new();
        for value in b.results(inst).to_vec() {
            results.push(match b.ty(value).is_accumulator() {
                true => b.op(AccRead, &[value])?,
                false => value,
            });
        }
        Ok(results)
    }

    /// f.bwd: residuals, the cotangents of the results, an accumulator for each active array.
    fn pullback_bwd(&mut self, pull: &Pull<'_>) -> Result<FuncId, RuleError> {
        let mut b = Builder::new(format!("{}.bwd", pull.source.name));
        let params = self.residual_params(&mut b, pull)?;
        let mut args: Vec<Value> = params.residuals.iter().take(pull.taken).copied().collect();
        for result in pull.results() {
            args.push(b.param(pull.ty(result, &params), None));
        }
        let mut accs = Vec::new();
        for (param, active) in pull.params() {
            let ty = pull.ty(param, &params);
            let wanted = active && is_array(&ty);
            accs.push(wanted.then(|| b.param(ty.accumulator(), None)));
        }
        let sizes = own_sizes(&b);
        let inst = b.call(self.module, pull.backward, &sizes, &args)?;
        let cts = b.results(inst).to_vec();
        let mut results = Vec::new();
        for ((ct, acc), (_, active)) in cts.into_iter().zip(accs).zip(pull.params()) {
            match acc {
                Some(acc) => results.push(b.op(AccAdd, &[acc, ct])?),
                None if active => results.push(ct),
                None => {}
            }
        }
        let id = self.module.add(b.finish(results));
        // It calls a function as the user wrote it, whose parameters are not marked as linear.
        self.memo.bent.insert(id);
        Ok(id)
    }
}

/// What stands for tangents that nothing gives.
fn absent(b: &mut Builder, pull: &Pull<'_>, params: &Params) -> Result<Vec<Value>, RuleError> {
    let name = &pull.source.name;
    let reason = format!(
        "`{name}` has only a pullback, which is not linear in the cotangent: a forward derivative \
         needs a tangent rule as well, `@tangent(…)`"
    );
    let first = b.params().len().saturating_sub(b.func().linear);
    let args = b.params().get(first..).unwrap_or_default().to_vec();
    let mut results = Vec::new();
    for result in pull.results() {
        let op = Absent {
            reason: reason.as_str().into(),
        };
        results.push(b.op_as(op, &args, pull.ty(result, params))?);
    }
    Ok(results)
}
