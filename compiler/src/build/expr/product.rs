//! `a @ b`: the product of vectors, matrices, and stacks of matrices.
//!
//! The sum runs over the last axis of `a` and the last but one (or only) axis of `b`. Axes before the
//! last two are stacks, which are broadcast: they are compared from the last, a missing one or one of
//! literal size 1 is repeated. Nothing is copied for that: an axis that one side alone has is an axis of
//! the contraction along which the other side does not run.

use super::arith::Operand;
use crate::build::elab::{Elab, R};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{Dot, Order, Reshape, Transposed};
use dfn_ir::{DType, Size, Type, Value};

/// Where an axis of the stack of results comes from.
#[derive(Clone, Copy)]
enum Origin {
    Left,
    Right,
    Both(usize, usize),
}

/// One side of a product.
#[derive(Clone)]
struct Side {
    value: Value,
    at: Span,
    /// How many of its axes are stacks.
    stacks: usize,
    /// Axes of size 1 that the other side repeats.
    dropped: Vec<usize>,
}

impl Side {
    /// The number of an axis once those of size 1 are gone.
    fn renumbered(&self, axis: usize) -> usize {
        axis - self
            .dropped
            .iter()
            .filter(|dropped| **dropped < axis)
            .count()
    }
}

impl<'a> Elab<'a> {
    /// `a @ b`
    pub(in crate::build) fn product(
        &mut self,
        a: Operand<'a>,
        b: Operand<'a>,
        _: Span,
        at: Span,
    ) -> R<Val<'a>> {
        let [x, y] = self.numbers_of("@", [&a, &b], at)?;
        let (left, right) = (self.ty(x), self.ty(y));
        if left.rank() == 0 || right.rank() == 0 || left.dtype == DType::Bool {
            let types = [self.show(&a.0), self.show(&b.0)];
            return Err(self.fail(
                errors::types::operands("@", &types, at)
                    .help("`@` takes vectors and matrices; use `*` for scalars"),
            ));
        }
        let (m, n) = (left.rank() - 1, right.rank().saturating_sub(2));
        if let (Some(p), Some(q)) = (left.shape.get(m), right.shape.get(n))
            && p != q
        {
            return Err(self.shapes_differ("@", (x, a.1), (y, b.1), (p, q), at));
        }
        let side = |value, at, stacks| Side {
            value,
            at,
            stacks,
            dropped: Vec::new(),
        };
        let mut x = side(x, a.1, m.saturating_sub(1));
        let mut y = side(y, b.1, n);
        let from = self.stacks(&mut x, &mut y, at)?;
        self.contracted(&x, &y, &from, at)
    }

    /// How the stacks of both sides go together.
    fn stacks(&mut self, x: &mut Side, y: &mut Side, at: Span) -> R<Vec<Origin>> {
        let (left, right) = (self.ty(x.value), self.ty(y.value));
        let rank = x.stacks.max(y.stacks);
        let mut from = Vec::new();
        for k in 0..rank {
            let (i, j) = (
                (k + x.stacks).checked_sub(rank),
                (k + y.stacks).checked_sub(rank),
            );
            let sizes = (
                i.and_then(|i| left.shape.get(i)),
                j.and_then(|j| right.shape.get(j)),
            );
            from.push(match (i, j, sizes) {
                (Some(i), Some(j), (Some(p), Some(q))) => {
                    if p == q {
                        Origin::Both(i, j)
                    } else if q.is(1) {
                        y.dropped.push(j);
                        Origin::Left
                    } else if p.is(1) {
                        x.dropped.push(i);
                        Origin::Right
                    } else {
                        let sides = ((x.value, x.at), (y.value, y.at));
                        return Err(self.shapes_differ("@", sides.0, sides.1, (p, q), at));
                    }
                }
                (Some(_), ..) => Origin::Left,
                (None, Some(_), _) => Origin::Right,
                (None, None, _) => continue,
            });
        }
        Ok(from)
    }

    /// The product as one contraction, and its axes in the order of the result.
    fn contracted(&mut self, x: &Side, y: &Side, from: &[Origin], at: Span) -> R<Val<'a>> {
        let (a, b) = (self.without_dropped(x, at)?, self.without_dropped(y, at)?);
        let (left, right) = (self.ty(a).rank(), self.ty(b).rank());
        let pair = |from: &Origin| match *from {
            Origin::Both(i, j) => Some((x.renumbered(i), y.renumbered(j))),
            _ => None,
        };
        let batch: Vec<(usize, usize)> = from.iter().filter_map(pair).collect();
        let contract = vec![(left - 1, y.renumbered(y.stacks))];
        // The axes of the result are: both, left alone, the row, right alone, the column.
        let lefts = from.iter().filter(|f| matches!(f, Origin::Left)).count();
        let rows = left - 1 - batch.len() - lefts;
        let rights = from.iter().filter(|f| matches!(f, Origin::Right)).count();
        let columns = right - 1 - batch.len() - rights;
        let row = batch.len() + lefts;
        let column = row + rows + rights;
        let (mut both, mut on_left, mut on_right) = (0.., batch.len().., row + rows..);
        let next = |from: &Origin| match from {
            Origin::Both(..) => both.next(),
            Origin::Left => on_left.next(),
            Origin::Right => on_right.next(),
        };
        let mut axes: Vec<usize> = from.iter().filter_map(next).collect();
        axes.extend(row..row + rows);
        axes.extend(column..column + columns);
        let dot = Dot {
            batch,
            contract,
            order: Order::Any,
        };
        let result = self.emit(dot, &[a, b], at)?;
        match axes.iter().copied().eq(0..axes.len()) {
            true => Ok(Val::Ir(result)),
            false => Ok(Val::Ir(self.emit(Transposed { axes }, &[result], at)?)),
        }
    }

    fn without_dropped(&mut self, side: &Side, at: Span) -> R<Value> {
        if side.dropped.is_empty() {
            return Ok(side.value);
        }
        let ty = self.ty(side.value);
        let all = ty.shape.iter().enumerate();
        let kept = all.filter(|(axis, _)| !side.dropped.contains(axis));
        let shape: Vec<Size> = kept.map(|(_, size)| size.clone()).collect();
        self.emit_as(Reshape, &[side.value], Type::array(ty.dtype, shape), at)
    }
}
