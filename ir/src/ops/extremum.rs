//! The derivative of the largest and of the smallest element.
//!
//! Mostly one element alone is the largest: then its place is all that the derivative needs, and the
//! tangent is read there, in each row where rows are reduced. Only where several are equal does the
//! derivative go through all of them.

use super::elementwise::first;
use super::reduce::{Reduce, ReduceKind, begin, spread};
use super::{Broadcast, CompareOp, Const, Convert, Div, If, Index, Iota, Map, Mul, Select};
use crate::builder::{Builder, Parts};
use crate::derive::{Linearize, Step};
use crate::function::Value;
use crate::op::{RuleError, TypeError};
use crate::scalar::{Compare, DType, Scalar};
use crate::size::Size;
use crate::ty::Type;

/// Where so many elements are reduced to one, arrays are taken apart into scalars, for which a place known
/// late is of no use.
const FEW: i64 = 9;

/// The tangent of `reduce x {kind = max}` or `min`.
pub(super) fn linearize(
    op: &Reduce,
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
) -> Result<(), RuleError> {
    let Some((x, result, tangent)) = begin(cx, step)? else {
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

/// Whether more than a few elements are reduced to one.
fn reads_one(op: &Reduce, ty: &Type) -> bool {
    let sizes = op.axes.iter().filter_map(|&axis| ty.shape.get(axis));
    let mut sizes = sizes.map(|size| size.as_constant());
    let count = sizes.try_fold(1_i64, |n, size| n.checked_mul(size?));
    !op.axes.is_empty() && count.is_none_or(|n| n > FEW)
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
    let ties = b.op(op.sum(), &[mask])?;
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
    lin.op(op.sum(), &[parts])
}

// d max x = dx at the place of y if one element alone equals y, in each row; else as above.
fn at_place(
    op: &Reduce,
    cx: &mut Linearize<'_>,
    (x, result): (Value, Value),
    tangent: Value,
) -> Result<Value, RuleError> {
    let (alone, place) = place(op, &mut cx.primal, x, result)?;
    let alone = cx.residual(alone)?;
    let mut places = Vec::new();
    for index in place {
        places.push(cx.residual(index)?);
    }
    let (x, result) = (cx.residual(x)?, cx.residual(result)?);
    cx.lin.open();
    let elements = at_places(op, &mut cx.lin, tangent, &places)?;
    let then = cx.lin.close(vec![elements]);
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

/// The element of `x` in each row, of which `places` says the indices along the reduced axes.
fn at_places(op: &Reduce, b: &mut Builder, x: Value, places: &[Value]) -> Result<Value, RuleError> {
    let shape = b.ty(x).shape.to_vec();
    if op.axes.len() == shape.len() {
        return Ok(element(b, x, places)?);
    }
    let kept = |axis: &usize| !op.axes.contains(axis);
    let extents = shape.iter().enumerate().filter(|(axis, _)| kept(axis));
    let extents: Vec<Size> = extents.map(|(_, size)| size.clone()).collect();
    b.open();
    let number = |_: &Size| b.param(Type::scalar(DType::I64), None);
    let row: Vec<Value> = extents.iter().map(number).collect();
    let mut of_axes = Vec::new();
    for &place in places {
        of_axes.push(element(b, place, &row)?);
    }
    let (mut of_row, mut of_axes) = (row.into_iter(), of_axes.into_iter());
    let place = (0..shape.len()).filter_map(|axis| match kept(&axis) {
        true => of_row.next(),
        false => of_axes.next(),
    });
    let place: Vec<Value> = place.collect();
    let found = element(b, x, &place)?;
    let parts = Parts {
        sizes: extents.into_iter().collect(),
        blocks: vec![b.close(vec![found])],
        ..Parts::default()
    };
    let stacked = Map {
        yields: 1,
        sums: 0,
        accs: 0,
    };
    let inst = b.emit(stacked, parts)?;
    first(b.results(inst))
}

fn element(b: &mut Builder, array: Value, place: &[Value]) -> Result<Value, TypeError> {
    let args: Vec<Value> = [array].into_iter().chain(place.iter().copied()).collect();
    b.op(Index, &args)
}

/// Whether one element alone equals the result, in each row, and for each reduced axis the sums of the
/// indices of those that do: of one alone, its place.
fn place(
    op: &Reduce,
    b: &mut Builder,
    x: Value,
    result: Value,
) -> Result<(Value, Vec<Value>), TypeError> {
    let ty = b.ty(x).with_dtype(DType::I64);
    let is_best = is_best(op, b, x, result)?;
    let ones = b.op(Convert { to: DType::I64 }, &[is_best])?;
    let ties = b.op(op.sum(), &[ones])?;
    let ties_ty = b.ty(ties).clone();
    let one = whole(b, 1, ties_ty)?;
    let mut alone = b.op(CompareOp { how: Compare::Eq }, &[ties, one])?;
    let rank = b.ty(alone).rank();
    if rank > 0 {
        let every = Reduce {
            kind: ReduceKind::All,
            axes: (0..rank).collect(),
            ..op.clone()
        };
        alone = b.op(every, &[alone])?;
    }
    let zeros = whole(b, 0, ty.clone())?;
    let mut place = Vec::new();
    let sizes = ty.shape.iter().enumerate();
    for (axis, size) in sizes.filter(|(axis, _)| op.axes.contains(axis)) {
        let row = Type::array(DType::I64, [size.clone()]);
        let numbers = b.op_as(Iota, &[], row)?;
        let numbers = b.op_as(Broadcast { axes: vec![axis] }, &[numbers], ty.clone())?;
        let numbers = b.op(Select, &[is_best, numbers, zeros])?;
        place.push(b.op(op.sum(), &[numbers])?);
    }
    Ok((alone, place))
}

/// An array of one integer.
fn whole(b: &mut Builder, n: i64, ty: Type) -> Result<Value, TypeError> {
    let value = Scalar::I64(n);
    b.op_as(Const { value }, &[], ty)
}
