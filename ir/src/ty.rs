//! Types of values: arrays of any rank (a scalar is rank 0) and accumulators.

use crate::function::Value;
use crate::scalar::DType;
use crate::size::Size;
use smallvec::SmallVec;

/// The sizes of an array, outermost first; empty for a scalar.
pub type Shape = SmallVec<[Size; 2]>;

/// What a value may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An immutable array or scalar.
    Array,
    /// A write-only sum of contributions, used exactly once on each path.
    Accumulator,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Array or accumulator.
    pub kind: Kind,
    /// The type of an element.
    pub dtype: DType,
    /// The sizes, outermost first.
    pub shape: Shape,
}

impl Type {
    /// A scalar.
    pub fn scalar(dtype: DType) -> Type {
        Type::array(dtype, [])
    }

    /// An array of these sizes.
    pub fn array(dtype: DType, shape: impl IntoIterator<Item = Size>) -> Type {
        Type {
            kind: Kind::Array,
            dtype,
            shape: shape.into_iter().collect(),
        }
    }

    /// The accumulator of arrays of this type.
    pub fn accumulator(&self) -> Type {
        Type {
            kind: Kind::Accumulator,
            ..self.clone()
        }
    }

    /// The array that an accumulator of this type gives when it is read.
    pub fn contents(&self) -> Type {
        Type {
            kind: Kind::Array,
            ..self.clone()
        }
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Whether this is a single number.
    pub fn is_scalar(&self) -> bool {
        self.kind == Kind::Array && self.shape.is_empty()
    }

    /// Whether this is a scalar of type `dtype`.
    pub fn is(&self, dtype: DType) -> bool {
        self.is_scalar() && self.dtype == dtype
    }

    /// Whether values have a tangent: arrays of floats and their accumulators.
    pub fn is_differentiable(&self) -> bool {
        self.dtype.is_float()
    }

    /// Whether this is an accumulator.
    pub fn is_accumulator(&self) -> bool {
        self.kind == Kind::Accumulator
    }

    /// The same type with another element type.
    pub fn with_dtype(&self, dtype: DType) -> Type {
        Type {
            dtype,
            ..self.clone()
        }
    }

    /// The type of a part selected by `k` leading indices.
    pub fn drop_axes(&self, k: usize) -> Type {
        Type {
            shape: self.shape.iter().skip(k).cloned().collect(),
            ..self.clone()
        }
    }

    /// The type of a stack of such values over leading axes.
    pub fn stacked(&self, sizes: &[Size]) -> Type {
        Type {
            shape: sizes.iter().chain(&self.shape).cloned().collect(),
            ..self.clone()
        }
    }

    /// Every value that the sizes mention.
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.shape.iter().flat_map(Size::values)
    }

    /// The type with the values in its sizes renamed.
    pub fn rename(&self, mut rename: impl FnMut(Value) -> Value) -> Type {
        let shape = self
            .shape
            .iter()
            .map(|size| size.rename(&mut rename))
            .collect();
        Type {
            shape,
            ..self.clone()
        }
    }

    /// The type with the values in its sizes replaced; `None` on overflow.
    pub fn substitute(&self, mut replace: impl FnMut(Value) -> Size) -> Option<Type> {
        let shape: Option<Shape> = self
            .shape
            .iter()
            .map(|size| size.substitute(&mut replace))
            .collect();
        Some(Type {
            shape: shape?,
            ..self.clone()
        })
    }

    /// The number of elements as a size; `None` on overflow of a coefficient.
    pub fn elements(&self) -> Option<Size> {
        self.shape
            .iter()
            .try_fold(Size::constant(1), |product, size| product.checked_mul(size))
    }
}
