//! The innermost loop in the order `lanes` of `docs/reductions.md`: blocks of 4096 elements; in a block
//! 256 bytes of partial results in four vectors, folded by halves to 8 lanes, a loop of 8, folded to
//! one, and the rest in order.

use dfn_ir::Size;
use dfn_ir::loops::{ForSpec, Half, Var};
use dfn_ir::scalar::ScalarOp;

use super::Walk;
use crate::passes::lower::cx::Cx;
use crate::passes::lower::error::Done;
use crate::passes::lower::reduction::Reduction;

/// How many elements are reduced before their result is added to that of the blocks before.
pub(super) const BLOCK: i64 = 4096;
/// Vectors of partial results.
pub(super) const VECTORS: usize = 4;
/// Lanes of the second loop.
pub(super) const EIGHT: u16 = 8;

impl<'a> Cx<'a> {
    /// The innermost loop of a nest with reductions in lanes; the carries after it.
    pub(super) fn blocks(&mut self, walk: &Walk<'_, 'a>, inits: &[Var]) -> Done<Vec<Var>> {
        let depth = walk.axes.len().saturating_sub(1);
        let carried = walk.carried(depth);
        // A row has a result of its own, which is then combined with those of the rows before.
        let rows = |k: &usize| {
            let outer = walk.starts.get(*k).is_some_and(|start| *start < depth);
            walk.reduction(*k).filter(|r| r.lanes && outer)
        };
        let mut row = inits.to_vec();
        for (slot, k) in row.iter_mut().zip(&carried) {
            *slot = rows(k).map_or(*slot, |r| r.identity);
        }
        let mut after = self.row(walk, &row)?;
        for ((slot, &before), k) in after.iter_mut().zip(inits).zip(&carried) {
            if let Some(reduction) = rows(k) {
                *slot = self.b.op(reduction.fold, &[before, *slot]);
            }
        }
        Ok(after)
    }

    /// One run of the innermost loop.
    fn row(&mut self, walk: &Walk<'_, 'a>, inits: &[Var]) -> Done<Vec<Var>> {
        let depth = walk.axes.len().saturating_sub(1);
        let size = self.extent_size(walk, depth);
        let n = self.size(&size)?;
        let zero = self.size(&Size::default())?;
        let block = self.size(&Size::constant(BLOCK))?;
        if let Some(known) = size.as_constant().filter(|n| *n <= BLOCK) {
            return self.block_of(walk, zero, n, Some(known), inits);
        }
        if self.blocks_are_shared(walk, depth) {
            return self.shared_blocks(walk, (n, block), inits);
        }
        let spec = ForSpec::up(zero, n).step(BLOCK);
        let (start, carries) = self.open_for(spec, inits);
        let rest = self.b.sub(n, start);
        let len = self.b.op(ScalarOp::Min, &[rest, block]);
        let next = self.block_of(walk, start, len, None, &carries)?;
        Ok(self.close_for(&next))
    }

    /// One block of `len` elements from `start` on, combined with what was before.
    fn block_of(
        &mut self,
        walk: &Walk<'_, 'a>,
        start: Var,
        len: Var,
        known: Option<i64>,
        inits: &[Var],
    ) -> Done<Vec<Var>> {
        let (carries, mut block) = self.block_alone(walk, start, len, known, inits)?;
        let depth = walk.axes.len().saturating_sub(1);
        let carried = walk.carried(depth);
        for ((slot, &before), &k) in block.iter_mut().zip(&carries).zip(&carried) {
            if let Some(reduction) = walk.reduction(k).filter(|r| r.lanes) {
                *slot = self.b.op(reduction.fold, &[before, *slot]);
            }
        }
        Ok(block)
    }

    /// The carries of what is combined in order, and with them the results of one block.
    pub(super) fn block_alone(
        &mut self,
        walk: &Walk<'_, 'a>,
        start: Var,
        len: Var,
        known: Option<i64>,
        inits: &[Var],
    ) -> Done<(Vec<Var>, Vec<Var>)> {
        let depth = walk.axes.len().saturating_sub(1);
        let carried = walk.carried(depth).into_iter();
        let carried: Vec<&Reduction> = carried.filter_map(|k| walk.reduction(k)).collect();
        let in_lanes: Vec<&Reduction> = carried.iter().copied().filter(|r| r.lanes).collect();
        let mut carries = inits.to_vec();
        let step = walk.nest.width * VECTORS as u16;
        let (full, eights, end) = self.bounds(start, len, step)?;
        let mut accs = match known {
            Some(n) if n < i64::from(EIGHT) => self.zeros(&in_lanes, 1),
            Some(n) if n < i64::from(step) => self.zeros(&in_lanes, EIGHT),
            _ => self.full_steps(walk, (start, full), &in_lanes, &mut carries)?,
        };
        if known.is_none_or(|n| n % i64::from(step) >= i64::from(EIGHT)) {
            let spec = ForSpec::up(full, eights).step(i64::from(EIGHT));
            accs = self.lane_loop(walk, spec, EIGHT, &mut carries, &accs)?;
        }
        // The carries of reductions in lanes are, until the end of the block, the block's results.
        let mut block = carries.clone();
        let slots = block.iter_mut().zip(&carried).filter(|(_, r)| r.lanes);
        for ((slot, reduction), acc) in slots.zip(accs) {
            *slot = self.fold(reduction.fold, acc, 1);
        }
        if known.is_none_or(|n| n % i64::from(EIGHT) > 0) {
            block = self.rest(walk, (eights, end), &block)?;
        }
        Ok((carries, block))
    }

