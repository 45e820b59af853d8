//! Sums and products of few elements, written out in their order.
//!
//! Both orders of `docs/reductions.md` are plain sequences for fewer than 8 elements. Starting from the
//! identity changes no bit: `-0.0 + x = x`, and `fma(x, y, -0.0) = x * y`.

use super::elements::{number, places};
use super::{COMPUTED, Unroll, count, dims};
use crate::passes::rewrite::{Found, Rewriter};
use crate::passes::simplify::fold::definition;
use dfn_ir::function::Value;
use dfn_ir::ops::{Add, And, Dot, Fma, Max, Min, Mul, Or, Reduce, ReduceKind};
use dfn_ir::{Op, Type, TypeError};

/// Fewer elements than this are combined one by one in every order.
const SEQUENTIAL: usize = 8;

type Elements = Result<Option<Vec<Value>>, TypeError>;

impl Unroll<'_> {
    /// The elements of a reduction along one axis.
    pub(super) fn reduce(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        op: &Reduce,
        ty: &Type,
    ) -> Elements {
        let (Some(&x), &[axis]) = (site.args.first(), op.axes.as_slice()) else {
            return Ok(None);
        };
        let shape = dims(cx.b.ty(x));
        let Some(&n) = shape.get(axis) else {
            return Ok(None);
        };
        let sequential = n < SEQUENTIAL && self.is_ordered(op.order);
        let work = shape.iter().product::<usize>();
        let fits = sequential && work <= 2 * COMPUTED as usize && self.spend(work);
        let Some(elements) = self.elements(cx, x)?.filter(|_| fits) else {
            return Ok(None);
        };
        let combine = operation(op.kind);
        let mut results = Vec::new();
        for place in places(&dims(ty)) {
            let mut total = None;
            for k in 0..n {
                let mut at = place.clone();
                at.insert(axis, k);
                let Some(&element) = elements.get(number(&shape, &at)) else {
                    return Ok(None);
                };
                total = Some(match total {
                    None => element,
                    Some(before) => cx.b.op(combine.clone(), &[before, element])?,
                });
            }
            results.extend(total);
        }
        Ok(Some(results))
    }

    /// The elements of a contraction over one pair of axes.
    pub(super) fn dot(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        op: &Dot,
        ty: &Type,
    ) -> Elements {
        if op.contract.is_empty() {
            return self.outer(cx, site, op, ty);
        }
        let (&[x, y], &[(a, b)], true) = (
            site.args.as_slice(),
            op.contract.as_slice(),
            op.batch.is_empty(),
        ) else {
            return Ok(None);
        };
        if self.is_product_in_memory(cx, op, [x, y]) {
            return Ok(None);
        }
        let shapes = [x, y].map(|v| dims(cx.b.ty(v)));
        let n = shapes[0].get(a).copied().unwrap_or(0);
        let results = count(ty).unwrap_or(i64::MAX);
        let float = ty.dtype.is_float();
        let fits = (1..SEQUENTIAL).contains(&n) && float && self.is_ordered(op.order);
        if !fits || results > 2 * COMPUTED || !self.spend(n * results as usize) {
            return Ok(None);
        }
        let (Some(left), Some(right)) = (self.elements(cx, x)?, self.elements(cx, y)?) else {
            return Ok(None);
        };
        let mut made = Vec::new();
        let split = shapes[0].len() - 1;
        for place in places(&dims(ty)) {
            let (row, column) = place.split_at_checked(split).unwrap_or_default();
            let factor = |elements: &[Value], shape: &[usize], front: &[usize], axis, k| {
                let mut at = front.to_vec();
                at.insert(axis, k);
                elements.get(number(shape, &at)).copied()
            };
            let mut total = None;
            for k in 0..n {
                let u = factor(&left, &shapes[0], row, a, k);
                let v = factor(&right, &shapes[1], column, b, k);
                let (Some(u), Some(v)) = (u, v) else {
                    return Ok(None);
                };
                total = Some(match total {
                    None => cx.b.op(Mul, &[u, v])?,
                    Some(before) => cx.b.op(Fma, &[u, v, before])?,
                });
            }
            made.extend(total);
        }
        Ok(Some(made))
    }
}

impl Unroll<'_> {
    /// Whether this is a product of two matrices that lie in memory: their rows are vectors as they are.
    fn is_product_in_memory(&self, cx: &Rewriter, op: &Dot, args: [Value; 2]) -> bool {
        let stored = |&v: &Value| {
            let made = definition(cx, v).map(|data| &data.op);
            let moved = matches!(
                made,
                Some(Op::Transposed(_) | Op::Const(_) | Op::Broadcast(_))
            );
            cx.b.ty(v).rank() == 2 && !moved && !self.elements.contains_key(&v)
        };
        let rows = op.contract == [(1, 0)];
        rows && !self.open && self.maps == 0 && args.iter().all(stored)
    }

    /// The elements of an outer product: nothing is summed.
    fn outer(&mut self, cx: &mut Rewriter, site: &Found<'_>, op: &Dot, ty: &Type) -> Elements {
        let (&[x, y], true) = (site.args.as_slice(), op.batch.is_empty()) else {
            return Ok(None);
        };
        let results = count(ty).unwrap_or(i64::MAX);
        let fits = ty.dtype.is_float() && results <= COMPUTED;
        if !fits || !self.spend(results as usize) {
            return Ok(None);
        }
        let (Some(left), Some(right)) = (self.elements(cx, x)?, self.elements(cx, y)?) else {
            return Ok(None);
        };
        let mut made = Vec::new();
        for &u in &left {
            for &v in &right {
                made.push(cx.b.op(Mul, &[u, v])?);
            }
        }
        Ok(Some(made))
    }
}

/// How two partial results are combined.
fn operation(kind: ReduceKind) -> Op {
    match kind {
        ReduceKind::Sum => Add.into(),
        ReduceKind::Prod => Mul.into(),
        ReduceKind::Max => Max.into(),
        ReduceKind::Min => Min.into(),
        ReduceKind::Any => Or.into(),
        ReduceKind::All => And.into(),
    }
}
