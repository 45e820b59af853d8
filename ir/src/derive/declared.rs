//! Functions that are declared to be linear in one parameter: a linear system that is solved by iteration,
//! say, of which no instruction shows that the solution is linear in the right side.
//!
//! f.fwd is f. f.lin is f with that parameter as the linear one, which the verifier takes on trust, and its
//! transpose calls the function that the declaration names.

use super::deriver::{Deriver, Linearized, Residual, Transposed};
use super::is_array;
use super::pullback::{Params, Pull};
use super::rule::own_sizes;
use crate::builder::Builder;
use crate::function::{FuncId, LinearIn, Value};
use crate::op::RuleError;
use crate::ops::AccAdd;

impl Deriver<'_> {
    /// The linearization of `func` in the parameter that it is linear in.
    pub(super) fn by_declaration(
        &mut self,
        func: FuncId,
        linear: LinearIn,
    ) -> Result<Linearized, RuleError> {
        let source = self.module.get(func).clone();
        let places = 0..source.params().len();
        let active: Vec<bool> = places.clone().map(|k| k == linear.param).collect();
        let fixed = places.filter(|k| *k != linear.param);
        let pull = Pull {
            source: &source,
            fwd: func,
            backward: linear.transpose,
            active: &active,
            residuals: fixed.map(Residual::Input).collect(),
            taken: 0,
        };
        let lin = self.declared_lin(&pull, linear)?;
        let bwd = self.declared_bwd(&pull, linear)?;
        self.memo.transposed.insert(lin, Transposed { bwd });
        let outputs = source.body.results.iter();
        let outputs = outputs.map(|&v| source.ty(v).is_differentiable()).collect();
        Ok(Linearized {
            fwd: func,
            lin,
            residuals: pull.residuals,
            outputs,
        })
    }

    /// f.lin: the other arguments, then the tangent of the linear one.
    fn declared_lin(&mut self, pull: &Pull<'_>, linear: LinearIn) -> Result<FuncId, RuleError> {
        let mut b = Builder::new(format!("{}.lin", pull.source.name));
        let params = self.residual_params(&mut b, pull)?;
        let tangent = b.param(pull.param_type(linear.param, &params)?, None);
        b.func_mut().linear = 1;
        let args = with_linear(&params, linear, tangent);
        let inst = b.call(self.module, pull.fwd, &own_sizes(&b), &args)?;
        let results = b.results(inst).iter().copied();
        let results: Vec<Value> = results.filter(|&v| b.ty(v).is_differentiable()).collect();
        b.func_mut().marks.declared_linear = true;
        Ok(self.module.add(b.finish(results)))
    }

    /// f.bwd: the other arguments, the cotangents of the results, an accumulator if the linear argument is
    /// an array.
    fn declared_bwd(&mut self, pull: &Pull<'_>, linear: LinearIn) -> Result<FuncId, RuleError> {
        let mut b = Builder::new(format!("{}.bwd", pull.source.name));
        let params = self.residual_params(&mut b, pull)?;
        let cts: Vec<Value> = pull
            .results()
            .map(|result| b.param(pull.ty(result, &params), None))
            .collect();
        let ty = pull.param_type(linear.param, &params)?;
        let acc = is_array(&ty).then(|| b.param(ty.accumulator(), None));
        let place = b.fill(0.0, &ty)?;
        let mut args = with_linear(&params, linear, place);
        args.extend(cts);
        let inst = b.call(self.module, pull.backward, &own_sizes(&b), &args)?;
        let mut results = b.results(inst).to_vec();
        if let (Some(acc), &[ct]) = (acc, results.as_slice()) {
            results = vec![b.op(AccAdd, &[acc, ct])?];
        }
        let id = self.module.add(b.finish(results));
        // It calls a function as the user wrote it, whose parameters are not marked as linear.
        self.memo.bent.insert(id);
        Ok(id)
    }
}

/// The arguments, with `value` in the place of the linear one.
fn with_linear(params: &Params, linear: LinearIn, value: Value) -> Vec<Value> {
    let mut args = params.residuals.clone();
    args.insert(linear.param.min(args.len()), value);
    args
}
