//! Views: where the elements of an array are, as polynomials of SSA values and loop counters.

use dfn_ir::loops::Var;
use dfn_ir::{DType, Size, Value};

use super::error::{Done, LowerError};

/// An array in memory: element `i, j, …` is at `offset + i * strides[0] + j * strides[1] + …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) buffer: Var,
    pub(super) dtype: DType,
    pub(super) offset: Size,
    pub(super) strides: Vec<Size>,
    pub(super) shape: Vec<Size>,
}

/// `a + b`
pub(super) fn plus(a: &Size, b: &Size) -> Done<Size> {
    a.checked_add(b).ok_or_else(overflow)
}

/// `a * b`
pub(super) fn times(a: &Size, b: &Size) -> Done<Size> {
    a.checked_mul(b).ok_or_else(overflow)
}

/// A coefficient of a size does not fit into 64 bits.
pub(super) fn overflow() -> LowerError {
    LowerError::new("a size overflows 64 bits")
}

/// The product of `shape`.
pub(super) fn product(shape: &[Size]) -> Done<Size> {
    let one = Size::constant(1);
    shape.iter().try_fold(one, |all, size| times(&all, size))
}

/// The strides of an array of this shape, row by row.
pub(super) fn row_major(shape: &[Size]) -> Done<Vec<Size>> {
    let mut strides = Vec::new();
    let mut stride = Size::constant(1);
    for size in shape.iter().rev() {
        strides.push(stride.clone());
        stride = times(&stride, size)?;
    }
    strides.reverse();
    Ok(strides)
}

/// `size` as `rest + coefficient * of` with `of` in neither; `None` if it is not linear in `of`.
pub(super) fn split(size: &Size, of: Value) -> Option<(Size, Size)> {
    let mut rest = Size::default();
    let mut coefficient = Size::default();
    for (monomial, k) in size.terms() {
        let others = monomial.iter().filter(|v| **v != of);
        let mut term = Size::constant(k);
        for &value in others.clone() {
            term = term.checked_mul(&Size::value(value))?;
        }
        match monomial.len() - others.count() {
            0 => rest = rest.checked_add(&term)?,
            1 => coefficient = coefficient.checked_add(&term)?,
            _ => return None,
        }
    }
    Some((rest, coefficient))
}

/// All terms but the last, and the last; `None` for 0.
pub(super) fn split_last(size: &Size) -> Option<(Size, Size)> {
    let mut front = Size::default();
    let mut last = None;
    for (monomial, k) in size.terms() {
        let mut term = Size::constant(k);
        for &value in monomial {
            term = term.checked_mul(&Size::value(value))?;
        }
        if let Some(before) = last.replace(term) {
            front = front.checked_add(&before)?;
        }
    }
    Some((front, last?))
}

impl View {
    /// All of a buffer, row by row.
    pub(super) fn whole(buffer: Var, dtype: DType, shape: Vec<Size>) -> Done<View> {
        Ok(View {
            buffer,
            dtype,
            offset: Size::default(),
            strides: row_major(&shape)?,
            shape,
        })
    }

    /// The position of an element.
    pub(super) fn place(&self, index: &[Size]) -> Done<Size> {
        let mut place = self.offset.clone();
        for (i, stride) in index.iter().zip(&self.strides) {
            place = plus(&place, &times(i, stride)?)?;
        }
        Ok(place)
    }

    /// The part at leading indices.
    pub(super) fn part(&self, index: &[Size]) -> Done<View> {
        let skip = |list: &[Size]| list.iter().skip(index.len()).cloned().collect();
        Ok(View {
            offset: self.place(index)?,
            strides: skip(&self.strides),
            shape: skip(&self.shape),
            ..self.clone()
        })
    }

    /// Whether the elements lie row by row without gaps. Strides of axes with one element do not count.
    pub(super) fn is_contiguous(&self) -> bool {
        let Ok(wanted) = row_major(&self.shape) else {
            return false;
        };
        let mut axes = self.shape.iter().zip(self.strides.iter().zip(&wanted));
        axes.all(|(size, (stride, wanted))| size.is(1) || stride == wanted)
    }

    /// Axis `k` of the result is axis `axes[k]` of this.
    pub(super) fn transpose(&self, axes: &[usize]) -> View {
        let pick = |list: &[Size]| axes.iter().filter_map(|&a| list.get(a).cloned()).collect();
        View {
            strides: pick(&self.strides),
            shape: pick(&self.shape),
            ..self.clone()
        }
    }

    /// Axis `k` of this becomes axis `axes[k]` of `shape`; the others repeat.
    pub(super) fn broadcast(&self, axes: &[usize], shape: Vec<Size>) -> View {
        let mut strides = vec![Size::default(); shape.len()];
        for (&axis, stride) in axes.iter().zip(&self.strides) {
            if let Some(slot) = strides.get_mut(axis) {
                slot.clone_from(stride);
            }
        }
        View {
            strides,
            shape,
            ..self.clone()
        }
    }

    /// The elements `start + k * step` along an axis, in a view of `shape`.
    pub(super) fn slice(
        &self,
        axis: usize,
        start: &Size,
        step: i64,
        shape: Vec<Size>,
    ) -> Done<View> {
        let mut view = self.clone();
        if let Some(stride) = view.strides.get_mut(axis) {
            view.offset = plus(&self.offset, &times(start, stride)?)?;
            *stride = times(stride, &Size::constant(step))?;
        }
        view.shape = shape;
        Ok(view)
    }

    /// The elements `i * step + k * dilation` of an axis, with `k` on a new last axis, in a view of `shape`.
    pub(super) fn window(
        &self,
        (axis, step, dilation): (usize, i64, i64),
        shape: Vec<Size>,
    ) -> Done<View> {
        let mut view = self.clone();
        if let Some(stride) = view.strides.get_mut(axis) {
            let distance = times(stride, &Size::constant(dilation))?;
            *stride = times(stride, &Size::constant(step))?;
            view.strides.push(distance);
        }
        view.shape = shape;
        Ok(view)
    }

    /// The same elements in another shape, where strides can say it: if they lie row by row, or if only
    /// axes with one element come or go.
    pub(super) fn reshape(&self, shape: &[Size]) -> Done<Option<View>> {
        if self.is_contiguous() {
            let strides = row_major(shape)?;
            let shape = shape.to_vec();
            return Ok(Some(View {
                strides,
                shape,
                ..self.clone()
            }));
        }
        let mut old = self.shape.iter().zip(&self.strides);
        let mut old = old.by_ref().filter(|(size, _)| !size.is(1));
        let mut strides = Vec::new();
        for size in shape {
            let stride = match size.is(1) {
                true => Size::default(),
                false => match old.next() {
                    Some((same, stride)) if same == size => stride.clone(),
                    _ => return Ok(None),
                },
            };
            strides.push(stride);
        }
        let rest = old.next().is_none();
        let shape = shape.to_vec();
        Ok(rest.then(|| View {
            strides,
            shape,
            ..self.clone()
        }))
    }
}
