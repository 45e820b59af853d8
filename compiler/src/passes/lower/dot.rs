//! Contractions: the iteration space of a `dot` and the order of its axes.
//!
//! In the order `lanes`, and where there is nothing else to run along, the contracted axes are innermost
//! with an accumulator in registers. Otherwise the last free axis is innermost: a row of the result is
//! updated for each step of the contracted axes, in vectors, so that each element still adds its products
//! in index order. Matrix products are lowered elsewhere ([`super::product`]).

use dfn_ir::function::InstData;
use dfn_ir::ops::{Dot, Order};
use dfn_ir::{Size, Value};

use super::cx::Cx;
use super::error::{Done, internal};

/// The iteration space of a contraction.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) shape: Vec<Size>,
    /// For each axis of the left and right operand its axis in the space.
    pub(super) axes: [Vec<usize>; 2],
    /// For each axis of the result its axis in the space.
    pub(super) kept: Vec<usize>,
    /// The axes from this one on are contracted.
    pub(super) start: usize,
    /// The sizes of the contracted axes.
    pub(super) contracted: Vec<Size>,
    /// Whether in the order `lanes`.
    pub(super) lanes: bool,
}

/// An axis of the space: the axes of both operands that run along it.
type Axis = (Option<usize>, Option<usize>);

impl Space {
    /// The space of the contraction `op` with the operands of `data`.
    pub(super) fn of(cx: &Cx<'_>, op: &Dot, data: &InstData) -> Done<Space> {
        let &[x, y] = data.args.as_slice() else {
            return Err(internal("a contraction has two operands"));
        };
        let shapes = (cx.shape_of(x)?, cx.shape_of(y)?);
        let (x, y) = (shapes.0.len(), shapes.1.len());
        let both = |&(a, b): &(usize, usize)| (Some(a), Some(b));
        let contract: Vec<Axis> = op.contract.iter().map(both).collect();
        let left: Vec<Axis> = op.free(0, x).into_iter().map(|a| (Some(a), None)).collect();
        let right: Vec<Axis> = op.free(1, y).into_iter().map(|b| (None, Some(b))).collect();
        let batch = op.batch.iter().map(both);
        let kept: Vec<Axis> = batch.chain(left.clone()).chain(right.clone()).collect();
        let inner = match op.order {
            Order::Lanes => None,
            Order::Any | Order::Seq => inner_axis(&contract, &left, &right, (x, y)),
        };
        let mut order: Vec<Axis> = kept
            .iter()
            .filter(|a| Some(**a) != inner)
            .copied()
            .collect();
        order.extend(&contract);
        order.extend(inner);
        let find = |fits: &dyn Fn(&Axis) -> bool| order.iter().position(fits).unwrap_or(0);
        let size = |axis: &Axis| {
            let left = axis.0.and_then(|a| shapes.0.get(a));
            left.or(axis.1.and_then(|b| shapes.1.get(b)))
                .cloned()
                .unwrap_or_default()
        };
        Ok(Space {
            shape: order.iter().map(size).collect(),
            axes: [
                (0..x).map(|a| find(&|axis| axis.0 == Some(a))).collect(),
                (0..y).map(|b| find(&|axis| axis.1 == Some(b))).collect(),
            ],
            kept: kept.iter().map(|axis| find(&|a| a == axis)).collect(),
            start: if inner.is_some() {
                order.len()
            } else {
                kept.len()
            },
            contracted: contract.iter().map(size).collect(),
            lanes: op.order == Order::Lanes && !contract.is_empty(),
        })
    }

    /// Whether the operand on `side` is read at the index of the space itself.
    pub(super) fn is_direct(&self, side: usize) -> bool {
        let axes = self.axes.get(side);
        axes.is_some_and(|axes| axes.iter().copied().eq(0..self.shape.len()))
    }

    /// The factors with the axes that they run along.
    pub(super) fn factors(&self, x: Value, y: Value) -> [(Value, Vec<usize>); 2] {
        let [left, right] = self.axes.clone();
        [(x, left), (y, right)]
    }
}

/// The free axis to run along innermost, if that is better than the contracted ones: the last axis of an
/// operand lies element after element.
fn inner_axis(
    contract: &[Axis],
    left: &[Axis],
    right: &[Axis],
    (x, y): (usize, usize),
) -> Option<Axis> {
    let last_of_x = contract.iter().any(|axis| axis.0 == x.checked_sub(1));
    let last_of_y = contract.iter().any(|axis| axis.1 == y.checked_sub(1));
    match (left.last(), right.last()) {
        _ if last_of_x && last_of_y => None,
        (_, Some(&axis)) if !last_of_y => Some(axis),
        (Some(&axis), _) if !last_of_x => Some(axis),
        (left, right) => right.or(left).copied(),
    }
}
