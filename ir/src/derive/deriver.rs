//! Derived functions of a module, each made once.

use super::{Linearize, Strength, Transpose};
use crate::function::{FuncId, Function, Value};
use crate::module::Module;
use crate::op::{RuleError, TypeError};
use std::collections::{HashMap, HashSet};

/// Where the linear function gets one of its residuals from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// Parameter `k` of the primal function (sizes not counted).
    Input(usize),
    /// Result `k` of the original function.
    Output(usize),
    /// Additional result `k` of the primal function (counted after the original results).
    Saved(usize),
}

/// The two functions that `linearize` makes of one.
#[derive(Clone, Debug)]
pub struct Linearized {
    /// The primal: the original results, then the saved residuals.
    pub fwd: FuncId,
    /// The linear function: sizes, residuals, then the tangents of the active parameters.
    pub lin: FuncId,
    /// What to pass for each residual of `lin`.
    pub residuals: Vec<Residual>,
    /// Which results of the original have a tangent; `lin` gives these, in order.
    pub outputs: Vec<bool>,
}

impl Linearized {
    /// The residuals for `lin`, of the arguments and the results of `fwd`.
    pub(super) fn given(
        &self,
        inputs: &[Value],
        results: &[Value],
    ) -> Result<Vec<Value>, TypeError> {
        let of = |residual: &Residual| {
            let value = match *residual {
                Residual::Input(k) => inputs.get(k),
                Residual::Output(k) => results.get(k),
                Residual::Saved(k) => results.get(self.outputs.len() + k),
            };
            value
                .copied()
                .ok_or_else(|| TypeError::new("a residual is missing"))
        };
        self.residuals.iter().map(of).collect()
    }
}

/// The function that `transpose` makes of a linear one: sizes and residuals, the cotangents of the
/// results, then an accumulator for each linear array; it gives for each linear parameter its
/// cotangent (scalars and accumulators) or the accumulator with it added (arrays).
#[derive(Clone, Debug)]
pub struct Transposed {
    /// The transposed function.
    pub bwd: FuncId,
}

/// Makes derived functions on demand and remembers them.
#[derive(Debug)]
pub struct Deriver<'m> {
    /// The module that the functions are in.
    pub module: &'m mut Module,
    pub(super) memo: &'m mut Memo,
}

/// What has been derived already; lives as long as the module.
#[derive(Debug, Default)]
pub struct Memo {
    linearized: HashMap<(FuncId, Vec<bool>, Strength, bool), Linearized>,
    pub(super) transposed: HashMap<FuncId, Transposed>,
    /// Functions without their effects.
    pub(super) quiet: HashMap<FuncId, FuncId>,
    /// Transposed functions that are not marked as linear: they hold a pullback as it was declared.
    pub(super) bent: HashSet<FuncId>,
    /// Reverse loops that work by snapshots, with the functions that they turn around.
    pub(super) twins: HashMap<FuncId, FuncId>,
    /// Whether what is derived now is for forward mode alone, in which loops need no snapshots.
    forward: bool,
}

impl<'m> Deriver<'m> {
    /// A deriver for `module`.
    pub fn new(module: &'m mut Module, memo: &'m mut Memo) -> Deriver<'m> {
        Deriver { module, memo }
    }

    /// The linearization of `func` in the parameters marked in `active` (sizes not counted).
    pub fn linearize(&mut self, func: FuncId, active: &[bool]) -> Result<Linearized, RuleError> {
        let strength = Strength::of(self.module, func);
        self.linearize_with(func, active, strength)
    }

    /// The same for forward mode, in which nothing is gained by running a loop again.
    pub fn linearize_forward(
        &mut self,
        func: FuncId,
        active: &[bool],
    ) -> Result<Linearized, RuleError> {
        self.memo.forward = true;
        let made = self.linearize(func, active);
        self.memo.forward = false;
        made
    }

    /// The linearization of `func` as part of a function whose masks ask for `strength`.
    pub(crate) fn linearize_with(
        &mut self,
        func: FuncId,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let key = (func, active.to_vec(), strength, self.memo.forward);
        if let Some(done) = self.memo.linearized.get(&key) {
            return Ok(done.clone());
        }
        let source: Function = self.module.get(func).clone();
        let twin = self.memo.twins.get(&func).copied();
        let made = match &source.marks {
            _ if let Some(lin) = twin => self.by_twin(func, lin, active, strength)?,
            marks if let Some(rule) = &marks.rule => self.by_rule(func, rule, active, strength)?,
            marks
                if let Some(snapshots) = marks.snapshots
                    && !self.memo.forward =>
            {
                self.with_snapshots(func, snapshots, active, strength)?
            }
            marks if marks.checkpoint => self.checkpointed(func, active, strength)?,
            _ => Linearize::run(self, &source, active, strength)?,
        };
        self.memo.linearized.insert(key, made.clone());
        Ok(made)
    }

    /// The transposition of the linear function `func`.
    pub fn transpose(&mut self, func: FuncId) -> Result<Transposed, RuleError> {
        if let Some(done) = self.memo.transposed.get(&func) {
            return Ok(done.clone());
        }
        let source: Function = self.module.get(func).clone();
        let bwd = Transpose::run(self, &source)?;
        let made = Transposed { bwd };
        self.memo.transposed.insert(func, made.clone());
        Ok(made)
    }
}
