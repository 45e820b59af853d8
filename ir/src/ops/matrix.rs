//! Small steps that the derivative rules of linear algebra are made of: products, transposes, triangles.

use super::{
    Add, Broadcast, CompareOp, Div, Dot, Index, Iota, Map, Mul, Order, Scale, Select, Sub,
    Transposed,
};
use crate::builder::{Builder, Parts};
use crate::function::Value;
use crate::op::TypeError;
use crate::scalar::{Compare, DType};
use crate::ty::Type;

type Made = Result<Value, TypeError>;

/// A part of a matrix; the rest is taken for zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The diagonal and what is below.
    Lower,
    /// What is below the diagonal.
    StrictLower,
    /// The diagonal and what is above.
    Upper,
    /// What is above the diagonal.
    StrictUpper,
    /// The diagonal.
    Diagonal,
}

/// `xᵀ`
pub(super) fn transpose(b: &mut Builder, x: Value) -> Made {
    b.op(Transposed { axes: vec![1, 0] }, &[x])
}

/// `x y` for matrices and vectors: the last axis of `x` with the first of `y`.
pub(super) fn product(b: &mut Builder, x: Value, y: Value) -> Made {
    let last = b.ty(x).rank().saturating_sub(1);
    contract(b, x, y, (last, 0))
}

/// `xᵀ y` for a matrix `x`.
pub(super) fn transposed_product(b: &mut Builder, x: Value, y: Value) -> Made {
    contract(b, x, y, (0, 0))
}

/// `x yᵀ` for matrices.
pub(super) fn product_transposed(b: &mut Builder, x: Value, y: Value) -> Made {
    contract(b, x, y, (1, 1))
}

fn contract(b: &mut Builder, x: Value, y: Value, axes: (usize, usize)) -> Made {
    let dot = Dot {
        batch: Vec::new(),
        contract: vec![axes],
        order: Order::Any,
    };
    b.op(dot, &[x, y])
}

/// The matrix `x` outside of `part` set to zero.
pub(super) fn only(b: &mut Builder, x: Value, part: Part) -> Made {
    let zero = b.fill(0.0, &b.ty(x).clone())?;
    choose(b, part, x, zero)
}

/// The elements of `x` in `part`, those of `y` elsewhere.
pub(super) fn choose(b: &mut Builder, part: Part, x: Value, y: Value) -> Made {
    let ty = b.ty(x).clone();
    let (rows, columns) = (counted(b, &ty, 0)?, counted(b, &ty, 1)?);
    let (how, args) = match part {
        Part::Lower => (Compare::Le, [columns, rows]),
        Part::StrictLower => (Compare::Lt, [columns, rows]),
        Part::Upper => (Compare::Le, [rows, columns]),
        Part::StrictUpper => (Compare::Lt, [rows, columns]),
        Part::Diagonal => (Compare::Eq, [rows, columns]),
    };
    let inside = b.op(CompareOp { how }, &args)?;
    b.op(Select, &[inside, x, y])
}

/// The position along an axis of each element of a matrix of type `ty`.
fn counted(b: &mut Builder, ty: &Type, axis: usize) -> Made {
    let size = ty.shape.get(axis).cloned().unwrap_or_default();
    let line = b.op_as(Iota, &[], Type::array(DType::I64, [size]))?;
    b.op_as(
        Broadcast { axes: vec![axis] },
        &[line],
        ty.with_dtype(DType::I64),
    )
}

/// The identity matrix with `x`'s element type and number of columns.
pub(super) fn identity_like(b: &mut Builder, x: Value) -> Made {
    let ty = b.ty(x).clone();
    let n = ty.shape.last().cloned().unwrap_or_default();
    let one = b.fill(1.0, &Type::array(ty.dtype, [n.clone(), n]))?;
    only(b, one, Part::Diagonal)
}

/// The matrix of the rows of `x` at the positions in `rows`.
pub(super) fn gather_rows(b: &mut Builder, x: Value, rows: Value) -> Made {
    let extent = b.ty(rows).shape.first().cloned().unwrap_or_default();
    by_index(b, &extent, |b, index| {
        let row = b.op(Index, &[rows, index])?;
        b.op(Index, &[x, row])
    })
}

/// The diagonal of the square matrix `x`.
pub(super) fn diagonal(b: &mut Builder, x: Value) -> Made {
    let extent = b.ty(x).shape.first().cloned().unwrap_or_default();
    by_index(b, &extent, |b, index| b.op(Index, &[x, index, index]))
}

/// The stack of what `each` gives for each index.
fn by_index(
    b: &mut Builder,
    extent: &crate::size::Size,
    each: impl FnOnce(&mut Builder, Value) -> Made,
) -> Made {
    b.open();
    let index = b.param(Type::scalar(DType::I64), None);
    let made = each(b, index);
    let block = b.close(made.iter().copied().collect());
    made?;
    let parts = Parts {
        sizes: [extent.clone()].into_iter().collect(),
        blocks: vec![block],
        ..Parts::default()
    };
    let inst = b.emit(
        Map {
            yields: 1,
            sums: 0,
            accs: 0,
        },
        parts,
    )?;
    let stacked = b.results(inst).first().copied();
    stacked.ok_or_else(|| TypeError::new("the map gives nothing"))
}

/// The matrix of the size of `like` each row of which is `x`.
pub(super) fn as_rows(b: &mut Builder, x: Value, like: Value) -> Made {
    let ty = b.ty(like).clone();
    b.op_as(Broadcast { axes: vec![1] }, &[x], ty)
}

/// The matrix of the size of `like` each column of which is `x`.
pub(super) fn as_columns(b: &mut Builder, x: Value, like: Value) -> Made {
    let ty = b.ty(like).clone();
    b.op_as(Broadcast { axes: vec![0] }, &[x], ty)
}

/// `1 / ((x_j - x_i) (x_j + x_i))`, or without the sum, for all pairs of elements of `x`; 0 on the
/// diagonal. Where two elements are equal this is infinite: what depends on it has no derivative there.
pub(super) fn gaps(b: &mut Builder, x: Value, like: Value, sums: bool) -> Made {
    let (mine, other) = (as_columns(b, x, like)?, as_rows(b, x, like)?);
    let mut gap = b.op(Sub, &[other, mine])?;
    if sums {
        let sum = b.op(Add, &[other, mine])?;
        gap = b.op(Mul, &[gap, sum])?;
    }
    let one = b.fill(1.0, &b.ty(gap).clone())?;
    // The diagonal is excluded before the division, so that no infinity arises there.
    let gap = choose(b, Part::Diagonal, one, gap)?;
    let inverse = b.op(Div, &[one, gap])?;
    let zero = b.fill(0.0, &b.ty(gap).clone())?;
    choose(b, Part::Diagonal, zero, inverse)
}

/// `k x` by elements, where a zero in `x` wins over an infinity in `k`.
pub(super) fn scaled(b: &mut Builder, k: Value, x: Value) -> Made {
    b.op(Scale, &[k, x])
}
