//! Broadcasting: operands of one shape.
//!
//! Axes are compared from the last. Missing leading axes are added, an axis of literal size 1 is
//! repeated; a symbolic size never is, even if it happens to be 1.

use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Broadcast, Const, Reshape};
use dfn_ir::{Op, Size, Type, Value};

impl<'a> Elab<'a> {
    /// The shape that two shapes are broadcast to.
    pub(super) fn joined(&self, a: &[Size], b: &[Size]) -> Option<Vec<Size>> {
        self.join(a, b).ok()
    }

    fn join(&self, a: &[Size], b: &[Size]) -> Result<Vec<Size>, (Size, Size)> {
        let rank = a.len().max(b.len());
        let axis = |shape: &[Size], k: usize| {
            (k + shape.len())
                .checked_sub(rank)
                .and_then(|k| shape.get(k).cloned())
        };
        let mut shape = Vec::new();
        for k in 0..rank {
            shape.push(match (axis(a, k), axis(b, k)) {
                (Some(m), Some(n)) if m == n || n.is(1) => m,
                (Some(m), Some(n)) if m.is(1) => n,
                (Some(m), Some(n)) => return Err((m, n)),
                (Some(m), None) | (None, Some(m)) => m,
                (None, None) => continue,
            });
        }
        Ok(shape)
    }

    /// All values in one shape.
    pub(in crate::build) fn broadcast_all(
        &mut self,
        sign: &str,
        values: &[(Value, Span)],
        at: Span,
    ) -> R<Vec<Value>> {
        let mut shape: Vec<Size> = Vec::new();
        let mut widest = None;
        for &(value, span) in values {
            let ty = self.ty(value);
            match self.join(&shape, &ty.shape) {
                Ok(joined) => shape = joined,
                Err((m, n)) => {
                    let first = widest.unwrap_or((value, span));
                    return Err(self.shapes_differ(sign, first, (value, span), (&m, &n), at));
                }
            }
            if widest.is_none_or(|(other, _)| self.ty(other).rank() < ty.rank()) {
                widest = Some((value, span));
            }
        }
        values
            .iter()
            .map(|&(value, _)| self.broadcast_to(value, &shape, at))
            .collect()
    }

    /// Says that two shapes do not go together.
    pub(in crate::build) fn shapes_differ(
        &mut self,
        sign: &str,
        a: (Value, Span),
        b: (Value, Span),
        sizes: (&Size, &Size),
        at: Span,
    ) -> Reported {
        let (left, right) = (self.show(&Val::Ir(a.0)), self.show(&Val::Ir(b.0)));
        let sides = [self.side(sizes.0), self.side(sizes.1)];
        self.fail(errors::sizes::broadcast(
            sign,
            (&left, a.1),
            (&right, b.1),
            sides,
            at,
        ))
    }

    /// `value` repeated to `shape`, with which its own goes together.
    pub(in crate::build) fn broadcast_to(
        &mut self,
        value: Value,
        shape: &[Size],
        at: Span,
    ) -> R<Value> {
        let ty = self.ty(value);
        if ty.shape.as_slice() == shape {
            return Ok(value);
        }
        let to = Type::array(ty.dtype, shape.iter().cloned());
        if let Some(constant) = self.constant_of(value) {
            return self.emit_as(constant, &[], to, at);
        }
        let added = shape.len().saturating_sub(ty.rank());
        let kept: Vec<usize> = (0..ty.rank())
            .filter(|&k| ty.shape.get(k) == shape.get(k + added))
            .collect();
        let mut narrow = value;
        if kept.len() < ty.rank() {
            let sizes = kept.iter().filter_map(|&k| ty.shape.get(k).cloned());
            narrow = self.emit_as(Reshape, &[value], Type::array(ty.dtype, sizes), at)?;
        }
        let axes = kept.into_iter().map(|k| k + added).collect();
        self.emit_as(Broadcast { axes }, &[narrow], to, at)
    }

    /// The constant that `value` is.
    fn constant_of(&self, value: Value) -> Option<Const> {
        let inst = self.cx.b.definition(value)?;
        match &self.cx.b.func().insts.get(inst)?.op {
            Op::Const(constant) => Some(constant.clone()),
            _ => None,
        }
    }
}
