//! Short maps, run by run.

use super::elements::places;
use super::{ELEMENTS, Unroll, is_small};
use crate::passes::inline::length;
use crate::passes::rewrite::{Found, Made, Rewriter};
use dfn_ir::function::{Block, Function, Value};
use dfn_ir::ops::{Add, Kernel, Map};
use dfn_ir::scalar::Scalar;
use dfn_ir::{Module, Op, Size, TypeError};

/// A map of more runs stays one.
const RUNS: usize = 16;
/// All runs of a map may be this much code.
const CODE: usize = 512;

impl Unroll<'_> {
    /// The results of a short map, its runs written one after another.
    pub(super) fn map(
        &mut self,
        cx: &mut Rewriter,
        site: &Found<'_>,
        op: &Map,
    ) -> Result<Made, TypeError> {
        let ([block], Some(shape)) = (site.data.blocks.as_slice(), extents(&site.sizes)) else {
            return Ok(Made::Copy);
        };
        let runs: usize = shape.iter().product();
        let code = runs.saturating_mul(weight(self.module, site.source, block));
        let heavy = self.maps == 0 && runs > 1 && is_heavy(site.source, block);
        let stacked = site.types.iter().take(op.yields + op.sums);
        let small = stacked.clone().all(|ty| ty.rank() == 0 || is_small(ty));
        if !(1..=RUNS).contains(&runs) || heavy || !small || code > CODE || !self.spend(code) {
            return Ok(Made::Copy);
        }
        let mut yields: Vec<Vec<Value>> = vec![Vec::new(); op.yields];
        let mut sums: Vec<Option<Vec<Value>>> = vec![None; op.sums];
        let mut accs = site.args.to_vec();
        for place in places(&shape) {
            let mut params = Vec::new();
            for k in place {
                params.push(cx.b.constant(Scalar::I64(k as i64))?);
            }
            params.extend(&accs);
            let results = cx.region(site.source, block, &params, self)?;
            let mut results = results.into_iter();
            for (all, value) in yields.iter_mut().zip(results.by_ref().take(op.yields)) {
                all.extend(self.elements(cx, value)?.unwrap_or_default());
            }
            for (sum, value) in sums.iter_mut().zip(results.by_ref().take(op.sums)) {
                let terms = self.elements(cx, value)?.unwrap_or_default();
                *sum = Some(match sum.take() {
                    None => terms,
                    Some(before) => add(cx, &before, &terms)?,
                });
            }
            accs = results.collect();
        }
        let parts = yields.into_iter().chain(sums.into_iter().flatten());
        let mut made = Vec::new();
        for (elements, ty) in parts.zip(&site.types) {
            made.push(self.assemble(cx, ty, elements)?);
        }
        made.extend(accs);
        Ok(Made::Values(made))
    }
}

fn add(cx: &mut Rewriter, a: &[Value], b: &[Value]) -> Result<Vec<Value>, TypeError> {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| cx.b.op(Add, &[a, b]))
        .collect()
}

/// The extents, if all are known and few.
fn extents(sizes: &[Size]) -> Option<Vec<usize>> {
    let known = |size: &Size| size.as_constant().filter(|n| (1..=ELEMENTS).contains(n));
    let sizes = sizes
        .iter()
        .map(|size| known(size).and_then(|n| usize::try_from(n).ok()));
    sizes.collect()
}

/// How much code a region is, with the functions that it calls.
fn weight(module: &Module, func: &Function, block: &Block) -> usize {
    let mut n = 1;
    func.walk(block, &mut |_, data| {
        n += match &data.op {
            Op::Call(call) => length(module.get(call.func)),
            _ => 1,
        };
    });
    n
}

/// Whether a region computes elementary functions.
fn is_heavy(func: &Function, block: &Block) -> bool {
    let mut heavy = false;
    func.walk(block, &mut |_, data| {
        heavy |= matches!(data.op.kernel(), Some(Kernel::Elementary(_)));
    });
    heavy
}
