//! Linearization: one walk over a function builds its primal and the linear function of its tangents.
//!
//! The primal (`f.fwd`) is the function itself with more results, the residuals. The linear function
//! (`f.lin`) takes the residuals and the tangents of the active parameters. Each instruction is copied
//! to the primal; its rule puts the tangents of its results into the linear function. A missing tangent
//! is zero. See `docs/differentiation.md`.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::clone::{copy_inst, copy_params, renamed};
use super::deriver::{Deriver, Linearized, Memo, Residual};
use super::free::free_values;
use super::settled::{Settled, Supply};
use super::trust::Trust;
use super::{Step, Strength, residual::Scope};
use crate::builder::Builder;
use crate::function::{Block, Function, Value};
use crate::module::Module;
use crate::op::RuleError;
use crate::ops::{Add, Const, Fma, Mul, Neg, Scale};
use crate::scalar::{DType, Scalar};
use crate::ty::Type;
use std::collections::HashMap;
use std::rc::Rc;

/// A linearization under way: what the rules see.
#[derive(Debug)]
pub struct Linearize<'a> {
    /// The module, for the functions that are called.
    pub module: &'a mut Module,
    /// What has been derived in it.
    pub memo: &'a mut Memo,
    /// The function that is linearized.
    pub source: &'a Function,
    /// Whether masks ask for multiplications in which zero wins.
    pub(crate) strength: Strength,
    /// What regions of the source give and are given that needs no such multiplication.
    pub(super) trust: Trust,
    /// The primal function under construction.
    pub primal: Builder,
    /// The linear function under construction.
    pub lin: Builder,
    pub(super) map: HashMap<Value, Value>,
    pub(super) tangents: HashMap<Value, Value>,
    pub(super) scopes: Vec<Scope>,
    /// What loops leave settled in the source.
    pub(super) settled: Settled,
    /// Values of the primal that can be read after a loop.
    pub(super) supplies: HashMap<Value, Supply>,
}

/// The regions of an instruction after their walk; the linear region is still open.
#[derive(Debug)]
pub struct RegionLinear {
    /// The values of the primal region that the linear region needs, to be given as results.
    pub saved: Vec<Value>,
    /// For each of them its stand-in in the linear region.
    pub placeholders: Vec<Value>,
    /// Carries that are read as the loop leaves them, by number, with their stand-ins.
    pub left: Vec<(usize, Value)>,
}

impl<'a> Linearize<'a> {
    pub(super) fn run(
        deriver: &mut Deriver<'_>,
        source: &Function,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let trust = strength.trust(deriver.module, source);
        let mut cx = Linearize {
            module: &mut *deriver.module,
            memo: &mut *deriver.memo,
            source,
            strength,
            trust,
            primal: Builder::new(format!("{}.fwd", source.name)),
            lin: Builder::new(format!("{}.lin", source.name)),
            map: HashMap::new(),
            tangents: HashMap::new(),
            scopes: vec![Scope::default()],
            settled: Settled::of(source),
            supplies: HashMap::new(),
        };
        let tangents = cx.parameters(active)?;
        cx.walk(&source.body)?;
        cx.finish(&tangents)
    }

    /// Parameters of both functions; returns those of the linear one that are tangents.
    fn parameters(&mut self, active: &[bool]) -> Result<Vec<Value>, RuleError> {
        let source = self.source;
        copy_params(&mut self.primal, source, &source.body.params, &mut self.map);
        self.primal.func_mut().sizes = source.sizes;
        for &size in source.size_params() {
            let name = source.values[size].name.clone();
            let param = self.lin.param(Type::scalar(DType::I64), name);
            self.lin.func_mut().sizes += 1;
            self.import(renamed(&self.map, size), param);
        }
        let mut tangents = Vec::new();
        for (&param, _) in source
            .params()
            .iter()
            .zip(active)
            .filter(|(_, active)| **active)
        {
            let primal = renamed(&self.map, param);
            let ty = self.lin_type(&self.primal.ty(primal).clone())?;
            let tangent = self.lin.param(ty, self.tangent_name(primal));
            self.tangents.insert(primal, tangent);
            tangents.push(tangent);
        }
        Ok(tangents)
    }

