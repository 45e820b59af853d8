//! What each primitive becomes: one row each.

use dfn_ir::function::InstData;
use dfn_ir::{Op, Value};

use super::cx::Cx;

/// How an instruction is lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An index function of its operands: no code of its own.
    Free,
    /// A scalar, computed where it stands.
    Scalar,
    /// A member of a fused nest.
    Member,
    /// Statements of its own.
    Own,
}

/// Whether `data` is an index function.
pub(super) fn is_free(cx: &Cx<'_>, data: &InstData) -> bool {
    let array = data
        .results
        .first()
        .is_some_and(|&v| cx.func.ty(v).rank() > 0);
    let free = matches!(
        data.op,
        Op::Const(_)
            | Op::Iota(_)
            | Op::Broadcast(_)
            | Op::Transposed(_)
            | Op::Slice(_)
            | Op::Index(_)
            | Op::Window(_)
    );
    let kept = data.results.iter().any(|v| cx.kept.contains(v));
    array && free && !kept
}

/// Whether `value` is in memory that this function may change: an accumulator can go on there.
fn may_go_on(cx: &Cx<'_>, value: Value) -> bool {
    match cx.def(value) {
        // A reduction has its memory outside of the nests that could take what it gives.
        Some(data) => kind(cx, data) == Kind::Own || matches!(data.op, Op::Reduce(_) | Op::Dot(_)),
        None => !cx.func.body.params.contains(&value),
    }
}

/// How `data` is lowered.
pub(super) fn kind(cx: &Cx<'_>, data: &InstData) -> Kind {
    let scalar = data
        .results
        .first()
        .is_some_and(|&v| cx.func.ty(v).rank() == 0);
    let pointwise = if scalar { Kind::Scalar } else { Kind::Member };
    let rank = |k: usize| data.args.get(k).map_or(0, |&v| cx.func.ty(v).rank());
    match &data.op {
        op if op.kernel().is_some() => pointwise,
        _ if is_free(cx, data) => Kind::Free,
        Op::Const(_) | Op::Iota(_) | Op::Broadcast(_) | Op::Reshape(_) if scalar => Kind::Scalar,
        Op::Slice(_) | Op::Index(_) if !scalar => Kind::Own,
        Op::Transposed(_) | Op::Slice(_) | Op::Index(_) | Op::SizeOf(_) => Kind::Scalar,
        Op::Dot(op) if super::product::is_product(cx, op, data) => Kind::Own,
        Op::Reduce(_) | Op::Dot(_) => Kind::Member,
        Op::Map(_) if super::simple::is_simple(cx, data) => Kind::Member,
        Op::AccAdd(_) if rank(1) > 0 => Kind::Member,
        Op::AccNew(_) if rank(0) > 0 => {
            let own = |&x: &Value| cx.is_uniform(x) || may_go_on(cx, x);
            match data.args.first().is_some_and(own) {
                true => Kind::Own,
                false => Kind::Member,
            }
        }
        _ => Kind::Own,
    }
}