    /// Where the full steps end, where the eights end, and where the block ends.
    pub(super) fn bounds(&mut self, start: Var, len: Var, step: u16) -> Done<(Var, Var, Var)> {
        let full = self.multiple(len, step)?;
        let eights = self.multiple(len, EIGHT)?;
        let full = self.b.add(start, full);
        let eights = self.b.add(start, eights);
        let end = self.b.add(start, len);
        Ok((full, eights, end))
    }

    /// Accumulators of partial results, at their identities.
    pub(super) fn zeros(&mut self, reductions: &[&Reduction], lanes: u16) -> Vec<Var> {
        let one = |r: &&Reduction| self.b.constant(r.zero, lanes);
        reductions.iter().map(one).collect()
    }

    /// The steps of 256 bytes, folded to 8 lanes. Four vectors of partial results take turns; a small
    /// body is written four times, a large one once, in a loop that hands the vectors round.
    pub(super) fn full_steps(
        &mut self,
        walk: &Walk<'_, 'a>,
        (lo, hi): (Var, Var),
        reductions: &[&Reduction],
        carries: &mut Vec<Var>,
    ) -> Done<Vec<Var>> {
        let width = walk.nest.width;
        let copies = if walk.nest.heavy { 1 } else { VECTORS };
        let mut inits = carries.clone();
        for _ in 0..VECTORS {
            inits.extend(self.zeros(reductions, width));
        }
        let spec = ForSpec::up(lo, hi).step(i64::from(width) * copies as i64);
        let (k, mut inner) = self.open_for(spec, &inits);
        let mut parts = inner.split_off(carries.len());
        for q in 0..copies {
            let offset = self.size(&Size::constant(q as i64 * i64::from(width)))?;
            let at = if q == 0 { k } else { self.b.add(k, offset) };
            let mut accs: Vec<Var> = parts.drain(..reductions.len()).collect();
            self.chunk(walk, (at, width), &mut inner, Some(&mut accs))?;
            parts.extend(accs);
        }
        inner.extend(parts);
        let mut after = self.close_for(&inner);
        let parts = after.split_off(carries.len());
        *carries = after;
        Ok(self.fold_vectors(reductions, &parts))
    }

    /// For each reduction its vectors of partial results, folded to 8 lanes.
    fn fold_vectors(&mut self, reductions: &[&Reduction], parts: &[Var]) -> Vec<Var> {
        let mut folded = Vec::new();
        for (k, reduction) in reductions.iter().enumerate() {
            let of = parts.iter().skip(k).step_by(reductions.len());
            let mut of: Vec<Var> = of.copied().collect();
            while of.len() > 1 {
                let high = of.split_off(of.len() / 2);
                for (low, high) in of.iter_mut().zip(high) {
                    *low = self.b.op(reduction.fold, &[*low, high]);
                }
            }
            folded.extend(of.first().map(|&acc| self.fold(reduction.fold, acc, EIGHT)));
        }
        folded
    }

    /// A loop whose reductions in lanes have one vector of partial results each.
    fn lane_loop(
        &mut self,
        walk: &Walk<'_, 'a>,
        spec: ForSpec,
        width: u16,
        carries: &mut Vec<Var>,
        accs: &[Var],
    ) -> Done<Vec<Var>> {
        let mut inits = carries.clone();
        inits.extend(accs);
        let (k, mut inner) = self.open_for(spec, &inits);
        let mut accs = inner.split_off(carries.len());
        self.chunk(walk, (k, width), &mut inner, Some(&mut accs))?;
        inner.extend(accs);
        let mut after = self.close_for(&inner);
        let accs = after.split_off(carries.len());
        *carries = after;
        Ok(accs)
    }

    /// A vector folded by halves to `lanes` lanes.
    fn fold(&mut self, op: ScalarOp, mut acc: Var, lanes: u16) -> Var {
        while self.b.value_ty(acc).lanes > lanes {
            let two = self.b.value_ty(acc).lanes == 2;
            let (low, high) = match two {
                true => (self.b.extract(acc, 0), self.b.extract(acc, 1)),
                false => (self.b.half(acc, Half::Low), self.b.half(acc, Half::High)),
            };
            acc = self.b.op(op, &[low, high]);
        }
        acc
    }
}
