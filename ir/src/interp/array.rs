//! Arrays as the interpreter holds them: row-major elements, shared until someone writes.

use crate::scalar::{DType, Scalar};
use smallvec::SmallVec;
use std::rc::Rc;

/// The sizes of an array, outermost first.
pub type Dims = SmallVec<[usize; 4]>;

#[derive(Clone, Debug)]
enum Data<E> {
    /// The element of a scalar, without a box.
    One(E),
    /// Row by row; a write copies them first if they are shared.
    Many(Rc<Vec<E>>),
}

/// A scalar, an array or the contents of an accumulator; cheap to clone.
#[derive(Clone, Debug)]
pub struct Array<E = Scalar> {
    dtype: DType,
    dims: Dims,
    data: Data<E>,
}

/// The number of elements of an array with these sizes.
pub(crate) fn volume(dims: &[usize]) -> usize {
    dims.iter().product()
}

impl<E: Copy> Array<E> {
    /// A scalar.
    pub fn scalar(dtype: DType, element: E) -> Array<E> {
        Array {
            dtype,
            dims: Dims::new(),
            data: Data::One(element),
        }
    }

    /// An array of `elements`, row by row; `None` if their number does not fit `dims`.
    pub fn new(dtype: DType, dims: &[usize], elements: Vec<E>) -> Option<Array<E>> {
        if volume(dims) != elements.len() {
            return None;
        }
        let data = match (dims, elements.as_slice()) {
            ([], &[one]) => Data::One(one),
            _ => Data::Many(Rc::new(elements)),
        };
        Some(Array {
            dtype,
            dims: Dims::from_slice(dims),
            data,
        })
    }

    /// The type of an element.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The sizes, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The elements, row by row.
    pub fn elements(&self) -> &[E] {
        match &self.data {
            Data::One(element) => std::slice::from_ref(element),
            Data::Many(elements) => elements,
        }
    }

    /// Whether a write would have to copy the elements.
    pub(crate) fn is_shared(&self) -> bool {
        match &self.data {
            Data::One(_) => false,
            Data::Many(elements) => Rc::strong_count(elements) > 1,
        }
    }

    /// The elements to write to; copied first if they are shared.
    pub(crate) fn elements_mut(&mut self) -> &mut [E] {
        match &mut self.data {
            Data::One(element) => std::slice::from_mut(element),
            Data::Many(elements) => Rc::make_mut(elements).as_mut_slice(),
        }
    }

    /// The distances of neighbours along each axis.
    pub(crate) fn strides(&self) -> SmallVec<[i64; 4]> {
        strides(&self.dims)
    }

    /// The same elements in another shape.
    pub(crate) fn reshaped(self, dims: &[usize]) -> Option<Array<E>> {
        if volume(dims) != self.elements().len() {
            return None;
        }
        let data = match (dims, self.data) {
            ([], Data::Many(elements)) => Data::One(*elements.first()?),
            ([_, ..], Data::One(element)) => Data::Many(Rc::new(vec![element])),
            (_, data) => data,
        };
        Some(Array {
            dtype: self.dtype,
            dims: Dims::from_slice(dims),
            data,
        })
    }
}

impl Array<Scalar> {
    /// A scalar.
    pub fn of(element: Scalar) -> Array {
        Array::scalar(element.dtype(), element)
    }
}

/// Equal type, shape and bits; all NaNs are the same.
impl PartialEq for Array<Scalar> {
    fn eq(&self, other: &Array<Scalar>) -> bool {
        self.dtype == other.dtype && self.dims == other.dims && self.elements() == other.elements()
    }
}

/// The distances of neighbours along each axis of a row-major array.
pub(crate) fn strides(dims: &[usize]) -> SmallVec<[i64; 4]> {
    let mut strides: SmallVec<[i64; 4]> = SmallVec::new();
    let mut stride = 1;
    for &size in dims.iter().rev() {
        strides.push(stride);
        stride *= size as i64;
    }
    strides.reverse();
    strides
}

/// Positions in memory of all index tuples below `dims`, in row-major order.
#[derive(Debug)]
pub(crate) struct Offsets {
    dims: Dims,
    strides: SmallVec<[i64; 4]>,
    index: Dims,
    at: i64,
    left: usize,
}

impl Offsets {
    /// From `start`, with these distances of neighbours.
    pub(crate) fn new(dims: &[usize], strides: &[i64], start: i64) -> Offsets {
        Offsets {
            dims: Dims::from_slice(dims),
            strides: SmallVec::from_slice(strides),
            index: smallvec::smallvec![0; dims.len()],
            at: start,
            left: volume(dims),
        }
    }
}

impl Iterator for Offsets {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let here = self.at;
        let axes = self.index.iter_mut().zip(&self.dims).zip(&self.strides);
        for ((index, &size), &stride) in axes.rev() {
            *index += 1;
            self.at += stride;
            if *index < size {
                break;
            }
            self.at -= stride * size as i64;
            *index = 0;
        }
        Some(here as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_strides() {
        let transposed: Vec<usize> = Offsets::new(&[3, 2], &[1, 3], 0).collect();
        assert_eq!(transposed, [0, 3, 1, 4, 2, 5]);
        let reversed: Vec<usize> = Offsets::new(&[3], &[-2], 4).collect();
        assert_eq!(reversed, [4, 2, 0]);
        assert_eq!(Offsets::new(&[], &[], 7).collect::<Vec<_>>(), [7]);
        assert_eq!(Offsets::new(&[2, 0], &[0, 1], 0).count(), 0);
    }

    #[test]
    fn a_write_copies_only_what_is_shared() {
        let mut a = Array::new(DType::F64, &[2], vec![1.0, 2.0]).unwrap();
        assert!(!a.is_shared());
        let b = a.clone();
        assert!(a.is_shared());
        a.elements_mut()[0] = 5.0;
        assert_eq!(b.elements(), [1.0, 2.0]);
        assert_eq!(a.elements(), [5.0, 2.0]);
        assert!(!a.is_shared());
    }
}
