//! The derivative of the largest and of the smallest element.
//!
//! Mostly one element alone is the largest: then its place is all that the derivative needs, and the
//! tangent is read there. Only where several are equal does the derivative go through all of them.

use super::elementwise::first;
use super::reduce::{Reduce, ReduceKind, spread};
use super::{Broadcast, CompareOp, Const, Convert, Div, If, Index, Iota, Mul, Select};
use crate::builder::{Builder, Parts};
use crate::derive::{Linearize, Step};
use crate::function::Value;
use crate::op::{RuleError, TypeError};
use crate::scalar::{Compare, DType, Scalar};
use crate::ty::Type;

/// Arrays of so many elements are taken apart into scalars, for which a place known late is of no use.
const FEW: i64 = 9;

/// The tangent of `reduce x {kind = max}` or `min`.
pub(super) fn linearize(
    op: &Reduce,
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
) -> Result<(), RuleError> {
    let result = first(&cx.copy(step))?;
    let x = first(step.args)?;
    let Some(tangent) = cx.tangent(x) else {
        return Ok(());
    };
    let tangent = match reads_one(op, cx.primal.ty(x)) {
        true => at_place(op, cx, (x, result), tangent)?,
        false => {
            let share = share(op, &mut cx.primal, x, result)?;
            let share = cx.residual(share)?;
            shared(op, &mut cx.lin, share, tangent)?
        }
    };
    cx.set_tangent(result, Some(tangent));
    Ok(())
}

/// Whether all elements are reduced to one, and there are more than a few.
fn reads_one(op: &Reduce, ty: &Type) -> bool {
    let mut sizes = ty.shape.iter().map(|size| size.as_constant());
    let count = sizes.try_fold(1_i64, |n, size| n.checked_mul(size?));
    op.axes.len() == ty.rank() && ty.rank() > 0 && count.is_none_or(|n| n > FEW)
}

fn sum(op: &Reduce) -> Reduce {
    Reduce {
        kind: ReduceKind::Sum,
        ..op.clone()
    }
}

/// The elements of `x` that equal the result.
fn is_best(op: &Reduce, b: &mut Builder, x: Value, result: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let best = spread(b, result, &op.axes, ty)?;
    b.op(CompareOp { how: Compare::Eq }, &[x, best])
}

// [x = y] / (number of ties).
fn share(op: &Reduce, b: &mut Builder, x: Value, result: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let is_best = is_best(op, b, x, result)?;
    let mask = b.op(Convert { to: ty.dtype }, &[is_best])?;
    let ties = b.op(sum(op), &[mask])?;
    let ties = spread(b, ties, &op.axes, ty)?;
    b.op(Div, &[mask, ties])
}

// d max x = Σ [x = y] dx / (number of ties).
fn shared(
    op: &Reduce,
    lin: &mut Builder,
    share: Value,
    tangent: Value,
) -> Result<Value, TypeError> {
    let parts = lin.op(Mul, &[share, tangent])?;
    lin.op(sum(op), &[parts])
}

// d max x = dx at the place of y if one element alone equals y; else as above.
fn at_place(
    op: &Reduce,
    cx: &mut Linearize<'_>,
    (x, result): (Value, Value),
    tangent: Value,
) -> Result<Value, RuleError> {
    let (alone, place) = place(op, &mut cx.primal, x, result)?;
    let alone = cx.residual(alone)?;
    let mut args = vec![tangent];
    for index in place {
        args.push(cx.residual(index)?);
    }
    let (x, result) = (cx.residual(x)?, cx.residual(result)?);
    cx.lin.open();
    let element = cx.lin.op(Index, &args)?;
    let then = cx.lin.close(vec![element]);
    cx.lin.open();
    let share = share(op, &mut cx.lin, x, result)?;
    let all = shared(op, &mut cx.lin, share, tangent)?;
    let other = cx.lin.close(vec![all]);
    let parts = Parts {
        args: [alone].into_iter().collect(),
        blocks: vec![then, other],
        ..Parts::default()
    };
    let inst = cx.lin.emit(If, parts)?;
    first(cx.lin.results(inst))
}

/// Whether one element alone equals the result, and the sums of the indices of those that do: of one
/// alone, its place.
fn place(
    op: &Reduce,
    b: &mut Builder,
    x: Value,
    result: Value,
) -> Result<(Value, Vec<Value>), TypeError> {
    let ty = b.ty(x).with_dtype(DType::I64);
    let is_best = is_best(op, b, x, result)?;
    let ones = b.op(Convert { to: DType::I64 }, &[is_best])?;
    let ties = b.op(sum(op), &[ones])?;
    let one = b.constant(Scalar::I64(1))?;
    let alone = b.op(CompareOp { how: Compare::Eq }, &[ties, one])?;
    let zeros = b.op_as(
        Const {
            value: Scalar::I64(0),
        },
        &[],
        ty.clone(),
    )?;
    let mut place = Vec::new();
    for (axis, size) in ty.shape.iter().enumerate() {
        let row = Type::array(DType::I64, [size.clone()]);
        let numbers = b.op_as(Iota, &[], row)?;
        let numbers = b.op_as(Broadcast { axes: vec![axis] }, &[numbers], ty.clone())?;
        let numbers = b.op(Select, &[is_best, numbers, zeros])?;
        place.push(b.op(sum(op), &[numbers])?);
    }
    Ok((alone, place))
}
