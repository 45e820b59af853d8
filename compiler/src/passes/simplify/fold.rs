//! Constants: an elementwise operation on constants is a constant.

use super::super::rewrite::{Found, Rewriter};
use dfn_ir::function::Value;
use dfn_ir::ops::{Const, Kernel};
use dfn_ir::scalar::{Scalar, emit::Evaluate};
use dfn_ir::{Op, TypeError};

/// The constant (or array filled with one) that the instruction is.
pub(super) fn fold(cx: &mut Rewriter, site: &Found<'_>) -> Result<Option<Value>, TypeError> {
    let (Some(kernel), [ty]) = (site.data.op.kernel(), site.types.as_slice()) else {
        return Ok(None);
    };
    let args: Option<Vec<Scalar>> = site.args.iter().map(|&v| constant(cx, v)).collect();
    let Some(args) = args else { return Ok(None) };
    let Some(value) = evaluate(kernel, &args) else {
        return Ok(None);
    };
    if value.dtype() != ty.dtype {
        return Ok(None);
    }
    cx.b.op_as(Const { value }, &[], ty.clone()).map(Some)
}

fn evaluate(kernel: Kernel, args: &[Scalar]) -> Option<Scalar> {
    let dtype = args.last()?.dtype();
    kernel.result(dtype)?;
    Some(kernel.emit(&mut Evaluate, dtype, args))
}

/// The number that every element of `value` is, if it is a constant.
pub(in crate::passes) fn constant(cx: &Rewriter, value: Value) -> Option<Scalar> {
    match definition(cx, value)?.op {
        Op::Const(Const { value }) => Some(value),
        _ => None,
    }
}

/// The instruction that defines `value`.
pub(in crate::passes) fn definition(cx: &Rewriter, value: Value) -> Option<&dfn_ir::InstData> {
    cx.b.func().insts.get(cx.b.definition(value)?)
}
