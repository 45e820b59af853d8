//! Nests whose outermost loop several threads may share.
//!
//! Each point writes to its own index only, so the outermost loop is independent unless something is
//! combined along it. What is combined in `lanes` along the only axis has a result for each block of 4096:
//! threads compute these, and they are combined in order as ever.

use std::collections::HashSet;

use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::scalar::ScalarOp;
use dfn_ir::{Op, Size};

use super::lanes::BLOCK;
use super::{Effect, Walk};
use crate::passes::lower::cx::Cx;
use crate::passes::lower::error::Done;
use crate::passes::lower::reduction::{Reduction, Target};

impl<'a> Cx<'a> {
    /// The loop `depth` of a nest, marked if its iterations are independent and no loop is around it.
    pub(super) fn shared_by_rows(
        &self,
        walk: &Walk<'_, 'a>,
        depth: usize,
        spec: ForSpec,
    ) -> ForSpec {
        let apart = |(reduction, &start): (&Reduction, &usize)| match &reduction.target {
            Target::Scalar(_) => false,
            Target::View { whole: true, .. } => start > 0,
            Target::View { kept, .. } => walk.axes.first().is_some_and(|row| kept.contains(row)),
        };
        let mut reductions = walk.nest.reductions.iter().zip(&walk.starts);
        match depth == 0 && self.is_shared(walk) && reductions.all(apart) {
            true => spec.apart(),
            false => spec,
        }
    }

    /// Whether threads may share the outermost loop of a nest, as far as its effects go.
    fn is_shared(&self, walk: &Walk<'_, 'a>) -> bool {
        let alone = |effect: &Effect<'a>| match effect {
            // Places in accumulators may be equal.
            Effect::Body(data) => matches!(&data.op, Op::Map(op) if op.accs == 0),
            _ => true,
        };
        // Two additions at one point may meet those of another point: `x[i]` and `x[i + 1]`.
        let added = |effect: &Effect<'a>| match effect {
            Effect::Update(_, _, view) => Some(view.buffer),
            _ => None,
        };
        let mut buffers = HashSet::new();
        let mut sums = walk.nest.effects.iter().filter_map(added);
        let once = sums.all(|buffer| buffers.insert(buffer));
        let outermost =
            self.shared_loops.is_empty() && walk.range.is_none() && walk.beside.is_none();
        self.seeks_threads() && outermost && once && walk.nest.effects.iter().all(alone)
    }

    /// Whether threads may share the blocks of the only axis.
    pub(super) fn blocks_are_shared(&self, walk: &Walk<'_, 'a>, depth: usize) -> bool {
        let carried = walk.carried(depth);
        let mut all = carried.iter().filter_map(|&k| walk.reduction(k));
        depth == 0
            && carried.len() == walk.nest.reductions.len()
            && all.all(|r| r.lanes)
            && self.is_shared(walk)
    }

    /// The blocks of the only axis, of `n` elements: results of their own, then combined in order.
    pub(super) fn shared_blocks(
        &mut self,
        walk: &Walk<'_, 'a>,
        (n, block): (Var, Var),
        inits: &[Var],
    ) -> Done<Vec<Var>> {
        let zero = self.size(&Size::default())?;
        let below = self.size(&Size::constant(BLOCK - 1))?;
        let padded = self.b.add(n, below);
        let count = self.b.op(ScalarOp::Div, &[padded, block]);
        let mut partial = Vec::new();
        for reduction in &walk.nest.reductions {
            let buffer = self.b.alloc("blocks", reduction.zero.dtype(), count);
            self.temporaries.push((buffer, self.span));
            partial.push((buffer, reduction.fold));
        }
        let spec = ForSpec::up(zero, n).step(BLOCK).apart();
        let (start, _) = self.open_for(spec, &[]);
        let rest = self.b.sub(n, start);
        let len = self.b.op(ScalarOp::Min, &[rest, block]);
        // What is handed through a block without being combined.
        let (_, results) = self.block_alone(walk, start, len, None, inits)?;
        let number = self.b.op(ScalarOp::Div, &[start, block]);
        for (&(buffer, _), &result) in partial.iter().zip(&results) {
            self.b.store(buffer, number, result);
        }
        self.close_for(&[]);
        let (number, mut totals) = self.open_for(ForSpec::up(zero, count), inits);
        for (total, (buffer, fold)) in totals.iter_mut().zip(partial) {
            let result = self.b.load(buffer, number, 1);
            *total = self.b.op(fold, &[*total, result]);
        }
        Ok(self.close_for(&totals))
    }
}
