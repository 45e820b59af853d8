//! The derivative of a product over axes, right where factors are zero.
//!
//! The partial derivative in a factor is the product of the others: those before it times those after it,
//! each taken by a loop along the reduced axes. Dividing the product by the factor would fail at zeros.

use super::reduce::begin;
use super::{For, Index, Mul, Reduce, Reshape, Transposed};
use crate::builder::{Builder, Parts};
use crate::derive::{Linearize, Step};
use crate::function::Value;
use crate::op::{RuleError, TypeError};
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;

// d Π x = Σ (product of the others) dx.
pub(super) fn linearize(
    op: &Reduce,
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
) -> Result<(), RuleError> {
    let Some((x, result, tangent)) = begin(cx, step)? else {
        return Ok(());
    };
    let others = others(&mut cx.primal, x, &op.axes)?;
    let parts = cx.scale(others, tangent)?;
    let tangent = cx.lin.op(op.sum(), &[parts])?;
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

/// For each element the product of the others along `axes`.
fn others(b: &mut Builder, x: Value, axes: &[usize]) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let kept = (0..ty.rank()).filter(|a| !axes.contains(a));
    let order = Transposed {
        axes: axes.iter().copied().chain(kept).collect(),
    };
    let front = b.op(order.clone(), &[x])?;
    let front_ty = b.ty(front).clone();
    let mut count = front_ty.shape.iter().take(axes.len());
    let count = count.try_fold(Size::constant(1), |n, size| n.checked_mul(size));
    let count = count.ok_or_else(|| TypeError::new("the size overflows"))?;
    let row = front_ty.drop_axes(axes.len());
    let rows = b.op_as(Reshape, &[front], row.stacked(std::slice::from_ref(&count)))?;
    let before = products(b, rows, &count, &row, For { reverse: false })?;
    let after = products(b, rows, &count, &row, For { reverse: true })?;
    let product = b.op(Mul, &[before, after])?;
    let product = b.op_as(Reshape, &[product], front_ty)?;
    b.op(order.inverse(), &[product])
}

/// For each row the product of the rows that the loop meets before it.
fn products(
    b: &mut Builder,
    rows: Value,
    count: &Size,
    row: &Type,
    direction: For,
) -> Result<Value, TypeError> {
    let one = b.fill(1.0, row)?;
    b.open();
    let index = b.param(Type::scalar(DType::I64), None);
    let product = b.param(row.clone(), None);
    let factor = b.op(Index, &[rows, index])?;
    let next = b.op(Mul, &[product, factor])?;
    let block = b.close(vec![next, product]);
    let parts = Parts {
        args: [one].into_iter().collect(),
        sizes: [count.clone()].into_iter().collect(),
        blocks: vec![block],
        wanted: Vec::new(),
    };
    let inst = b.emit(direction, parts)?;
    let stacked = b.results(inst).get(1).copied();
    stacked.ok_or_else(|| TypeError::new("the loop stacks nothing"))
}
