//! Transposition: a linear function `y = A x` becomes `x̄ += Aᵀ ȳ`.
//!
//! Instructions that do not depend on a linear parameter are replayed in order; then the linear ones are
//! visited in reverse, each sending the cotangent of its results to its operands. Cotangents of arrays
//! may be accumulators, so that the reverse of reading one element costs one addition.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Step;
use super::clone::{copy_inst, copy_params, renamed};
use super::deriver::{Deriver, Memo};
use super::free::{free_values, linear_values};
use crate::builder::Builder;
use crate::function::{Block, FuncId, Function, InstData, Value};
use crate::module::Module;
use crate::op::{Op, RuleError};
use crate::ops::{AccAdd, AccNew, AccRead, Add, Fma, Mul};
use crate::ty::Type;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What is known of the cotangent of a value so far; nothing is zero.
#[derive(Clone, Copy, Debug)]
pub enum Cotangent {
    /// A value.
    Array(Value),
    /// A sum under way.
    Accumulator(Value),
}

/// A transposition under way: what the rules see.
#[derive(Debug)]
pub struct Transpose<'a> {
    /// The module, for the functions that are called.
    pub module: &'a mut Module,
    /// What has been derived in it.
    pub memo: &'a mut Memo,
    /// The linear function that is transposed.
    pub source: &'a Function,
    /// The transposed function under construction.
    pub b: Builder,
    map: HashMap<Value, Value>,
    linear: HashSet<Value>,
    frames: Vec<HashMap<Value, Cotangent>>,
}

impl<'a> Transpose<'a> {
    pub(super) fn run(deriver: &mut Deriver<'_>, source: &Function) -> Result<FuncId, RuleError> {
        let name = source.name.strip_suffix(".lin").unwrap_or(&source.name);
        let mut cx = Transpose {
            module: &mut *deriver.module,
            memo: &mut *deriver.memo,
            source,
            b: Builder::new(format!("{name}.bwd")),
            map: HashMap::new(),
            linear: linear_values(source),
            frames: vec![HashMap::new()],
        };
        cx.parameters()?;
        cx.walk(&source.body)?;
        let mut results = Vec::new();
        for &param in source.linear_params() {
            results.push(match is_array(source.ty(param)) {
                true => cx.take_accumulator(param)?,
                false => cx.take_or_zero(param)?,
            });
        }
        let mut made = cx.b.finish(results);
        // What holds a declared pullback need not be linear.
        let mut bent = false;
        made.walk(&made.body, &mut |_, data| {
            bent |= matches!(&data.op, Op::Call(call) if cx.memo.bent.contains(&call.func));
        });
        if bent {
            made.linear = 0;
        }
        // What saves its arguments alone does so turned around.
        made.marks.checkpoint = source.marks.checkpoint;
        let id = cx.module.add(made);
        if bent {
            cx.memo.bent.insert(id);
        }
        Ok(id)
    }

    fn parameters(&mut self) -> Result<(), RuleError> {
        let source = self.source;
        let fixed = source.body.params.len().saturating_sub(source.linear);
        let nonlinear = source.body.params.get(..fixed).unwrap_or_default();
        copy_params(&mut self.b, source, nonlinear, &mut self.map);
        self.b.func_mut().sizes = source.sizes;
        let mut cts = Vec::new();
        for &result in &source.body.results {
            let name = self.cotangent_name(result);
            cts.push(self.b.param(self.ty(result).contents(), name));
        }
        for &param in source.linear_params() {
            if is_array(source.ty(param)) {
                let ty = self.ty(param).accumulator();
                let acc = self.b.param(ty, self.cotangent_name(param));
                self.set(param, Cotangent::Accumulator(acc));
            }
        }
        // After the accumulators: a result may be a parameter itself.
        for (&result, ct) in source.body.results.iter().zip(cts) {
            self.add(result, ct)?;
        }
        // The transposed function is linear in its cotangents and accumulators.
        let accs = source
            .linear_params()
            .iter()
            .filter(|&&v| is_array(source.ty(v)))
            .count();
        self.b.func_mut().linear = source.body.results.len() + accs;
        Ok(())
    }