    /// Closes both functions and adds them to the module.
    fn finish(mut self, tangents: &[Value]) -> Result<Linearized, RuleError> {
        let source = self.source;
        let results: Vec<Value> = source
            .body
            .results
            .iter()
            .map(|&v| renamed(&self.map, v))
            .collect();
        let outputs: Vec<bool> = results
            .iter()
            .map(|v| self.tangents.contains_key(v))
            .collect();
        let lin_results: Vec<Value> = results.iter().filter_map(|v| self.tangent(*v)).collect();
        let scope = self.scopes.pop().unwrap_or_default();
        let inputs: Vec<Value> = source
            .params()
            .iter()
            .map(|&v| renamed(&self.map, v))
            .collect();
        let mut saved = results.clone();
        let mut residuals = Vec::new();
        for (value, _) in &scope.saved {
            let input = inputs.iter().position(|v| v == value).map(Residual::Input);
            let output = results
                .iter()
                .position(|v| v == value)
                .map(Residual::Output);
            residuals.push(input.or(output).unwrap_or_else(|| {
                saved.push(*value);
                Residual::Saved(saved.len() - results.len() - 1)
            }));
        }
        let params = scope.saved.iter().map(|(_, param)| *param);
        let mut lin = self.lin.finish(lin_results);
        lin.body.params = lin
            .size_params()
            .iter()
            .copied()
            .chain(params)
            .chain(tangents.iter().copied())
            .collect();
        lin.linear = tangents.len();
        let fwd = self.module.add(self.primal.finish(saved));
        let lin = self.module.add(lin);
        Ok(Linearized {
            fwd,
            lin,
            residuals,
            outputs,
        })
    }

    /// Walks the instructions of a block of the source.
    pub fn walk(&mut self, block: &Block) -> Result<(), RuleError> {
        for &inst in &block.insts {
            let source = self.source;
            let data = &source.insts[inst];
            let outer = (self.primal.at(data.span), self.lin.at(data.span));
            let args: Vec<Value> = data.args.iter().map(|&v| renamed(&self.map, v)).collect();
            if self.is_active(&args, data) {
                self.rule(&Step {
                    inst,
                    source: data,
                    args: &args,
                })?;
            } else {
                copy_inst(&mut self.primal, source, inst, &mut self.map);
            }
            self.note_settled(inst, data);
            self.primal.at(outer.0);
            self.lin.at(outer.1);
        }
        Ok(())
    }

    /// Takes the effects out of the instruction of the primal that defines `value`: it runs again.
    pub(crate) fn quieten(&mut self, value: Value) {
        if let Some(inst) = self.primal.definition(value) {
            let mut deriver = Deriver::new(self.module, self.memo);
            deriver.quiet_inst(self.primal.func_mut(), inst);
        }
    }

    fn is_active(&self, args: &[Value], data: &crate::function::InstData) -> bool {
        let differentiable = data
            .results
            .iter()
            .any(|&v| self.source.ty(v).is_differentiable());
        if !differentiable {
            return false;
        }
        args.iter().any(|v| self.tangents.contains_key(v))
            || free_values(self.source, &data.blocks)
                .iter()
                .any(|v| self.tangents.contains_key(&renamed(&self.map, *v)))
    }

    /// Copies the instruction of `step` to the primal; returns its results there.
    pub fn copy(&mut self, step: &Step<'_>) -> Vec<Value> {
        let inst = copy_inst(&mut self.primal, self.source, step.inst, &mut self.map);
        self.primal.results(inst).to_vec()
    }

    /// The value of the primal function for `value` of the source.
    pub fn primal_of(&self, value: Value) -> Value {
        renamed(&self.map, value)
    }

    /// Says that the source's `value` is `primal` in the primal function.
    pub fn define(&mut self, value: Value, primal: Value) {
        let name = self.source.values[value].name.clone();
        if let Some(name) = name {
            self.primal.name(primal, name);
        }
        self.map.insert(value, primal);
    }

    /// The tangent of a value of the primal; `None` is zero.
    pub fn tangent(&self, primal: Value) -> Option<Value> {
        self.tangents.get(&primal).copied()
    }

