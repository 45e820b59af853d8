//! The small steps that functions on arrays are made of.

use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{
    self, AccNew, AccRead, Broadcast, CompareOp, Iota, Map, Order, Reduce, ReduceKind, Reshape,
    Select, Slice, Transposed,
};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Parts, Scalar, Size, Type, Value};

impl<'a> Elab<'a> {
    /// The axes of `value` in another order.
    pub(super) fn permuted(&mut self, value: Value, axes: Vec<usize>, at: Span) -> R<Value> {
        match axes.iter().copied().eq(0..axes.len()) {
            true => Ok(value),
            false => self.emit(Transposed { axes }, &[value], at),
        }
    }

    /// `value` with axis `from` moved to the place `to`.
    pub(super) fn axis_moved(
        &mut self,
        value: Value,
        from: usize,
        to: usize,
        at: Span,
    ) -> R<Value> {
        let mut axes: Vec<usize> = (0..self.ty(value).rank()).collect();
        let axis = axes.remove(from);
        axes.insert(to, axis);
        self.permuted(value, axes, at)
    }

    /// The same elements in another shape.
    pub(in crate::build::builtin) fn reshaped(
        &mut self,
        value: Value,
        shape: Vec<Size>,
        at: Span,
    ) -> R<Value> {
        let ty = self.ty(value);
        if ty.shape.as_slice() == shape.as_slice() {
            return Ok(value);
        }
        self.emit_as(Reshape, &[value], Type::array(ty.dtype, shape), at)
    }

    /// `count` elements of an axis from `start` on.
    pub(super) fn part_of_axis(
        &mut self,
        value: Value,
        axis: usize,
        start: &Size,
        count: &Size,
        at: Span,
    ) -> R<Value> {
        let mut ty = self.ty(value);
        if start.is(0) && ty.shape.get(axis) == Some(count) {
            return Ok(value);
        }
        if let Some(slot) = ty.shape.get_mut(axis) {
            *slot = count.clone();
        }
        let start = self.size_value(start, at)?;
        self.emit_as(Slice { axis, step: 1 }, &[value, start], ty, at)
    }

    /// The size of an axis.
    pub(super) fn axis_size(&self, value: Value, axis: usize) -> Size {
        self.ty(value).shape.get(axis).cloned().unwrap_or_default()
    }

    /// The number of an element's row, column, …: 0, 1, … along one axis of a shape.
    pub(super) fn positions(&mut self, shape: &[Size], axis: usize, at: Span) -> R<Value> {
        let size = shape.get(axis).cloned().unwrap_or_default();
        let along = self.emit_as(Iota, &[], Type::array(DType::I64, [size]), at)?;
        let to = Type::array(DType::I64, shape.iter().cloned());
        self.emit_as(Broadcast { axes: vec![axis] }, &[along], to, at)
    }

    /// `value` repeated along new axes: its axis `k` becomes `axes[k]` of the shape.
    pub(super) fn spread_over(
        &mut self,
        value: Value,
        axes: Vec<usize>,
        shape: &[Size],
        at: Span,
    ) -> R<Value> {
        let to = Type::array(self.ty(value).dtype, shape.iter().cloned());
        match axes.iter().copied().eq(0..shape.len()) {
            true => Ok(value),
            false => self.emit_as(Broadcast { axes }, &[value], to, at),
        }
    }

    /// An array of one number, of the shape and type of `like`.
    pub(super) fn number_like(&mut self, x: f64, like: Value, at: Span) -> R<Value> {
        let ty = self.ty(like);
        let convert = dfn_ir::scalar::ScalarOp::Convert(ty.dtype);
        let number = dfn_ir::scalar::eval(convert, &[Scalar::F64(x)]);
        self.filled(number.unwrap_or(Scalar::zero(ty.dtype)), ty, at)
    }

    /// A comparison by elements.
    pub(super) fn compared(&mut self, how: Compare, a: Value, b: Value, at: Span) -> R<Value> {
        self.emit(CompareOp { how }, &[a, b], at)
    }

    /// `x` where `condition` holds, else `y`.
    pub(super) fn chosen(&mut self, condition: Value, x: Value, y: Value, at: Span) -> R<Value> {
        self.emit(Select, &[condition, x, y], at)
    }