    /// Replays what is not linear in `block`, then transposes the rest in reverse.
    pub fn walk(&mut self, block: &Block) -> Result<(), RuleError> {
        let source = self.source;
        let mut linear = Vec::new();
        for &inst in &block.insts {
            let data = &source.insts[inst];
            if data.results.iter().any(|v| self.linear.contains(v)) {
                linear.push(inst);
            } else if !self.takes_linear(data) {
                copy_inst(&mut self.b, source, inst, &mut self.map);
            }
        }
        for inst in linear.into_iter().rev() {
            let data = &source.insts[inst];
            let outer = self.b.at(data.span);
            self.rule(&Step {
                inst,
                source: data,
                args: &data.args,
            })?;
            self.b.at(outer);
        }
        Ok(())
    }

    /// Whether an instruction uses linear values. Without a linear result it is dead.
    fn takes_linear(&self, data: &InstData) -> bool {
        data.args.iter().any(|v| self.is_linear(*v)) || !self.captured(&data.blocks).is_empty()
    }

    /// Whether `value` of the source depends on a linear parameter.
    pub fn is_linear(&self, value: Value) -> bool {
        self.linear.contains(&value)
    }

    /// Which operands of `step` are linear.
    pub fn linear_args(&self, step: &Step<'_>) -> Vec<bool> {
        step.args.iter().map(|v| self.is_linear(*v)).collect()
    }

    /// The replayed value for an operand of `step` that counts as a coefficient. One that depends on a
    /// linear parameter itself is not replayed, and the product is not linear.
    pub fn fixed(&self, step: &Step<'_>, value: Value) -> Result<Value, RuleError> {
        let replayed = self.map.get(&value).filter(|_| !self.is_linear(value));
        let why = "two of its operands depend on what it is to be linear in";
        replayed.copied().ok_or_else(|| self.refuse(step, why))
    }

    /// Says that `value` of the source is `new` here.
    pub fn define(&mut self, value: Value, new: Value) {
        self.map.insert(value, new);
    }

    /// The type of a value of the source, its sizes in terms of values here.
    pub fn ty(&self, value: Value) -> Type {
        self.source.ty(value).rename(|v| renamed(&self.map, v))
    }

    /// A size of the source in terms of values here.
    pub fn size(&self, size: &crate::size::Size) -> crate::size::Size {
        size.rename(|v| renamed(&self.map, v))
    }

    /// The name of the cotangent of `value`.
    pub fn cotangent_name(&self, value: Value) -> Option<Rc<str>> {
        let name = self.source.name(value)?;
        let base = name.strip_prefix('d').unwrap_or(name);
        Some(Rc::from(format!("ct_{base}")))
    }

    /// What is known of the cotangent of `value`.
    pub(super) fn cotangent(&self, value: Value) -> Option<Cotangent> {
        self.frames.last()?.get(&value).copied()
    }

    /// Sets the cotangent of `value`; nothing is zero.
    pub(super) fn set_cotangent(&mut self, value: Value, cotangent: Option<Cotangent>) {
        match cotangent {
            Some(cotangent) => self.set(value, cotangent),
            None => drop(self.remove(value)),
        }
    }

