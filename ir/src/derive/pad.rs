//! Residuals whose length changes from run to run of the region around them.
//!
//! No stack can hold them as they are: each is padded with zeros to the most that its length can be, and the
//! linear function takes the part that counts. So a triangle is saved as a square. It is done where the
//! other way, running again what made them, would need an array as it was, which each run would save whole.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Linearize;
use crate::function::{Inst, Value};
use crate::op::{Op, RuleError};
use crate::ops::{Concat, Slice};
use crate::scalar::Scalar;
use crate::size::Size;

impl Linearize<'_> {
    /// Saves `value`, of a length that is known only in its region, which is at `depth`; `None` if its length
    /// has no bound that is known outside, or if it is better made again.
    pub(super) fn pad(&mut self, value: Value, depth: usize) -> Result<Option<Value>, RuleError> {
        let ty = self.primal.ty(value).clone();
        let Some(axis) = self
            .ragged_axis(value, depth)
            .filter(|_| self.rests_on_arrays(value))
        else {
            return Ok(None);
        };
        let Some(most) = self.most(&ty.shape[axis], depth) else {
            return Ok(None);
        };
        let Some(rest) = most.checked_sub(&ty.shape[axis]) else {
            return Ok(None);
        };
        let mut padding = ty.clone();
        padding.shape[axis] = rest;
        let padded = self.primal.in_block(depth, |primal| {
            let zeros = primal.fill(0.0, &padding)?;
            primal.op(Concat { axis }, &[value, zeros])
        })?;
        let saved = self.save(padded, depth)?;
        let ty = self.lin_type(&ty)?;
        let part = self.lin.in_prologue(depth, |lin| {
            let start = lin.constant(Scalar::I64(0))?;
            lin.op_as(Slice { axis, step: 1 }, &[saved, start], ty)
        })?;
        Ok(Some(part))
    }

    /// The only axis of a float array whose size is known only in the region at `depth`.
    fn ragged_axis(&self, value: Value, depth: usize) -> Option<usize> {
        let ty = self.primal.ty(value);
        let is_ragged = |size: &Size| size.values().any(|v| self.primal.depth(v) >= depth);
        let mut ragged = (0..ty.rank()).filter(|&k| is_ragged(&ty.shape[k]));
        let axis = ragged
            .next()
            .filter(|_| ty.is_differentiable() && !ty.is_accumulator())?;
        ragged.next().is_none().then_some(axis)
    }

    /// Whether making `value` again takes an array that the linear function does not have, or the contents of
    /// an accumulator.
    fn rests_on_arrays(&self, value: Value) -> bool {
        let Some(inst) = self.primal.definition(value) else {
            return false;
        };
        if matches!(self.primal.func().insts[inst].op, Op::AccRead(_)) {
            return true;
        }
        self.inputs(inst).into_iter().any(|v| {
            let ty = self.primal.ty(v);
            ty.rank() > 0 && !ty.is_accumulator() && !self.is_available(v)
        })
    }

    fn inputs(&self, inst: Inst) -> Vec<Value> {
        super::needs(self.primal.func(), &self.primal.func().insts[inst])
    }

    /// The most that `size` can be in the region at `depth`, in what is known outside.
    fn most(&self, size: &Size, depth: usize) -> Option<Size> {
        let indices = &self.scopes.get(depth)?.indices;
        let is_index = |v: &Value| indices.iter().any(|(index, _)| index == v);
        let is_size = |v: &Value| self.primal.size_params().contains(v);
        let mut most = Size::default();
        for (monomial, k) in size.terms() {
            // What an index is multiplied by may be negative, unless it is a size or another index.
            let bounded = monomial.iter().all(|v| is_index(v) || is_size(v));
            if !bounded && monomial.iter().any(is_index) {
                return None;
            }
            let mut term = Size::constant(k);
            for &value in monomial {
                let runs = indices
                    .iter()
                    .find(|(index, _)| *index == value)
                    .map(|(_, runs)| runs);
                match runs {
                    // An index is at least 0, and less than the number of runs.
                    Some(_) if k < 0 => term = Size::default(),
                    Some(runs) => term = term.checked_mul(runs)?,
                    None => term = term.checked_mul(&Size::value(value))?,
                }
            }
            most = most.checked_add(&term)?;
        }
        // A sum of sizes is never negative, not even where the region does not run at all.
        let mut sum = Size::default();
        for (monomial, k) in most.terms() {
            let outside = monomial.iter().all(|&v| self.primal.depth(v) < depth);
            match k > 0 {
                _ if !outside => return None,
                true => sum = sum.checked_add(&product(monomial, k)?)?,
                false if monomial.is_empty() => {}
                false => return None,
            }
        }
        Some(sum)
    }

    /// Whether what `inst` makes is a padded residual, which only saving makes sense of.
    pub(super) fn is_padded(&self, inst: Inst) -> bool {
        let data = &self.primal.func().insts[inst];
        let [value] = data.results.as_slice() else {
            return false;
        };
        let depth = self.primal.depth(*value);
        matches!(data.op, Op::Concat(_)) && data.args.iter().any(|&v| self.is_local(v, depth))
    }
}

fn product(monomial: &[Value], k: i64) -> Option<Size> {
    let factors = monomial.iter().map(|&v| Size::value(v));
    factors
        .into_iter()
        .try_fold(Size::constant(k), |product, v| product.checked_mul(&v))
}
