//! Faults planted in derivative rules, for the test that every one of them is found.
//!
//! A rule is broken in one place: one of the instructions that it emits gives another number, or it does
//! not see one of its operands, or what it gives is changed. Without debug assertions nothing is planted.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::transpose::Cotangent;
use super::{Linearize, Step, Transpose, free_values};
use crate::builder::{Builder, Parts};
use crate::function::Value;
use crate::op::{Op, RuleError, TypeError};
use crate::ops::{Const, Mul, Neg};
use crate::scalar::{Scalar, ScalarOp, eval};
use crate::ty::Type;
use std::cell::RefCell;

/// Which rule of a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// That of its tangent.
    Linearize,
    /// That of its transpose.
    Transpose,
}

/// Where a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In instruction `k` that it emits and that gives floats.
    Emitted(usize),
    /// Operand `k`, of those and of what regions capture, has no part in the derivative.
    Operand(usize),
    /// In the tangent that it gives, or in the cotangent that it gets, of result `k`.
    Result(usize),
}

/// What becomes of a number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// It is a thousandth too large.
    Scaled,
    /// It has the other sign.
    Negated,
    /// It is zero; what should be added to an accumulator is not.
    Zero,
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The name of the primitive.
    pub op: &'static str,
    /// Which of its rules.
    pub phase: Phase,
    /// Where.
    pub place: Place,
    /// What.
    pub change: Change,
}

/// What was seen while a fault was planted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often the fault changed something.
    pub fired: usize,
    /// How many places of each kind the rule has: emitted, operands, results.
    pub places: [usize; 3],
}

#[derive(Debug)]
struct Planted {
    fault: Fault,
    seen: Seen,
    /// The rule that runs, if it is the broken one, and what it has emitted.
    emitted: Option<usize>,
}

thread_local! {
    static PLANTED: RefCell<Option<Planted>> = const { RefCell::new(None) };
}

/// Breaks a rule in this thread, until [`remove`].
pub fn plant(fault: Fault) {
    let seen = Seen::default();
    PLANTED.set(Some(Planted {
        fault,
        seen,
        emitted: None,
    }));
}

/// Mends what was broken.
pub fn remove() -> Seen {
    PLANTED
        .take()
        .map(|planted| planted.seen)
        .unwrap_or_default()
}

/// Runs `change` on what is planted, if something is.
fn with<T>(change: impl FnOnce(&mut Planted) -> Option<T>) -> Option<T> {
    match cfg!(debug_assertions) {
        true => PLANTED.with_borrow_mut(|planted| planted.as_mut().and_then(change)),
        false => None,
    }
}

/// Enters a rule; gives the fault if it is the broken one, and the state to return to.
fn enter(op: &Op, phase: Phase, places: (usize, usize)) -> Option<(Option<Fault>, Option<usize>)> {
    with(|planted| {
        let broken = planted.fault.op == op.name() && planted.fault.phase == phase;
        let now = broken.then_some(0);
        let before = std::mem::replace(&mut planted.emitted, now);
        if broken {
            let seen = &mut planted.seen.places;
            (seen[1], seen[2]) = (seen[1].max(places.0), seen[2].max(places.1));
        }
        Some((broken.then_some(planted.fault), before))
    })
}

fn leave(before: Option<usize>) {
    with(|planted| {
        planted.emitted = before;
        Some(())
    });
}

fn fired() {
    with(|planted| {
        planted.seen.fired += 1;
        Some(())
    });
}

impl Builder {
    /// What becomes of `value`, which a rule has just emitted.
    pub(crate) fn broken(&mut self, value: Value, op_args: &[Value]) -> Result<Value, TypeError> {
        let ty = self.ty(value).clone();
        if !ty.dtype.is_float() {
            return Ok(value);
        }
        let change = with(|planted| {
            let k = planted.emitted?;
            planted.emitted = Some(k + 1);
            planted.seen.places[0] = planted.seen.places[0].max(k + 1);
            (planted.fault.place == Place::Emitted(k)).then_some(planted.fault.change)
        });
        match change {
            Some(change) => self.changed(value, &ty, change, op_args),
            None => Ok(value),
        }
    }

