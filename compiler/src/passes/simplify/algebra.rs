//! Algebra on elementwise operations that gives the same bits.

use super::super::rewrite::{Found, Rewriter};
use super::fold::{constant, definition};
use dfn_ir::function::Value;
use dfn_ir::ops::{Const, Mul, Neg, ReduceKind};
use dfn_ir::scalar::Scalar;
use dfn_ir::{Op, TypeError};

/// The value that the instruction equals by algebra.
pub(super) fn algebra(cx: &mut Rewriter, site: &Found<'_>) -> Result<Option<Value>, TypeError> {
    let args = site.args.as_slice();
    Ok(match (&site.data.op, args) {
        // --x = x
        (Op::Neg(_), &[x]) => match definition(cx, x) {
            Some(inner) if matches!(inner.op, Op::Neg(_)) => inner.args.first().copied(),
            _ => None,
        },
        // 1 x = x 1 = x, -1 x = x -1 = -x
        (Op::Mul(_), &[x, y]) => {
            for (k, other) in [(x, y), (y, x)] {
                match constant(cx, k).map(sign_of_one) {
                    Some(Some(true)) => return Ok(Some(other)),
                    Some(Some(false)) => return cx.b.op(Neg, &[other]).map(Some),
                    _ => {}
                }
            }
            None
        }
        // scale(x, 0) = scale(0, x) = 0, whatever x is
        (Op::Scale(_), &[_, zero] | &[zero, _]) if is_positive_zero(cx, zero) => Some(zero),
        // x / 1 = x
        (Op::Div(_), &[x, y]) if constant(cx, y).and_then(sign_of_one) == Some(true) => Some(x),
        // x / 2^k = x 2^-k: both are the exact quotient, rounded
        (Op::Div(_), &[x, y]) => match constant(cx, y).and_then(exact_reciprocal) {
            Some(value) => {
                let ty = cx.b.ty(y).clone();
                let factor = cx.b.op_as(Const { value }, &[], ty)?;
                Some(cx.b.op(Mul, &[x, factor])?)
            }
            None => None,
        },
        (Op::Select(_), &[c, x, y]) => match constant(cx, c) {
            Some(Scalar::Bool(true)) => Some(x),
            Some(Scalar::Bool(false)) => Some(y),
            _ if x == y => Some(x),
            _ => None,
        },
        (Op::Convert(convert), &[x]) if cx.b.ty(x).dtype == convert.to => Some(x),
        _ => None,
    })
}

/// The reciprocal of a power of two, if it is a normal number too.
fn exact_reciprocal(x: Scalar) -> Option<Scalar> {
    match x {
        Scalar::F64(x) => {
            let power = x.is_normal() && x.to_bits() << 12 == 0 && x.recip().is_normal();
            power.then(|| Scalar::F64(x.recip()))
        }
        Scalar::F32(x) => {
            let power = x.is_normal() && x.to_bits() << 9 == 0 && x.recip().is_normal();
            power.then(|| Scalar::F32(x.recip()))
        }
        _ => None,
    }
}

/// Sums with zero and of negations, where the sign of a zero may change.
pub(super) fn zeros(cx: &mut Rewriter, site: &Found<'_>) -> Result<Option<Value>, TypeError> {
    Ok(match (&site.data.op, site.args.as_slice()) {
        // x + 0 = 0 + x = x - 0 = x
        (Op::Add(_), &[x, y]) if is_zero(cx, y) => Some(x),
        (Op::Add(_), &[x, y]) if is_zero(cx, x) => Some(y),
        (Op::Sub(_), &[x, y]) if is_zero(cx, y) => Some(x),
        // Σ -x = -Σ x: rounding is symmetric
        (Op::Reduce(op), &[x]) if op.kind == ReduceKind::Sum && cx.b.ty(x).dtype.is_float() => {
            match definition(cx, x).map(|data| (&data.op, data.args.as_slice())) {
                Some((Op::Neg(_), &[y])) => {
                    let sum = cx.b.op(op.clone(), &[y])?;
                    Some(cx.b.op(Neg, &[sum])?)
                }
                _ => None,
            }
        }
        _ => None,
    })
}

/// Whether `x` is 1 (true) or -1 (false).
fn sign_of_one(x: Scalar) -> Option<bool> {
    match x {
        Scalar::F64(x) if x.abs() == 1.0 => Some(x > 0.0),
        Scalar::F32(x) if x.abs() == 1.0 => Some(x > 0.0),
        Scalar::I64(1) | Scalar::I32(1) | Scalar::U32(1) | Scalar::U64(1) => Some(true),
        _ => None,
    }
}

/// Whether every element of `value` is the float 0, not -0.
fn is_positive_zero(cx: &Rewriter, value: Value) -> bool {
    constant(cx, value).is_some_and(|x| x.to_bits() == 0 && x.dtype().is_float())
}

/// Whether every element of `value` is 0.
pub(super) fn is_zero(cx: &Rewriter, value: Value) -> bool {
    match constant(cx, value) {
        Some(Scalar::F64(x)) => x == 0.0,
        Some(Scalar::F32(x)) => x == 0.0,
        Some(x) => x.to_bits() == 0 && x.dtype().is_int(),
        None => false,
    }
}
