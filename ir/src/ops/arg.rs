//! The place of the largest or smallest element, written with other operations. It has no tangent.

use super::{Broadcast, CompareOp, Iota, Or, Order, Reduce, ReduceKind, Select};
use crate::builder::Builder;
use crate::function::Value;
use crate::op::TypeError;
use crate::scalar::{Compare, DType};
use crate::size::Size;
use crate::ty::Type;

/// The index along `axis` of the largest (`Max`) or smallest (`Min`) element of `x`, as `i64`: the lowest
/// one of several, and that of the first NaN if there is one. The axis must not be empty.
pub fn arg_extremum(
    b: &mut Builder,
    kind: ReduceKind,
    x: Value,
    axis: usize,
) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let size = ty.shape.get(axis).cloned();
    let size: Size = size.ok_or_else(|| TypeError::new("there is no such axis"))?;
    let reduce = Reduce {
        kind,
        axes: vec![axis],
        order: Order::Any,
    };
    let best = b.op(reduce.clone(), &[x])?;
    let best = super::reduce::spread(b, best, &[axis], ty.clone())?;
    let mut hit = b.op(CompareOp { how: Compare::Eq }, &[x, best])?;
    if ty.dtype.is_float() {
        let nan = b.op(CompareOp { how: Compare::Ne }, &[x, x])?;
        hit = b.op(Or, &[hit, nan])?;
    }
    let index = ty.with_dtype(DType::I64);
    let places = b.op_as(Iota, &[], Type::array(DType::I64, [size.clone()]))?;
    let places = b.op_as(Broadcast { axes: vec![axis] }, &[places], index.clone())?;
    let end = b.size(&size)?;
    let end = b.op_as(Broadcast { axes: Vec::new() }, &[end], index)?;
    let candidates = b.op(Select, &[hit, places, end])?;
    b.op(
        Reduce {
            kind: ReduceKind::Min,
            ..reduce
        },
        &[candidates],
    )
}
