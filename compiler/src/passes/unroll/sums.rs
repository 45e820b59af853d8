//! Small accumulators, added to at known places: a sum for each element.
//!
//! Before: what a region adds up for a short vector lies in memory. After: each element is a sum of scalars.
//! The accumulator itself is made too, for what uses it otherwise, and dropped where nothing does.

use super::elements::{number, places};
use super::structure::known;
use super::{ELEMENTS, Unroll, count, dims};
use crate::passes::rewrite::{Found, Made, Rewriter};
use dfn_ir::function::Value;
use dfn_ir::ops::{AccAdd, AccNew, Add};
use dfn_ir::{Op, TypeError};

impl Unroll<'_> {
    /// An operation on an accumulator.
    pub(super) fn accumulator(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
    ) -> Result<Made, TypeError> {
        match (&site.data.op, site.args.as_slice()) {
            (Op::AccNew(_), &[start]) => self.started(cx, start),
            (Op::AccAdd(_), &[acc, part, ref index @ ..]) => self.added(cx, acc, part, index),
            (Op::AccRead(_), &[acc]) => self.read_out(cx, acc),
            _ => Ok(Made::Copy),
        }
    }

    fn started(&mut self, cx: &mut Rewriter, start: Value) -> Result<Made, TypeError> {
        let Some(elements) = self.elements(cx, start)? else {
            return Ok(Made::Copy);
        };
        let acc = cx.b.op(AccNew, &[start])?;
        self.elements.insert(acc, elements);
        Ok(Made::Values(vec![acc]))
    }

    fn added(
        &mut self,
        cx: &mut Rewriter,
        acc: Value,
        part: Value,
        index: &[Value],
    ) -> Result<Made, TypeError> {
        if !self.elements.contains_key(&acc) {
            return self.apart(cx, acc, part, index);
        }
        let front: Option<Vec<usize>> = index.iter().map(|&v| known(cx, v)).collect();
        let shape = dims(&cx.b.ty(acc).contents());
        let ty = cx.b.ty(part).clone();
        let n = count(&ty).map_or(usize::MAX, |n| n.unsigned_abs() as usize);
        let (Some(front), true) = (front, self.spend(n)) else {
            return Ok(Made::Copy);
        };
        let (Some(mut all), Some(added)) =
            (self.elements.get(&acc).cloned(), self.elements(cx, part)?)
        else {
            return Ok(Made::Copy);
        };
        for (place, element) in places(&dims(&ty)).iter().zip(added) {
            let at: Vec<usize> = front.iter().chain(place).copied().collect();
            if let Some(slot) = all.get_mut(number(&shape, &at)) {
                *slot = cx.b.op(Add, &[*slot, element])?;
            }
        }
        let args: Vec<Value> = [acc, part]
            .into_iter()
            .chain(index.iter().copied())
            .collect();
        let acc = cx.b.op(AccAdd, &args)?;
        self.elements.insert(acc, all);
        Ok(Made::Values(vec![acc]))
    }

    /// Adds a part that was taken apart to a larger accumulator, element by element.
    fn apart(
        &mut self,
        cx: &mut Rewriter,
        mut acc: Value,
        part: Value,
        index: &[Value],
    ) -> Result<Made, TypeError> {
        let ty = cx.b.ty(part).clone();
        let few = ty.rank() > 0 && count(&ty).is_some_and(|n| n <= ELEMENTS);
        let known = self.elements.get(&part).filter(|_| few).cloned();
        let Some(elements) = known.filter(|elements| self.spend(elements.len())) else {
            return Ok(Made::Copy);
        };
        for (place, element) in places(&dims(&ty)).into_iter().zip(elements) {
            let mut args = vec![acc, element];
            args.extend(index);
            for k in place {
                args.push(cx.b.constant(dfn_ir::scalar::Scalar::I64(k as i64))?);
            }
            acc = cx.b.op(AccAdd, &args)?;
        }
        Ok(Made::Values(vec![acc]))
    }

    fn read_out(&mut self, cx: &mut Rewriter, acc: Value) -> Result<Made, TypeError> {
        let Some(elements) = self.elements.get(&acc).cloned() else {
            return Ok(Made::Copy);
        };
        let ty = cx.b.ty(acc).contents();
        let whole = self.assemble(cx, &ty, elements)?;
        Ok(Made::Values(vec![whole]))
    }
}
