//! Multiplication where an exact zero wins over infinity and NaN.
//!
//! `where(x > 0, sqrt(x), 0)` has the derivative 0 at 0, but the rule multiplies the masked cotangent,
//! exactly 0, by the slope of the root, which is infinite there: 0 × ∞ = NaN. So in a function that masks
//! (and in what it calls) the multiplication by a coefficient that may not be finite is `scale`, not
//! `mul`. Code without masks, or without singularities, pays nothing. See `docs/differentiation.md`,
//! "Masked infinities".

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::divisors::Divisors;
use super::trust::Trust;
use super::{Linearize, free_values};
use crate::function::{FuncId, Function, InstData, Value};
use crate::module::Module;
use crate::op::Op;
use crate::ops::ReduceKind;
use std::collections::HashSet;

/// What a coefficient that may not be finite is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// `mul`.
    Plain,
    /// `scale`; arguments are taken for finite.
    Strong,
    /// `scale`; arguments come from a function that masks, and may not be finite.
    Inherited,
}

impl Strength {
    /// What `func` needs: strong if it, with the functions that it calls, both masks values and computes
    /// some that may not be finite.
    pub(super) fn of(module: &Module, func: FuncId) -> Strength {
        let Some(function) = module.find(func) else {
            return Strength::Plain;
        };
        let mut found = false;
        function.walk(&function.body, &mut |_, data| {
            found |= match &data.op {
                Op::If(_) => masks_results(function, data),
                Op::Call(op) => reaches(module, op.func, is_mask),
                _ => is_mask(function, data),
            };
        });
        match found && may_be_infinite(module, func) {
            true => Strength::Strong,
            false => Strength::Plain,
        }
    }

    /// What is trusted in a function that needs `self`.
    pub(super) fn trust(self, module: &Module, func: &Function) -> Trust {
        match self {
            Strength::Plain => Trust::default(),
            Strength::Strong | Strength::Inherited => {
                Trust::of(func, self == Strength::Inherited, |data| {
                    is_suspect(module, func, data)
                })
            }
        }
    }

    /// What a function needs that is called from one that needs `self`.
    pub(crate) fn of_callee(self) -> Strength {
        match self {
            Strength::Plain => Strength::Plain,
            Strength::Strong | Strength::Inherited => Strength::Inherited,
        }
    }
}

/// Whether an operation may drop the cotangent of an operand.
fn is_mask(_: &Function, data: &InstData) -> bool {
    match &data.op {
        Op::Select(_) | Op::If(_) | Op::Max(_) | Op::Min(_) => true,
        Op::Scale(_) | Op::Update(_) => true,
        Op::Reduce(op) => matches!(op.kind, ReduceKind::Max | ReduceKind::Min),
        _ => false,
    }
}

/// Whether a branch uses what was computed before it, so that this has no cotangent if the branch is not
/// taken. Arguments are the affair of the caller.
fn masks_results(func: &Function, data: &InstData) -> bool {
    let params = &func.body.params;
    let mut free = free_values(func, &data.blocks).into_iter();
    free.any(|v| func.ty(v).is_differentiable() && !params.contains(&v))
}

/// Whether an operation on moderate numbers may give an infinity or NaN.
fn is_singular(func: &Function, data: &InstData) -> bool {
    let float = |v: &Value| func.ty(*v).dtype.is_float();
    data.results.iter().any(float)
        && match &data.op {
            Op::PowI(op) => op.n < 0,
            Op::Div(_) | Op::Rem(_) | Op::Sqrt(_) | Op::Pow(_) | Op::Bitcast(_) => true,
            Op::Log(_) | Op::Log2(_) | Op::Log10(_) | Op::Log1p(_) => true,
            Op::Exp(_) | Op::Exp2(_) | Op::Expm1(_) | Op::Sinh(_) | Op::Cosh(_) => true,
            Op::Asin(_) | Op::Acos(_) | Op::Acosh(_) | Op::Atanh(_) | Op::Tan(_) => true,
            Op::Erfinv(_) | Op::Lgamma(_) | Op::Digamma(_) | Op::Trigamma(_) => true,
            Op::Cbrt(_) => true,
            _ => false,
        }
}

