//! What the primitives of linear algebra share: each is computed by a function of the IR
//! ([`crate::linalg`]), which the interpreters run and the pass `expand` calls.

use super::Op;
use crate::interp::{Arithmetic, At, Eval, Evaluated, RunError};
use crate::linalg::{self, Kernel};
use crate::op::{Site, TypeError};
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;

/// A primitive that a function of the IR computes.
pub(super) trait Algorithm {
    /// Which function, given the ranks of the operands.
    fn kernel(&self, ranks: &[usize]) -> Kernel;
}

impl Op {
    /// Which function computes this operation, if that is how it is computed.
    pub fn algorithm(&self, ranks: &[usize]) -> Option<Kernel> {
        match self {
            Op::TriangularSolve(op) => Some(op.kernel(ranks)),
            Op::Cholesky(op) => Some(op.kernel(ranks)),
            Op::CholeskySolve(op) => Some(op.kernel(ranks)),
            Op::Lu(op) => Some(op.kernel(ranks)),
            Op::LuSolve(op) => Some(op.kernel(ranks)),
            Op::Det(op) => Some(op.kernel(ranks)),
            Op::Qr(op) => Some(op.kernel(ranks)),
            Op::Eigh(op) => Some(op.kernel(ranks)),
            Op::Svd(op) => Some(op.kernel(ranks)),
            _ => None,
        }
    }
}

/// Runs the function in the arithmetic at hand.
pub(super) fn evaluate<'m, A: Arithmetic>(
    op: &impl Algorithm,
    cx: &mut Eval<'_, 'm, A>,
    at: At<'m>,
) -> Evaluated<A> {
    let ranks: Vec<usize> = (0..at.data.args.len())
        .map(|k| cx.arg(at, k).map(|array| array.dims().len()))
        .collect::<Result<_, _>>()?;
    let kernel = op.kernel(&ranks);
    let dtype = cx.arg(at, 0)?.dtype();
    let args: Vec<_> = (kernel.skipped..at.data.args.len())
        .map(|k| cx.take(at, k))
        .collect::<Result<_, _>>()?;
    let fault = |error: TypeError| RunError::fault(error.0);
    let (module, id) = kernel.find(dtype).map_err(fault)?;
    let dims = |array: &crate::interp::Array<A::Element>| -> Vec<i64> {
        array.dims().iter().map(|&n| n as i64).collect()
    };
    let shapes: Vec<Vec<i64>> = args.iter().map(dims).collect();
    let sizes = linalg::sizes(module.get(id), &shapes);
    let sizes = sizes.ok_or_else(|| RunError::fault("a size is not that of an operand"))?;
    let results = cx.machine.call_in(module, id, &sizes, args)?;
    Ok(results.into_iter().collect())
}

/// The operand `k`, an array of floats with `rank` axes.
pub(super) fn floats<'a>(site: &Site<'a>, k: usize, rank: usize) -> Result<&'a Type, TypeError> {
    let ty = site.array(k)?;
    match ty.dtype.is_float() && ty.rank() == rank {
        true => Ok(ty),
        false => Err(TypeError::new(format!(
            "operand {k} must be floats with {rank} axes"
        ))),
    }
}

/// The operand `k`, a square matrix of floats; its type and its size.
pub(super) fn square<'a>(site: &Site<'a>, k: usize) -> Result<(&'a Type, &'a Size), TypeError> {
    let ty = floats(site, k, 2)?;
    match ty.shape.as_slice() {
        [rows, columns] if rows == columns => Ok((ty, rows)),
        _ => Err(TypeError::new(format!(
            "operand {k} must be a square matrix"
        ))),
    }
}

/// The operand `k`, one right-hand side or several for matrices like `matrix` with `n` rows.
pub(super) fn right_side<'a>(
    site: &Site<'a>,
    k: usize,
    dtype: DType,
    n: &Size,
) -> Result<&'a Type, TypeError> {
    let ty = site.array(k)?;
    match ty.dtype == dtype && matches!(ty.rank(), 1 | 2) && ty.shape.first() == Some(n) {
        true => Ok(ty),
        false => Err(TypeError::new(format!(
            "operand {k} must be a vector or matrix with as many rows as the matrix"
        ))),
    }
}
