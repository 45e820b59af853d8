//! Elementwise operations: one kernel on all elements.

use super::machine::{At, Eval, Evaluated};
use super::{Arithmetic, Array, RunError};
use crate::ops::Kernel;
use crate::scalar::DType;
use smallvec::SmallVec;

/// Runs `kernel` on the elements of the operands.
pub(crate) fn elementwise<'m, A: Arithmetic>(
    cx: &mut Eval<'_, 'm, A>,
    at: At<'m>,
    kernel: Kernel,
) -> Evaluated<A> {
    let mut arrays: SmallVec<[Array<A::Element>; 3]> = SmallVec::new();
    for k in 0..kernel.arity() {
        arrays.push(cx.take(at, k)?);
    }
    let Some(last) = arrays.last() else {
        return Err(RunError::fault("an operand is missing"));
    };
    let n = last.elements().len();
    let dtype = last.dtype();
    let to = cx.result_dtype(at, 0)?;
    let arithmetic = &mut cx.machine.arithmetic;
    if !last.dims().is_empty() {
        arithmetic.meter().loads((n * arrays.len()) as u64);
        arithmetic.meter().stores(n as u64);
    }
    let mut elements = Vec::with_capacity(n);
    let mut args: SmallVec<[A::Element; 3]> = SmallVec::new();
    for i in 0..n {
        args.clear();
        args.extend(arrays.iter().filter_map(|a| a.elements().get(i).copied()));
        if args.len() != arrays.len() {
            return Err(RunError::fault("operands differ in shape"));
        }
        elements.push(arithmetic.kernel(kernel, dtype, &args));
    }
    let dims = last.dims();
    cx.one(to, dims, elements)
}

/// The only element of a condition.
pub(crate) fn truth<'m, A: Arithmetic>(
    cx: &Eval<'_, 'm, A>,
    at: At<'m>,
    k: usize,
) -> Result<bool, RunError> {
    let element = cx.arg(at, k)?.elements().first().copied();
    let value = element.map(|e| cx.machine.arithmetic.unwrap(e, DType::Bool));
    let value = value.and_then(crate::scalar::Scalar::as_bool);
    value.ok_or_else(|| RunError::fault("a condition is not a truth value"))
}
