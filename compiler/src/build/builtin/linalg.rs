//! Linear algebra: the primitives that the prelude is written with, and what needs constant options.

use super::Builtin;
use super::arguments::must;
use crate::build::call::ArgVal;
use crate::build::elab::{Elab, R, Reported};
use crate::build::errors;
use crate::build::val::Val;
use crate::diagnostic::Span;
use dfn_ir::ops::TriangularSolve;
use dfn_ir::{DType, Op, Parts, Value};

/// One instruction on the arguments; several results are a tuple.
pub(super) fn primitive<'a>(
    elab: &mut Elab<'a>,
    builtin: &Builtin,
    op: Op,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let mut parts = Parts::default();
    for arg in &args {
        parts.args.push(elab.ir(&arg.val, arg.span)?);
    }
    if parts.args.len() != builtin.params.len() {
        let message = format!("`{}` has a wrong number of arguments", builtin.name);
        return Err(elab.fail(errors::types::internal(&message, at)));
    }
    let results = elab.emit_parts(op, parts, at)?;
    match results.as_slice() {
        [one] => Ok(Val::Ir(*one)),
        _ => Ok(Val::Tuple(results.into_iter().map(Val::Ir).collect())),
    }
}

/// `triangular_solve(a, b, lower = true, transposed = false, unit = false)`
pub(super) fn triangular_solve<'a>(
    elab: &mut Elab<'a>,
    args: Vec<ArgVal<'a>>,
    at: Span,
) -> R<Val<'a>> {
    let [a, b, lower, transposed, unit] = elab.given("triangular_solve", args, at)?;
    let (a, b) = (must(a)?, must(b)?);
    let op = TriangularSolve {
        lower: lower.is_none() || elab.flag(lower.as_ref())?,
        transposed: elab.flag(transposed.as_ref())?,
        unit: elab.flag(unit.as_ref())?,
    };
    let (left, right) = matrices(elab, "triangular_solve", &a, &b, at)?;
    let rank = elab.ty(right).rank();
    let core = if rank == 1 || rank < elab.ty(left).rank() {
        1
    } else {
        2
    };
    elab.over_batches(
        &[(left, 2, a.span), (right, core, b.span)],
        at,
        |elab, args| {
            let [left, right] = args else {
                return Err(Reported);
            };
            let (rows, columns) = square(elab, *left);
            if rows != columns {
                return Err(elab.sizes_differ(
                    "the columns of the matrix",
                    &rows,
                    &columns,
                    a.span,
                ));
            }
            let ty = elab.ty(*right);
            match ty.shape.first() {
                Some(have) if *have != rows => {
                    Err(elab.sizes_differ("the rows of the right-hand side", &rows, have, b.span))
                }
                _ => Ok(Val::Ir(elab.emit(op, args, at)?)),
            }
        },
    )
}

fn square(elab: &Elab<'_>, value: Value) -> (dfn_ir::Size, dfn_ir::Size) {
    let shape = elab.ty(value).shape;
    let size = |k: usize| shape.get(k).cloned().unwrap_or_default();
    (size(0), size(1))
}

/// The values of a matrix and of a vector or matrix, both of one type of floats.
fn matrices<'a>(
    elab: &mut Elab<'a>,
    name: &str,
    a: &ArgVal<'a>,
    b: &ArgVal<'a>,
    at: Span,
) -> R<(Value, Value)> {
    let typed = [a, b].into_iter().find_map(|arg| match &arg.val {
        Val::Ir(value) => Some(elab.ty(*value).dtype),
        _ => None,
    });
    let dtype = typed.unwrap_or(DType::F64);
    let left = elab.ir_as(&a.val, Some(dtype), a.span)?;
    let right = elab.ir_as(&b.val, Some(dtype), b.span)?;
    let (x, y) = (elab.ty(left), elab.ty(right));
    if x.dtype.is_float() && x.dtype == y.dtype && x.rank() >= 2 && y.rank() >= 1 {
        return Ok((left, right));
    }
    let types = [elab.show(&Val::Ir(left)), elab.show(&Val::Ir(right))];
    let diagnostic = errors::types::operands(name, &types, at);
    Err(elab
        .fail(diagnostic.help("it takes a matrix and a vector or matrix of floats of one type")))
}