    fn changed(
        &mut self,
        value: Value,
        ty: &Type,
        change: Change,
        op_args: &[Value],
    ) -> Result<Value, TypeError> {
        if ty.is_accumulator() {
            let before = op_args.first().copied().filter(|v| self.ty(*v) == ty);
            return Ok(match (change, before) {
                (Change::Zero, Some(before)) => {
                    fired();
                    before
                }
                _ => value,
            });
        }
        // Of a zero nothing is changed.
        if self.is_zero(value) {
            return Ok(value);
        }
        fired();
        match change {
            Change::Negated => self.plain(Neg.into(), &[value]),
            Change::Zero => self.number(0.0, ty),
            Change::Scaled => {
                let factor = self.number(1.001, ty)?;
                self.plain(Mul.into(), &[value, factor])
            }
        }
    }

    fn is_zero(&self, value: Value) -> bool {
        let inst = self.definition(value);
        let op = inst.map(|inst| &self.func().insts[inst].op);
        match op {
            Some(Op::Const(op)) => matches!(op.value, Scalar::F64(0.0) | Scalar::F32(0.0)),
            _ => false,
        }
    }

    fn number(&mut self, x: f64, ty: &Type) -> Result<Value, TypeError> {
        let value = eval(ScalarOp::Convert(ty.dtype), &[Scalar::F64(x)]);
        let value = value.ok_or_else(|| TypeError::new("no number"))?;
        let parts = Parts {
            wanted: vec![ty.contents()],
            ..Parts::default()
        };
        let inst = self.emit(Const { value }, parts)?;
        Ok(self.results(inst)[0])
    }

    fn plain(&mut self, op: Op, args: &[Value]) -> Result<Value, TypeError> {
        let parts = Parts {
            args: args.iter().copied().collect(),
            ..Parts::default()
        };
        let inst = self.emit(op, parts)?;
        Ok(self.results(inst)[0])
    }
}

impl Linearize<'_> {
    /// Runs the rule of the tangent.
    pub(super) fn rule(&mut self, step: &Step<'_>) -> Result<(), RuleError> {
        let mut operands = step.args.to_vec();
        operands.extend(
            free_values(self.source, &step.source.blocks)
                .iter()
                .map(|&v| self.primal_of(v)),
        );
        let places = (operands.len(), step.source.results.len());
        let Some((fault, before)) = enter(&step.source.op, Phase::Linearize, places) else {
            return step.source.op.linearize(self, step);
        };
        let mut hidden = None;
        if let Some(Fault {
            place: Place::Operand(k),
            change: Change::Zero,
            ..
        }) = fault
            && let Some(&operand) = operands.get(k)
        {
            hidden = self
                .tangents
                .remove(&operand)
                .map(|tangent| (operand, tangent));
            hidden.inspect(|_| fired());
        }
        let done = step.source.op.linearize(self, step);
        if let Some((operand, tangent)) = hidden {
            self.tangents.insert(operand, tangent);
        }
        leave(before);
        done?;
        if let Some(Fault {
            place: Place::Result(k),
            change,
            ..
        }) = fault
            && let Some(&result) = step.source.results.get(k)
        {
            let primal = self.primal_of(result);
            if let Some(&tangent) = self.tangents.get(&primal) {
                let ty = self.lin.ty(tangent).clone();
                let changed = self.lin.changed(tangent, &ty, change, &[])?;
                self.tangents.insert(primal, changed);
            }
        }
        Ok(())
    }
}

impl Transpose<'_> {
    /// Runs the rule of the transpose.
    pub(super) fn rule(&mut self, step: &Step<'_>) -> Result<(), RuleError> {
        let mut operands = step.args.to_vec();
        operands.extend(self.captured(&step.source.blocks));
        let places = (operands.len(), step.source.results.len());
        let Some((fault, before)) = enter(&step.source.op, Phase::Transpose, places) else {
            return step.source.op.transpose(self, step);
        };
        if let Some(Fault {
            place: Place::Result(k),
            change,
            ..
        }) = fault
            && let Some(&result) = step.source.results.get(k)
            && let Some(Cotangent::Array(ct)) = self.cotangent(result)
        {
            let ty = self.b.ty(ct).clone();
            let changed = self.b.changed(ct, &ty, change, &[])?;
            self.set_cotangent(result, Some(Cotangent::Array(changed)));
        }
        let dropped = match fault {
            Some(Fault {
                place: Place::Operand(k),
                change: Change::Zero,
                ..
            }) => operands.get(k).copied(),
            _ => None,
        };
        let known = dropped.and_then(|v| self.cotangent(v));
        let done = step.source.op.transpose(self, step);
        leave(before);
        done?;
        if let Some(operand) = dropped
            && let Some(Cotangent::Array(_)) = self.cotangent(operand)
            && !matches!(known, Some(Cotangent::Accumulator(_)))
        {
            fired();
            self.set_cotangent(operand, known);
        }
        Ok(())
    }
}
