//! What the interpreter computes with: the reference semantics, counted or not, or double-double.

use crate::elementary::Elementary;
use crate::loops::interp::Meter;
use crate::ops::Kernel;
use crate::scalar::{DType, Emit, Scalar, ScalarOp, eval};
use std::fmt::Debug;

/// Numbers and the operations on them.
pub trait Arithmetic {
    /// One element of an array of any type.
    type Element: Copy + Debug;

    /// The number as an element.
    fn wrap(&self, value: Scalar) -> Self::Element;

    /// The element as a number of type `dtype`, rounded if need be.
    fn unwrap(&self, element: Self::Element, dtype: DType) -> Scalar;

    /// The result of a scalar operation; the operands' types fit it.
    fn op(&mut self, op: ScalarOp, args: &[Self::Element]) -> Self::Element;

    /// An elementary function of operands of type `dtype`.
    fn elementary(&mut self, f: Elementary, dtype: DType, args: &[Self::Element]) -> Self::Element;

    /// What counts loads, stores and copies.
    fn meter(&mut self) -> &mut dyn Meter;

    /// The result of an elementwise operation on one element of each operand; `dtype` is the type of
    /// the last operand.
    fn kernel(&mut self, kernel: Kernel, dtype: DType, args: &[Self::Element]) -> Self::Element
    where
        Self: Sized,
    {
        match kernel {
            Kernel::Op(op) => self.op(op, args),
            Kernel::Elementary(f) => self.elementary(f, dtype, args),
            Kernel::PowI(_) | Kernel::Sign | Kernel::Scale | Kernel::Same | Kernel::Remainder => {
                kernel.emit(&mut Lane(self), dtype, args)
            }
        }
    }
}

/// The semantics of [`mod@crate::scalar::eval`], with a meter; `()` counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference<M> {
    /// What was counted so far.
    pub meter: M,
}

impl<M: Meter> Arithmetic for Reference<M> {
    type Element = Scalar;

    fn wrap(&self, value: Scalar) -> Scalar {
        value
    }

    fn unwrap(&self, element: Scalar, _: DType) -> Scalar {
        element
    }

    fn op(&mut self, op: ScalarOp, args: &[Scalar]) -> Scalar {
        let result = eval(op, args).expect("the verifier checked the operands' types");
        let of_floats = args.first().is_some_and(|a| a.dtype().is_float());
        self.meter.ops(of_floats || result.dtype().is_float(), 1);
        result
    }

    fn elementary(&mut self, f: Elementary, dtype: DType, args: &[Scalar]) -> Scalar {
        f.expand(&mut Lane(self), dtype, args)
    }

    fn meter(&mut self) -> &mut dyn Meter {
        &mut self.meter
    }
}

/// An arithmetic as something that expansions are run on.
#[derive(Debug)]
pub(crate) struct Lane<'a, A>(pub(crate) &'a mut A);

impl<A: Arithmetic> Emit for Lane<'_, A> {
    type Value = A::Element;

    fn constant(&mut self, value: Scalar) -> A::Element {
        self.0.wrap(value)
    }

    fn op(&mut self, op: ScalarOp, args: &[A::Element]) -> A::Element {
        self.0.op(op, args)
    }

    fn rare(
        &mut self,
        condition: A::Element,
        common: A::Element,
        slow: impl FnOnce(&mut Self) -> A::Element,
    ) -> A::Element {
        match self.0.unwrap(condition, DType::Bool) == Scalar::Bool(true) {
            true => slow(self),
            false => common,
        }
    }
}
