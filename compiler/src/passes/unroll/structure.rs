//! Operations that move elements.

use super::elements::{number, places};
use super::{Unroll, dims, is_small};
use crate::passes::rewrite::{Found, Rewriter};
use crate::passes::simplify::fold::{constant, definition};
use dfn_ir::function::Value;
use dfn_ir::{Op, Type, TypeError};

/// The elements, if the operation could be taken apart.
type Elements = Result<Option<Vec<Value>>, TypeError>;

impl Unroll<'_> {
    /// The elements of a result whose elements are elements of the operands.
    pub(super) fn structure(&mut self, cx: &mut Rewriter, site: &Found<'_>, ty: &Type) -> Elements {
        // What only looks at memory in another way costs nothing as it is.
        let views = matches!(
            site.data.op,
            Op::Reshape(_) | Op::Broadcast(_) | Op::Transposed(_) | Op::Slice(_) | Op::Index(_)
        );
        let taken = |v: &Value| cx.b.ty(*v).rank() == 0 || self.elements.contains_key(v);
        if views && (!site.args.first().is_some_and(taken) || self.is_near(site)) {
            return Ok(None);
        }
        match &site.data.op {
            Op::Stack(_) => self.joined(cx, &site.args),
            Op::Concat(op) if op.axis == 0 => self.joined(cx, &site.args),
            Op::Reshape(_) => self.joined(cx, &site.args),
            Op::Broadcast(op) => self.moved(cx, site, ty, |place| {
                op.axes
                    .iter()
                    .filter_map(|&a| place.get(a).copied())
                    .collect()
            }),
            Op::Transposed(op) => self.moved(cx, site, ty, |place| {
                let mut from = vec![0; op.axes.len()];
                for (&axis, &k) in op.axes.iter().zip(place) {
                    if let Some(slot) = from.get_mut(axis) {
                        *slot = k;
                    }
                }
                from
            }),
            Op::Slice(op) => {
                let start = site.args.get(1).and_then(|&v| known(cx, v));
                let Some(start) = start else { return Ok(None) };
                self.moved(cx, site, ty, |place| {
                    let at = |(axis, &k): (usize, &usize)| match axis == op.axis {
                        true => start.wrapping_add((op.step * k as i64) as usize),
                        false => k,
                    };
                    place.iter().enumerate().map(at).collect()
                })
            }
            Op::Index(_) => {
                let indices = site.args.iter().skip(1);
                let front: Option<Vec<usize>> = indices.map(|&v| known(cx, v)).collect();
                let Some(front) = front else { return Ok(None) };
                self.moved(cx, site, ty, |place| {
                    front.iter().chain(place).copied().collect()
                })
            }
            Op::Update(_) => self.updated(cx, site, ty),
            _ => Ok(None),
        }
    }

    /// The elements of all operands, one after another.
    fn joined(&mut self, cx: &mut Rewriter, args: &[Value]) -> Elements {
        let mut all = Vec::new();
        for &arg in args {
            let Some(elements) = self.elements(cx, arg)? else {
                return Ok(None);
            };
            all.extend(elements);
        }
        Ok(Some(all))
    }

    /// The elements of the first operand at the places that `from` says.
    fn moved(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        ty: &Type,
        from: impl Fn(&[usize]) -> Vec<usize>,
    ) -> Elements {
        let Some(&x) = site.args.first() else {
            return Ok(None);
        };
        if cx.b.ty(x).rank() > 0 && !is_small(cx.b.ty(x)) {
            return Ok(None);
        }
        let shape = dims(cx.b.ty(x));
        let Some(elements) = self.elements(cx, x)? else {
            return Ok(None);
        };
        let places = places(&dims(ty));
        let found = places
            .iter()
            .map(|place| elements.get(number(&shape, &from(place))).copied());
        Ok(found.collect())
    }

    /// An array with a part replaced at a known place.
    fn updated(&mut self, cx: &mut Rewriter, site: &Found<'_>, ty: &Type) -> Elements {
        let &[x, value, ref index @ ..] = site.args.as_slice() else {
            return Ok(None);
        };
        let front: Option<Vec<usize>> = index.iter().map(|&v| known(cx, v)).collect();
        let (Some(front), true) = (front, self.elements.contains_key(&x)) else {
            return Ok(None);
        };
        let (Some(mut all), Some(part)) = (self.elements(cx, x)?, self.elements(cx, value)?) else {
            return Ok(None);
        };
        let shape = dims(ty);
        let rest = shape.get(front.len()..).unwrap_or_default().to_vec();
        for (place, element) in places(&rest).iter().zip(part) {
            let at: Vec<usize> = front.iter().chain(place).copied().collect();
            if let Some(slot) = all.get_mut(number(&shape, &at)) {
                *slot = element;
            }
        }
        Ok(Some(all))
    }
}

/// The index that a value is known to be.
pub(super) fn known(cx: &Rewriter, value: Value) -> Option<usize> {
    usize::try_from(number_of(cx, value, SUMS)?).ok()
}

/// How many sums in sums an index is followed through.
const SUMS: usize = 4;

/// The number that `value` is: indices into parts are sums of constants here.
fn number_of(cx: &Rewriter, value: Value, depth: usize) -> Option<i64> {
    if let Some(constant) = constant(cx, value) {
        return constant.as_i64();
    }
    let data = definition(cx, value).filter(|_| depth > 0)?;
    let (op, args) = (data.op.clone(), data.args.clone());
    let operand = |k: usize| number_of(cx, *args.get(k)?, depth - 1);
    match op {
        Op::Add(_) => operand(0)?.checked_add(operand(1)?),
        Op::Sub(_) => operand(0)?.checked_sub(operand(1)?),
        _ => None,
    }
}