    /// A reduction along axes.
    pub(super) fn folded(
        &mut self,
        kind: ReduceKind,
        value: Value,
        axes: &[usize],
        at: Span,
    ) -> R<Value> {
        if axes.is_empty() {
            return Ok(value);
        }
        let (axes, order) = (axes.to_vec(), Order::Any);
        self.emit(Reduce { kind, axes, order }, &[value], at)
    }

    /// What a reduction along `axes` of an array of shape `shape` gave, with these axes as axes of size 1
    /// if `keep` says so.
    pub(in crate::build::builtin) fn axes_kept(
        &mut self,
        value: Value,
        shape: &[Size],
        axes: &[usize],
        keep: bool,
        at: Span,
    ) -> R<Value> {
        if !keep {
            return Ok(value);
        }
        let size = |(axis, size): (usize, &Size)| match axes.contains(&axis) {
            true => Size::constant(1),
            false => size.clone(),
        };
        let shape = shape.iter().enumerate().map(size).collect();
        self.reshaped(value, shape, at)
    }

    /// What a reduction along `axes` gave, repeated to the shape before it.
    pub(super) fn unfolded(
        &mut self,
        value: Value,
        shape: &[Size],
        axes: &[usize],
        at: Span,
    ) -> R<Value> {
        let kept = (0..shape.len()).filter(|axis| !axes.contains(axis));
        self.spread_over(value, kept.collect(), shape, at)
    }

    /// Refuses two sizes that should be equal.
    pub(super) fn equal_sizes(&mut self, what: &str, a: &Size, b: &Size, at: Span) -> R<()> {
        match a == b {
            true => Ok(()),
            false => Err(self.sizes_differ(what, a, b, at)),
        }
    }

    /// Makes sure that `a <= b`, by a check at run time if it has to be.
    pub(super) fn at_most(&mut self, a: &Size, b: &Size, message: &str, at: Span) -> R<()> {
        let gap = self.size_result(b.checked_sub(a), at)?;
        if self.cx.facts.proves_natural(&gap) {
            return Ok(());
        }
        if gap.as_constant().is_some() && self.always_runs() {
            let (a, b) = (self.show_size(a), self.show_size(b));
            return Err(self.fail(errors::sizes::out_of_bounds(&a, &b, at)));
        }
        let (a, b) = (self.size_value(a, at)?, self.size_value(b, at)?);
        let holds = self.compared(Compare::Le, a, b, at)?;
        self.check(holds, message, at)
    }

    /// `initial` as an accumulator, after additions that `body` makes for each index of `extents`.
    pub(super) fn accumulated(
        &mut self,
        initial: Value,
        extents: &[Size],
        at: Span,
        body: impl FnOnce(&mut Self, Value, &[Value]) -> R<Value>,
    ) -> R<Value> {
        let acc = self.emit(AccNew, &[initial], at)?;
        let ty = self.ty(acc);
        self.cx.b.open();
        let index = Type::scalar(DType::I64);
        let indices: Vec<Value> = extents
            .iter()
            .map(|_| self.cx.b.param(index.clone(), None))
            .collect();
        let inner = self.cx.b.param(ty, None);
        let result = body(self, inner, &indices);
        let block = self.cx.b.close(result.iter().copied().collect());
        result?;
        let parts = Parts {
            args: [acc].into_iter().collect(),
            sizes: extents.iter().cloned().collect(),
            blocks: vec![block],
            wanted: Vec::new(),
        };
        let (yields, sums, accs) = (0, 0, 1);
        let results = self.emit_parts(Map { yields, sums, accs }, parts, at)?;
        let acc = results.first().copied().ok_or(Reported)?;
        self.emit(AccRead, &[acc], at)
    }

    /// The part of `value` at leading indices.
    pub(super) fn part_at(&mut self, value: Value, indices: &[Value], at: Span) -> R<Value> {
        let mut operands = vec![value];
        operands.extend(indices);
        self.emit(ops::Index, &operands, at)
    }

    /// A `map` whose region gives one value for each index.
    pub(super) fn mapped(
        &mut self,
        extents: &[Size],
        at: Span,
        body: impl FnOnce(&mut Self, &[Value]) -> R<Value>,
    ) -> R<Value> {
        let val = self.map_region(extents, at, |elab, indices| {
            body(elab, indices).map(Val::Ir)
        })?;
        self.ir(&val, at)
    }
}