/// Whether `func` or a function that it calls has an operation that may give an infinity or NaN where that is
/// used.
fn may_be_infinite(module: &Module, func: FuncId) -> bool {
    let mut todo = vec![func];
    let mut seen = HashSet::from([func]);
    while let Some(function) = todo.pop().and_then(|id| module.find(id)) {
        let mut divisors = None;
        let mut found = false;
        function.walk(&function.body, &mut |_, data| match &data.op {
            Op::Call(op) if seen.insert(op.func) => todo.push(op.func),
            Op::Div(_) if !found && is_singular(function, data) => {
                let divisors = divisors.get_or_insert_with(|| Divisors::of(function));
                found = !divisors.are_safe(data);
            }
            _ => found |= is_singular(function, data),
        });
        if found {
            return true;
        }
    }
    false
}

/// What is asked of an instruction of a function.
type Question = fn(&Function, &InstData) -> bool;

/// Whether `func` or a function that it calls has an operation of which `what` is true.
fn reaches(module: &Module, func: FuncId, what: Question) -> bool {
    let mut todo = vec![func];
    let mut seen = HashSet::from([func]);
    let mut found = false;
    while let Some(function) = todo.pop().and_then(|id| module.find(id)) {
        function.walk(&function.body, &mut |_, data| match &data.op {
            Op::Call(op) if seen.insert(op.func) => todo.push(op.func),
            _ => found |= what(function, data),
        });
    }
    found
}

/// How many values the definition of a coefficient is followed over.
const REACH: usize = 64;

impl Linearize<'_> {
    /// What a function needs that is called with these values of the primal.
    pub(crate) fn strength_of_callee(&self, args: &[Value]) -> Strength {
        let float = |v: &&Value| self.primal.ty(**v).dtype.is_float();
        match self.strength.of_callee() {
            Strength::Inherited if !args.iter().filter(float).any(|v| self.needs_strength(*v)) => {
                Strength::Strong
            }
            strength => strength,
        }
    }

    /// Whether a zero tangent must win over `coefficient`, a value of the primal, or the coefficient, if
    /// it is the zero of a mask, over an infinite tangent.
    pub fn needs_strength(&self, coefficient: Value) -> bool {
        if self.strength == Strength::Plain {
            return false;
        }
        let mut todo = vec![coefficient];
        let mut seen = HashSet::from([coefficient]);
        while let Some(value) = todo.pop() {
            if self.is_trusted(value) {
                continue;
            }
            if seen.len() > REACH || self.is_suspect(value) {
                return true;
            }
            let inst = self.primal.definition(value);
            for &arg in inst.map_or(&[][..], |inst| &self.primal.func().insts[inst].args) {
                if self.primal.ty(arg).is_differentiable() && seen.insert(arg) {
                    todo.push(arg);
                }
            }
        }
        false
    }

    /// Whether `value` is a parameter or a result of a region that is trusted.
    fn is_trusted(&self, value: Value) -> bool {
        let inst = self.primal.definition(value);
        let plain = inst.is_some_and(|inst| self.primal.func().insts[inst].blocks.is_empty());
        !plain && self.trust.includes(&self.map, value)
    }

    /// Whether what defines `value`, which is not trusted, is singular, a mask, or not known.
    fn is_suspect(&self, value: Value) -> bool {
        let func = self.primal.func();
        let Some(inst) = self.primal.definition(value) else {
            // Parameters of regions come from there, those of the function from its caller.
            return self.primal.depth(value) > 0 || self.strength == Strength::Inherited;
        };
        let data = &func.insts[inst];
        !data.blocks.is_empty() || is_suspect(self.module, func, data)
    }
}

/// Whether what an instruction without regions gives may not be finite where its operands are, or is a mask.
fn is_suspect(module: &Module, func: &Function, data: &InstData) -> bool {
    match &data.op {
        Op::Call(op) => reaches(module, op.func, is_singular),
        // A truth value as a number is a mask; so is what `select` makes of constants.
        Op::Select(_) | Op::Convert(_) => true,
        _ => is_singular(func, data),
    }
}