    /// The tangent of a value of the primal, zeros if it has none.
    pub fn tangent_or_zero(&mut self, primal: Value) -> Result<Value, RuleError> {
        match self.tangent(primal) {
            Some(tangent) => Ok(tangent),
            None => self.zero_tangent(primal),
        }
    }

    /// A zero tangent for a value of the primal: zeros, or a new accumulator of zeros.
    pub fn zero_tangent(&mut self, primal: Value) -> Result<Value, RuleError> {
        let ty = self.lin_type(&self.primal.ty(primal).clone())?;
        let zeros = self.lin.fill(0.0, &ty)?;
        match ty.is_accumulator() {
            true => Ok(self.lin.op(crate::ops::AccNew, &[zeros])?),
            false => Ok(zeros),
        }
    }

    /// Sets the tangent of a value of the primal.
    pub fn set_tangent(&mut self, primal: Value, tangent: Option<Value>) {
        let Some(tangent) = tangent else { return };
        if self.lin.func().name(tangent).is_none()
            && let Some(name) = self.tangent_name(primal)
        {
            self.lin.name(tangent, name);
        }
        self.tangents.insert(primal, tangent);
    }

    /// The name of the tangent of `primal`, where that has a name.
    pub fn tangent_name(&self, primal: Value) -> Option<Rc<str>> {
        self.primal
            .func()
            .name(primal)
            .map(|name| Rc::from(format!("d{name}")))
    }

    /// `coefficient * tangent`, the coefficient a value of the primal.
    pub fn scale(&mut self, coefficient: Value, tangent: Value) -> Result<Value, RuleError> {
        match self.constant_of(coefficient) {
            Some(1.0) => Ok(tangent),
            Some(-1.0) => Ok(self.lin.op(Neg, &[tangent])?),
            _ => {
                let strong = self.needs_strength(coefficient);
                let coefficient = self.residual(coefficient)?;
                match strong {
                    true => Ok(self.lin.op(Scale, &[coefficient, tangent])?),
                    false => Ok(self.lin.op(Mul, &[coefficient, tangent])?),
                }
            }
        }
    }

    /// `coefficient * tangent + sum`, with one rounding where there is a sum.
    pub fn scale_onto(
        &mut self,
        coefficient: Value,
        tangent: Value,
        sum: Option<Value>,
    ) -> Result<Value, RuleError> {
        let Some(sum) = sum else {
            return self.scale(coefficient, tangent);
        };
        let unit = self
            .constant_of(coefficient)
            .is_some_and(|k| k.abs() == 1.0);
        if unit || self.needs_strength(coefficient) {
            let term = self.scale(coefficient, tangent)?;
            return Ok(self.lin.op(Add, &[sum, term])?);
        }
        let coefficient = self.residual(coefficient)?;
        Ok(self.lin.op(Fma, &[coefficient, tangent, sum])?)
    }

    fn constant_of(&self, primal: Value) -> Option<f64> {
        let inst = self.primal.definition(primal)?;
        match self.primal.func().insts[inst].op {
            crate::op::Op::Const(Const {
                value: Scalar::F64(x),
            }) => Some(x),
            crate::op::Op::Const(Const {
                value: Scalar::F32(x),
            }) => Some(f64::from(x)),
            _ => None,
        }
    }

    /// The sum of two tangents, either of which may be zero.
    pub fn sum(&mut self, a: Option<Value>, b: Option<Value>) -> Result<Option<Value>, RuleError> {
        match (a, b) {
            (Some(a), Some(b)) => Ok(Some(self.lin.op(Add, &[a, b])?)),
            (one, None) | (None, one) => Ok(one),
        }
    }

    /// An error that says why the operation of `step` has no derivative.
    pub fn refuse(&self, step: &Step<'_>, reason: impl Into<String>) -> RuleError {
        RuleError::NotDifferentiable {
            op: step.source.op.name(),
            reason: reason.into(),
            span: step.source.span,
        }
    }

    /// The deriver of the module.
    pub fn deriver(&mut self) -> Deriver<'_> {
        Deriver::new(self.module, self.memo)
    }
}