    fn set(&mut self, value: Value, cotangent: Cotangent) {
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(value, cotangent);
        }
    }

    fn remove(&mut self, value: Value) -> Option<Cotangent> {
        self.frames.last_mut()?.remove(&value)
    }

    /// Whether anything has been sent to `value` in the region under way.
    pub fn has_cotangent(&self, value: Value) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| frame.contains_key(&value))
    }

    /// Sets the cotangent of `value` to an accumulator under way.
    pub fn set_accumulator(&mut self, value: Value, acc: Value) {
        self.set(value, Cotangent::Accumulator(acc));
    }

    /// Makes `acc` the cotangent of `value`, or adds what it holds to the accumulator that has been set
    /// since: that one was there before, and may be one that a region must hand on. A value that is not
    /// linear has no cotangent: what was accumulated for it is dropped.
    pub fn merge_accumulator(&mut self, value: Value, acc: Value) -> Result<(), RuleError> {
        if !self.is_linear(value) {
            return Ok(());
        }
        match self.frames.last().and_then(|frame| frame.get(&value)) {
            None => self.set_accumulator(value, acc),
            Some(_) => {
                let sum = self.b.op(AccRead, &[acc])?;
                self.add(value, sum)?;
            }
        }
        Ok(())
    }

    /// Adds `ct` to the cotangent of `value`; nothing happens if that is not linear.
    pub fn add(&mut self, value: Value, ct: Value) -> Result<(), RuleError> {
        if !self.is_linear(value) {
            return Ok(());
        }
        let sum = match self.remove(value) {
            None => Cotangent::Array(ct),
            Some(Cotangent::Array(before)) => Cotangent::Array(self.b.op(Add, &[before, ct])?),
            Some(Cotangent::Accumulator(acc)) => {
                Cotangent::Accumulator(self.b.op(AccAdd, &[acc, ct])?)
            }
        };
        self.set(value, sum);
        Ok(())
    }

    /// Adds `k * ct` to the cotangent of `value`, with one rounding where there is one already.
    pub fn add_scaled(&mut self, value: Value, k: Value, ct: Value) -> Result<(), RuleError> {
        if !self.is_linear(value) {
            return Ok(());
        }
        match self.frames.last().and_then(|frame| frame.get(&value)) {
            Some(&Cotangent::Array(before)) => {
                let sum = self.b.op(Fma, &[k, ct, before])?;
                self.set(value, Cotangent::Array(sum));
                Ok(())
            }
            _ => {
                let product = self.b.op(Mul, &[k, ct])?;
                self.add(value, product)
            }
        }
    }

    /// Adds `ct` to the part of the cotangent of `value` at `indices`.
    pub fn add_at(&mut self, value: Value, indices: &[Value], ct: Value) -> Result<(), RuleError> {
        if !self.is_linear(value) {
            return Ok(());
        }
        let acc = self.take_accumulator(value)?;
        let mut args = vec![acc, ct];
        args.extend(indices);
        let acc = self.b.op(AccAdd, &args)?;
        self.set(value, Cotangent::Accumulator(acc));
        Ok(())
    }

    /// Takes the cotangent of `value`, if it is not zero.
    pub fn take(&mut self, value: Value) -> Result<Option<Value>, RuleError> {
        match self.remove(value) {
            None => Ok(None),
            Some(Cotangent::Array(ct)) => Ok(Some(ct)),
            Some(Cotangent::Accumulator(acc)) => Ok(Some(self.b.op(AccRead, &[acc])?)),
        }
    }

    /// Takes the cotangent of `value`, zeros if there is none.
    pub fn take_or_zero(&mut self, value: Value) -> Result<Value, RuleError> {
        match self.take(value)? {
            Some(ct) => Ok(ct),
            None => Ok(self.b.fill(0.0, &self.ty(value))?),
        }
    }

    /// Takes the cotangent of `value` as an accumulator that more can be added to.
    pub fn take_accumulator(&mut self, value: Value) -> Result<Value, RuleError> {
        match self.remove(value) {
            Some(Cotangent::Accumulator(acc)) => Ok(acc),
            Some(Cotangent::Array(ct)) => Ok(self.b.op(AccNew, &[ct])?),
            None => {
                let zeros = self.b.fill(0.0, &self.ty(value))?;
                Ok(self.b.op(AccNew, &[zeros])?)
            }
        }
    }

    /// The linear values that `blocks` of the source take from outside, in order of first use.
    pub fn captured(&self, blocks: &[Block]) -> Vec<Value> {
        let mut free = free_values(self.source, blocks);
        free.retain(|v| self.is_linear(*v));
        free
    }

    /// Begins a region with cotangents of its own.
    pub fn push_frame(&mut self) {
        self.frames.push(HashMap::new());
    }

    /// Ends a region.
    pub fn pop_frame(&mut self) {
        self.frames.pop();
    }

    /// An error that says why the operation of `step` cannot be transposed.
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

/// Whether the cotangent of a value of type `ty` is passed as an accumulator.
pub(crate) fn is_array(ty: &Type) -> bool {
    !ty.is_accumulator() && ty.rank() > 0
}
