//! Elements at positions that are data: reading them, and adding to them.

use crate::build::builtin::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R};
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::{AccAdd, And, ReduceKind};
use dfn_ir::scalar::Compare;
use dfn_ir::{DType, Scalar, Size, Type, Value};

/// `take(x, indices, axis = 0)`: the parts of `x` at positions of one axis, which the axes of `indices`
/// replace.
pub(super) fn take<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, indices, axis] = elab.given("take", args, at)?;
    let array = elab.of_rank("take", &must(x)?, 1)?;
    let indices = elab.position_array(&must(indices)?)?;
    let axis = elab.one_axis(axis.as_ref(), elab.ty(array).rank(), 0)?;
    elab.check_positions(indices, &elab.axis_size(array, axis), at)?;
    Ok(Val::Ir(elab.taken(array, indices, axis, at)?))
}

/// `take_along(x, indices, axis = 0)`: for each element of `indices` the one of `x` at the same place,
/// but for the position on the axis, which it gives.
pub(super) fn take_along<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, indices, axis] = elab.given("take_along", args, at)?;
    let (x, given) = (must(x)?, must(indices)?);
    let array = elab.of_rank("take_along", &x, 1)?;
    let indices = elab.position_array(&given)?;
    let (ty, shape) = (elab.ty(array), elab.ty(indices).shape.to_vec());
    let axis = elab.one_axis(axis.as_ref(), ty.rank(), 0)?;
    if shape.len() != ty.rank() {
        let wanted = format!("positions with {} axes, as the array has", ty.rank());
        return Err(elab.wrong(&given, &wanted));
    }
    for (k, (a, b)) in ty.shape.iter().zip(&shape).enumerate() {
        if k != axis {
            elab.equal_sizes(&format!("axis {k}"), a, b, given.span)?;
        }
    }
    elab.check_positions(indices, &elab.axis_size(array, axis), at)?;
    Ok(Val::Ir(elab.taken_along(array, indices, axis, at)?))
}

/// `scatter_add(x, indices, values, axis = 0)`: `x` with values added at positions of one axis; what is
/// added at one position several times adds up.
pub(super) fn scatter_add<'a>(elab: &mut Elab<'a>, args: Vec<ArgVal<'a>>, at: Span) -> R<Val<'a>> {
    let [x, indices, values, axis] = elab.given("scatter_add", args, at)?;
    let (x, values) = (must(x)?, must(values)?);
    let array = elab.of_rank("scatter_add", &x, 1)?;
    let indices = elab.position_array(&must(indices)?)?;
    let ty = elab.ty(array);
    let axis = elab.one_axis(axis.as_ref(), ty.rank(), 0)?;
    let added = elab.ir_as(&values.val, Some(ty.dtype), values.span)?;
    if ty.dtype == DType::Bool || elab.ty(added).dtype != ty.dtype {
        let types = [elab.show(&x.val), elab.show(&values.val)];
        let diagnostic = crate::build::errors::types::operands("scatter_add", &types, at);
        return Err(elab.fail(diagnostic.help("array and values are numbers of one type")));
    }
    let mut shape: Vec<Size> = ty.shape.to_vec();
    shape.splice(axis..=axis, elab.ty(indices).shape.iter().cloned());
    let like = elab.filled(
        Scalar::zero(ty.dtype),
        Type::array(ty.dtype, shape.clone()),
        at,
    )?;
    let pairs = [(like, x.span), (added, values.span)];
    let added = elab.broadcast_all("scatter_add", &pairs, at)?;
    let added = added.last().copied().unwrap_or(like);
    if elab.ty(added).shape.as_slice() != shape.as_slice() {
        let wanted = format!("values that fit `{}`", elab.show_type(&elab.ty(like)));
        return Err(elab.wrong(&values, &wanted));
    }
    elab.check_positions(indices, &elab.axis_size(array, axis), at)?;
    let sum = elab.scattered(array, (indices, axis), added, at)?;
    Ok(Val::Ir(sum))
}

impl<'a> Elab<'a> {
    /// An array of positions.
    pub(super) fn position_array(&mut self, arg: &ArgVal<'a>) -> R<Value> {
        let value = self.ir_as(&arg.val, Some(DType::I64), arg.span)?;
        match self.ty(value).dtype {
            DType::I64 => Ok(value),
            _ => Err(self.wrong(arg, "positions of type `i64`")),
        }
    }

    /// Checks all positions in one pass ahead of their use.
    pub(super) fn check_positions(&mut self, indices: Value, size: &Size, at: Span) -> R<()> {
        let ty = self.ty(indices);
        let zero = self.filled(Scalar::I64(0), ty.clone(), at)?;
        let end = self.size_value(size, at)?;
        let end = self.broadcast_to(end, &ty.shape, at)?;
        let low = self.compared(Compare::Le, zero, indices, at)?;
        let high = self.compared(Compare::Lt, indices, end, at)?;
        let inside = self.emit(And, &[low, high], at)?;
        let axes: Vec<usize> = (0..ty.rank()).collect();
        let inside = self.folded(ReduceKind::All, inside, &axes, at)?;
        let message = format!(
            "an index is outside of the axis of size `{}`",
            self.show_size(size)
        );
        self.check(inside, &message, at)
    }

    /// The parts of `array` at positions that are in bounds.
    pub(super) fn taken(
        &mut self,
        array: Value,
        indices: Value,
        axis: usize,
        at: Span,
    ) -> R<Value> {
        let mut extents: Vec<Size> = self.ty(array).shape.to_vec();
        let own = self.ty(indices).shape.to_vec();
        let count = own.len();
        extents.splice(axis..=axis, own);
        self.mapped(&extents, at, |elab, at_index| {
            let place = elab.place_of(indices, at_index, (axis, count), at)?;
            elab.part_at(array, &place, at)
        })
    }

    /// The index into the array: `count` entries of `index` from `axis` on become one position.
    fn place_of(
        &mut self,
        indices: Value,
        index: &[Value],
        (axis, count): (usize, usize),
        at: Span,
    ) -> R<Vec<Value>> {
        let mut place = index.to_vec();
        let inner: Vec<Value> = place.splice(axis..axis + count, []).collect();
        let position = self.part_at(indices, &inner, at)?;
        place.insert(axis, position);
        Ok(place)
    }

    /// The elements of `array` at positions along an axis that are in bounds.
    pub(super) fn taken_along(
        &mut self,
        array: Value,
        indices: Value,
        axis: usize,
        at: Span,
    ) -> R<Value> {
        let extents: Vec<Size> = self.ty(indices).shape.to_vec();
        self.mapped(&extents, at, |elab, index| {
            let mut place = index.to_vec();
            let position = elab.part_at(indices, index, at)?;
            if let Some(slot) = place.get_mut(axis) {
                *slot = position;
            }
            elab.part_at(array, &place, at)
        })
    }

    /// `array` with `added` added at positions that are in bounds.
    fn scattered(
        &mut self,
        array: Value,
        (indices, axis): (Value, usize),
        added: Value,
        at: Span,
    ) -> R<Value> {
        let extents: Vec<Size> = self.ty(added).shape.to_vec();
        let count = self.ty(indices).rank();
        self.accumulated(array, &extents, at, |elab, acc, index| {
            let element = elab.part_at(added, index, at)?;
            let mut operands = vec![acc, element];
            operands.extend(elab.place_of(indices, index, (axis, count), at)?);
            elab.emit(AccAdd, &operands, at)
        })
    }
}
