//! All partial derivatives: a `map` over the elements of the arguments (forward) or of the results
//! (reverse), each run with the basis vector of its element.

use super::Kind;
use super::tangent::Point;
use crate::build::call::Bound;
use crate::build::elab::{Elab, R, Reported};
use crate::build::val::{Derived, Func, Val};
use crate::diagnostic::Span;
use dfn_ir::ops::{And, CompareOp, Convert, Index, Max, Min, Reshape, Transposed};
use dfn_ir::scalar::Compare;
use dfn_ir::{Scalar, Type, Value};

/// The blocks of a Jacobian: for each float leaf of the result one for each active leaf.
type Blocks = Vec<Vec<Value>>;

impl<'a> Elab<'a> {
    /// `jacfwd` and `jacrev`
    pub(super) fn jacobian(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        forward: bool,
        at: Span,
    ) -> R<Val<'a>> {
        let point = self.point(&derived.of, bound, &derived.wrt, at)?;
        let value = self.call_site(&point.site, at)?;
        let value = self.settled(&value, at)?;
        let blocks = match forward {
            true => self.forward_blocks(&point, &value, at)?,
            false => self.reverse_blocks(&point, &value, at)?,
        };
        Ok(self.assemble(&point, derived, &value, &blocks))
    }

    /// A block in the place of each pair of leaves.
    fn assemble(
        &self,
        point: &Point<'a>,
        derived: &Derived<'a>,
        value: &Val<'a>,
        blocks: &Blocks,
    ) -> Val<'a> {
        let mut rows = blocks.iter();
        self.tangent_of(value, &mut || {
            let row = rows.next()?;
            let mut next = row.iter().map(|&v| Val::Ir(v));
            Some(self.by_wrt(point, &derived.wrt, &mut || next.next()))
        })
    }

    /// The basis vector with a one at `indices`.
    pub(super) fn basis(&mut self, ty: &Type, indices: &[Value], at: Span) -> R<Value> {
        let basis = self.each_element(ty, at, |elab, places| {
            let mut is_it = elab.constant(Scalar::Bool(true), at)?;
            for (&place, &index) in places.iter().zip(indices) {
                let same = elab.emit(CompareOp { how: Compare::Eq }, &[place, index], at)?;
                is_it = elab.emit(And, &[is_it, same], at)?;
            }
            Ok(Val::Ir(elab.emit(
                Convert { to: ty.dtype },
                &[is_it],
                at,
            )?))
        })?;
        basis.first().copied().ok_or(Reported)
    }

    /// One `map` over the elements of each active leaf.
    pub(super) fn forward_blocks(
        &mut self,
        point: &Point<'a>,
        value: &Val<'a>,
        at: Span,
    ) -> R<Blocks> {
        let outputs = self.float_leaves(value).len();
        let mut blocks: Blocks = vec![Vec::new(); outputs];
        for &leaf in &point.leaves {
            let ty = self.ty(leaf.1);
            let rank = ty.rank();
            let columns = self.each_element(&ty, at, |elab, indices| {
                let tangent = elab.basis(&ty, indices, at)?;
                let (_, tangents) = elab.emit_jvp(point, &[leaf], vec![tangent], at)?;
                Ok(Val::Tuple(tangents.into_iter().map(Val::Ir).collect()))
            })?;
            for (row, column) in blocks.iter_mut().zip(columns) {
                // The axes of the argument come first so far; they belong last.
                let all = self.ty(column).rank();
                let axes: Vec<usize> = (rank..all).chain(0..rank).collect();
                row.push(match rank == 0 || rank == all {
                    true => column,
                    false => self.emit(Transposed { axes }, &[column], at)?,
                });
            }
        }
        Ok(blocks)
    }

    /// One `map` over the elements of each float leaf of the result.
    fn reverse_blocks(&mut self, point: &Point<'a>, value: &Val<'a>, at: Span) -> R<Blocks> {
        let outputs = self.float_leaves(value);
        let mut blocks = Blocks::new();
        for (k, &output) in outputs.iter().enumerate() {
            let ty = self.ty(output);
            let row = self.each_element(&ty, at, |elab, indices| {
                let mut cts = Vec::new();
                for (j, &other) in outputs.iter().enumerate() {
                    cts.push(match j == k {
                        true => elab.basis(&ty, indices, at)?,
                        false => elab.zeros_like(other, at)?,
                    });
                }
                let (_, cts) = elab.emit_vjp(point, cts, at)?;
                Ok(Val::Tuple(cts.into_iter().map(Val::Ir).collect()))
            })?;
            blocks.push(row);
        }
        Ok(blocks)
    }

    /// `body` for each element of an array of type `ty`, stacked; for a scalar, once.
    pub(super) fn each_element(
        &mut self,
        ty: &Type,
        at: Span,
        body: impl FnOnce(&mut Self, &[Value]) -> R<Val<'a>>,
    ) -> R<Vec<Value>> {
        let val = match ty.rank() {
            0 => body(self, &[])?,
            _ => self.map_region(&ty.shape, at, body)?,
        };
        Ok(val.leaves())
    }

    /// `hessian`: the forward Jacobian of the gradient, each pair of elements computed in one order and
    /// mirrored.
    pub(super) fn hessian(
        &mut self,
        derived: &Derived<'a>,
        bound: &Bound<'a>,
        at: Span,
    ) -> R<Val<'a>> {
        let gradient = Derived {
            kind: Kind::Grad,
            ..derived.clone()
        };
        let gradient = Func::Derived(gradient);
        let point = self.point(&gradient, bound, &derived.wrt, at)?;
        let value = self.call_site(&point.site, at)?;
        let mut blocks = self.forward_blocks(&point, &value, at)?;
        for a in 0..blocks.len() {
            for b in a..blocks.len() {
                let Some(&block) = blocks.get(a).and_then(|row| row.get(b)) else {
                    return Err(Reported);
                };
                let (_, leaf) = point.leaves.get(a).copied().ok_or(Reported)?;
                let rank = self.ty(leaf).rank();
                let mirrored = match a == b {
                    true => self.mirrored(block, rank, at)?,
                    false => self.moved(block, rank, at)?,
                };
                if let Some(slot) = blocks.get_mut(b).and_then(|row| row.get_mut(a)) {
                    *slot = mirrored;
                }
            }
        }
        Ok(self.assemble(&point, derived, &value, &blocks))
    }

    /// The block with its first `rank` axes moved to the end.
    fn moved(&mut self, block: Value, rank: usize, at: Span) -> R<Value> {
        let all = self.ty(block).rank();
        match rank == 0 || rank == all {
            true => Ok(block),
            false => self.emit(
                Transposed {
                    axes: (rank..all).chain(0..rank).collect(),
                },
                &[block],
                at,
            ),
        }
    }

    /// The block with the part below the diagonal replaced by that above.
    fn mirrored(&mut self, block: Value, rank: usize, at: Span) -> R<Value> {
        if rank == 0 {
            return Ok(block);
        }
        let ty = self.ty(block);
        let half = Type::array(ty.dtype, ty.shape.iter().take(rank).cloned());
        let n = self.size_result(half.elements(), at)?;
        let square = Type::array(ty.dtype, [n.clone(), n.clone()]);
        let flat = match rank {
            1 => block,
            _ => self.emit_as(Reshape, &[block], square, at)?,
        };
        let mirrored = self.map_region(&[n.clone(), n], at, |elab, indices| {
            let (low, high) = (elab.emit(Min, indices, at)?, elab.emit(Max, indices, at)?);
            Ok(Val::Ir(elab.emit(Index, &[flat, low, high], at)?))
        })?;
        let mirrored = self.ir(&mirrored, at)?;
        match rank {
            1 => Ok(mirrored),
            _ => self.emit_as(Reshape, &[mirrored], ty, at),
        }
    }
}
