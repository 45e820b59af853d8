//! A contraction in which an exact zero of the tangent wins over an infinite or NaN coefficient.
//!
//! See `docs/differentiation.md`, "Masked infinities". A matrix is seldom infinite anywhere, and then the
//! plain contraction is right; so the primal finds out once, and the linear function branches.

use super::{Abs, Broadcast, CompareOp, Dot, If, Order, Reduce, ReduceKind, Scale, Transposed};
use crate::builder::{Builder, Parts};
use crate::derive::Linearize;
use crate::function::{Block, Value};
use crate::op::{RuleError, TypeError};
use crate::scalar::Compare;
use crate::size::Size;
use crate::ty::Type;

/// Contractions of at most so many products are multiplied out without a branch.
const SMALL: i64 = 64;

/// A contraction of a tangent, the operand `side`, with a coefficient of the primal.
pub(super) struct StrongDot<'a> {
    pub(super) op: &'a Dot,
    pub(super) side: usize,
}

// k finite ? dx · k : Σ scale(k, dx).
impl StrongDot<'_> {
    pub(super) fn emit(
        &self,
        cx: &mut Linearize<'_>,
        coefficient: Value,
        tangent: Value,
    ) -> Result<Value, RuleError> {
        let finite = match self.is_small(cx, coefficient, tangent) {
            true => None,
            false => Some(is_finite(&mut cx.primal, coefficient)?),
        };
        let coefficient = cx.residual(coefficient)?;
        let Some(finite) = finite else {
            return Ok(self.multiplied_out(&mut cx.lin, coefficient, tangent)?);
        };
        let finite = cx.residual(finite)?;
        cx.lin.open();
        let (x, y) = super::dot::in_order(tangent, coefficient, self.side);
        let plain = cx.lin.op(self.op.clone(), &[x, y])?;
        let plain: Block = cx.lin.close(vec![plain]);
        cx.lin.open();
        let strong = self.multiplied_out(&mut cx.lin, coefficient, tangent)?;
        let strong: Block = cx.lin.close(vec![strong]);
        let parts = Parts {
            args: [finite].into_iter().collect(),
            blocks: vec![plain, strong],
            ..Parts::default()
        };
        let inst = cx.lin.emit(If, parts)?;
        super::elementwise::first(cx.lin.results(inst))
    }

    fn is_small(&self, cx: &Linearize<'_>, coefficient: Value, tangent: Value) -> bool {
        let own = cx.lin.ty(tangent);
        let other = cx.primal.ty(coefficient);
        let free = self.op.free(1 - self.side, other.rank());
        let free = free.iter().filter_map(|&axis| other.shape.get(axis));
        let mut sizes = own.shape.iter().chain(free).map(Size::as_constant);
        let product = sizes.try_fold(1i64, |product, size| product.checked_mul(size?));
        product.is_some_and(|product| product <= SMALL)
    }

    /// The sum of the products over the contracted axes, each made by `scale`.
    fn multiplied_out(
        &self,
        b: &mut Builder,
        coefficient: Value,
        tangent: Value,
    ) -> Result<Value, TypeError> {
        let (x, y) = super::dot::in_order(tangent, coefficient, self.side);
        let space = self.space(b, x, y);
        let x = self.spread(b, x, 0, &space)?;
        let y = self.spread(b, y, 1, &space)?;
        let products = b.op(Scale, &[x, y])?;
        let kept = space.rank() - self.op.contract.len();
        let sum = Reduce {
            kind: ReduceKind::Sum,
            axes: (kept..space.rank()).collect(),
            order: Order::Any,
        };
        b.op(sum, &[products])
    }

    /// All products: batch axes, free axes of either operand, contracted axes.
    fn space(&self, b: &Builder, x: Value, y: Value) -> Type {
        let (x, y) = (b.ty(x), b.ty(y));
        let batch = self.op.batch.iter().map(|&(a, _)| (x, a));
        let left = self.op.free(0, x.rank()).into_iter().map(|a| (x, a));
        let right = self.op.free(1, y.rank()).into_iter().map(|a| (y, a));
        let contract = self.op.contract.iter().map(|&(a, _)| (x, a));
        let axes = batch.chain(left).chain(right).chain(contract);
        let shape = axes.filter_map(|(ty, a)| ty.shape.get(a).cloned());
        Type::array(x.dtype, shape)
    }

    /// An operand, the left (0) or right (1) one, repeated over the axes that it lacks.
    fn spread(
        &self,
        b: &mut Builder,
        value: Value,
        side: usize,
        space: &Type,
    ) -> Result<Value, TypeError> {
        let rank = b.ty(value).rank();
        let on = |pair: &(usize, usize)| if side == 0 { pair.0 } else { pair.1 };
        let free = self.op.free(side, rank);
        let batch = self.op.batch.iter().map(on);
        let contract = self.op.contract.iter().map(on);
        let order: Vec<usize> = batch.chain(free.iter().copied()).chain(contract).collect();
        let first_contracted = space.rank() - self.op.contract.len();
        let start = match side {
            0 => self.op.batch.len(),
            _ => first_contracted - free.len(),
        };
        let axes = (0..self.op.batch.len())
            .chain(start..start + free.len())
            .chain(first_contracted..space.rank())
            .collect();
        let value = match order.iter().copied().eq(0..rank) {
            true => value,
            false => b.op(Transposed { axes: order }, &[value])?,
        };
        b.op_as(Broadcast { axes }, &[value], space.clone())
    }
}

/// Whether no element is infinite or NaN.
fn is_finite(b: &mut Builder, value: Value) -> Result<Value, TypeError> {
    let ty = b.ty(value).clone();
    let size = b.op(Abs, &[value])?;
    let infinity = b.fill(f64::INFINITY, &ty)?;
    let how = Compare::Lt;
    let below = b.op(CompareOp { how }, &[size, infinity])?;
    let all = Reduce {
        kind: ReduceKind::All,
        axes: (0..ty.rank()).collect(),
        order: Order::Any,
    };
    b.op(all, &[below])
}
