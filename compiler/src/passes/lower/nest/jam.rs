//! Several rows of a nest side by side.
//!
//! Where each row of the innermost axis has a result of its own, in the order `lanes`, the loops of
//! several rows become one, and the partial results of these rows are folded together: after it, a vector
//! has one lane for each row. What is left of the rows, fewer than 8 elements, is combined in these lanes,
//! one element of each row at a time. Where rows are added up into one row, elements of it stay in
//! registers while several rows are added, in order. Each result combines the same numbers in the same
//! order as without.

use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::{Size, Value};

use super::lanes::{BLOCK, EIGHT, VECTORS};
use super::{Nest, Range, Walk};
use crate::passes::lower::cx::{Cx, Val};
use crate::passes::lower::element::Reg;
use crate::passes::lower::error::Done;
use crate::passes::lower::reduction::{Reduction, Target};

/// How the rows of a nest run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jam {
    /// Each row has results of its own.
    Apart,
    /// All rows are added up into one.
    Together,
}

/// Rows that run side by side.
struct Rows {
    /// The counter of the axis of rows.
    counter: Value,
    /// For each row its number.
    numbers: Vec<Var>,
}

impl Rows {
    fn lanes(&self) -> u16 {
        self.numbers.len() as u16
    }
}

impl<'a> Cx<'a> {
    /// How the rows of a nest may run side by side, if at all.
    pub(super) fn jam(&self, nest: &Nest<'a>, axes: &[usize], starts: &[usize]) -> Option<Jam> {
        let (&row, depths) = (axes.iter().rev().nth(1)?, axes.len());
        let few = |size: &Size| size.as_constant().is_some_and(|n| n < self.rows(nest));
        let quiet = nest.shape.get(row).is_none_or(few) || nest.heavy || nest.reductions.is_empty();
        if quiet || self.rows(nest) < 4 || !self.runs_again(nest) {
            return None;
        }
        let apart = |r: &Reduction| r.lanes && matches!(r.target, Target::View { whole: true, .. });
        let together = |r: &Reduction| match &r.target {
            Target::View { kept, whole, .. } => !r.lanes && !whole && !kept.contains(&row),
            Target::Scalar(_) => false,
        };
        if starts.iter().all(|start| *start + 1 == depths) && nest.reductions.iter().all(apart) {
            return Some(Jam::Apart);
        }
        let all = starts.iter().all(|start| *start == depths);
        (all && nest.reductions.iter().all(together)).then_some(Jam::Together)
    }

    /// How many rows run side by side: their partial results take half of the vector registers.
    fn rows(&self, nest: &Nest<'a>) -> i64 {
        let machine = self.shared.machine;
        let file = machine.vector as usize * machine.registers;
        let row = 64 * nest.reductions.len().max(1);
        [8, 4]
            .into_iter()
            .find(|rows| 2 * rows * row <= file)
            .unwrap_or(1) as i64
    }

    /// The two innermost loops of a nest, several rows at a time, then row by row what is left.
    pub(super) fn jammed(&mut self, walk: &Walk<'_, 'a>, jam: Jam) -> Done {
        let depth = walk.axes.len().saturating_sub(2);
        let count = self.rows(walk.nest);
        let Range { lo, hi, count: n } = self.range(walk, depth)?;
        if n == Some(count) {
            return self.side_by_side(walk, jam, lo, count);
        }
        let len = self.b.sub(hi, lo);
        let whole = self.multiple(len, count as u16)?;
        let split = self.b.add(lo, whole);
        let spec = self.shared_by_rows(walk, depth, ForSpec::up(lo, split).step(count));
        let (first, _) = self.open_for(spec, &[]);
        self.side_by_side(walk, jam, first, count)?;
        self.close_for(&[]);
        if n.is_some_and(|n| n % count == 0) {
            return Ok(());
        }
        let (counter, _) = self.open_for(ForSpec::up(split, hi), &[]);
        self.bind_counter(walk, depth, counter);
        self.inside(walk, depth + 1, &[])?;
        self.close_for(&[]);
        Ok(())
    }

    fn side_by_side(&mut self, walk: &Walk<'_, 'a>, jam: Jam, first: Var, count: i64) -> Done {
        let depth = walk.axes.len().saturating_sub(2);
        let Some(&counter) = walk.counters.get(depth) else {
            return Ok(());
        };
        let mut numbers = vec![first];
        for k in 1..count {
            let k = self.size(&Size::constant(k))?;
            numbers.push(self.b.add(first, k));
        }
        let rows = Rows { counter, numbers };
        match jam {
            Jam::Apart => self.apart(walk, &rows),
            Jam::Together => self.together(walk, &rows),
        }
    }

    /// Rows with results of their own.
    fn apart(&mut self, walk: &Walk<'_, 'a>, rows: &Rows) -> Done {
        let depth = walk.axes.len().saturating_sub(1);
        let size = self.extent_size(walk, depth);
        let n = self.size(&size)?;
        let zero = self.size(&Size::default())?;
        let identities = walk.nest.reductions.iter().map(|r| r.identity);
        let identities: Vec<Var> = identities.collect();
        let wide = |cx: &mut Self, var| cx.b.splat(var, rows.lanes());
        let totals: Vec<Var> = identities.into_iter().map(|v| wide(self, v)).collect();
        let totals = match size.as_constant().filter(|n| *n <= BLOCK) {
            Some(known) => self.block_of_rows(walk, rows, (zero, n), Some(known), &totals)?,
            None => {
                let block = self.size(&Size::constant(BLOCK))?;
                let spec = ForSpec::up(zero, n).step(BLOCK);
                let (start, totals) = self.open_for(spec, &totals);
                let rest = self.b.sub(n, start);
                let len = self.b.op(dfn_ir::scalar::ScalarOp::Min, &[rest, block]);
                let next = self.block_of_rows(walk, rows, (start, len), None, &totals)?;
                self.close_for(&next)
            }
        };
        self.along_rows(walk, rows, |cx| {
            for (reduction, &var) in walk.nest.reductions.iter().zip(&totals) {
                let lanes = rows.lanes();
                cx.finish(reduction, Reg { var, lanes })?;
            }
            Ok(())
        })
    }

    /// One block of each row; the totals with it.
    fn block_of_rows(
        &mut self,
        walk: &Walk<'_, 'a>,
        rows: &Rows,
        (start, len): (Var, Var),
        known: Option<i64>,
        totals: &[Var],
    ) -> Done<Vec<Var>> {
        let all: Vec<&Reduction> = walk.nest.reductions.iter().collect();
        let step = walk.nest.width * VECTORS as u16;
        let (full, eights, end) = self.bounds(start, len, step)?;
        let none = |cx: &mut Self| {
            let each = rows.numbers.iter().flat_map(|_| cx.zeros(&all, EIGHT));
            each.collect::<Vec<Var>>()
        };
        let mut accs = match known {
            Some(n) if n < i64::from(step) => none(self),
            Some(_) => self.full_rows(walk, rows, (start, full))?,
            None => {
                let some = self.b.compare(dfn_ir::scalar::Compare::Lt, start, full);
                self.open_if(some);
                let after = self.full_rows(walk, rows, (start, full))?;
                self.open_else(&after);
                let zeros = none(self);
                self.close_if(&zeros)
            }
        };
        if known.is_none_or(|n| n % i64::from(step) >= i64::from(EIGHT)) {
            let spec = ForSpec::up(full, eights).step(i64::from(EIGHT));
            let (k, mut inner) = self.open_for(spec, &accs);
            for (&row, part) in rows.numbers.iter().zip(inner.chunks_mut(all.len())) {
                let mut accs = part.to_vec();
                self.set(rows.counter, Val::Scalar(row));
                self.chunk(walk, (k, EIGHT), &mut [], Some(&mut accs))?;
                part.copy_from_slice(&accs);
            }
            accs = self.close_for(&inner);
        }
        let mut sums = Vec::new();
        for (k, reduction) in all.iter().enumerate() {
            let of = accs.iter().skip(k).step_by(all.len()).copied().collect();
            sums.push(self.fold_rows(reduction, of));
        }
        if known.is_none_or(|n| n % i64::from(EIGHT) > 0) {
            sums = self.rest_of_rows(walk, rows, (eights, end), &sums)?;
        }
        let pairs = all.iter().zip(totals.iter().zip(sums));
        let with = pairs.map(|(r, (&total, sum))| self.b.op(r.fold, &[total, sum]));
        Ok(with.collect())
    }

    /// The steps of 256 bytes of each row, folded to 8 lanes: a loop over the rows, whose results go through
    /// memory.
    fn full_rows(&mut self, walk: &Walk<'_, 'a>, rows: &Rows, range: (Var, Var)) -> Done<Vec<Var>> {
        let all: Vec<&Reduction> = walk.nest.reductions.iter().collect();
        let (Some(&first), Some(dtype)) =
            (rows.numbers.first(), all.first().map(|r| r.zero.dtype()))
        else {
            return Ok(Vec::new());
        };
        let lanes = i64::from(EIGHT);
        let count = i64::from(rows.lanes()) * all.len() as i64 * lanes;
        let len = self.size(&Size::constant(count))?;
        let buffer = self.b.alloc("partial", dtype, len);
        self.temporaries.push((buffer, self.span));
        let zero = self.size(&Size::default())?;
        let hi = self.size(&Size::constant(i64::from(rows.lanes())))?;
        let (row, _) = self.open_for(ForSpec::up(zero, hi), &[]);
        let each = self.size(&Size::constant(all.len() as i64 * lanes))?;
        let at = self.b.mul(row, each);
        let row = self.b.add(first, row);
        self.set(rows.counter, Val::Scalar(row));
        let accs = self.scoped(|cx| cx.full_steps(walk, range, &all, &mut Vec::new()))?;
        for (k, acc) in accs.into_iter().enumerate() {
            let k = self.size(&Size::constant(k as i64 * lanes))?;
            let at = self.b.add(at, k);
            self.b.store(buffer, at, acc);
        }
        self.close_for(&[]);
        let mut accs = Vec::new();
        for k in (0..count).step_by(usize::from(EIGHT)) {
            let at = self.size(&Size::constant(k))?;
            accs.push(self.b.load(buffer, at, EIGHT));
        }
        Ok(accs)
    }

    /// For each row 8 lanes, folded by halves to one, all rows at once: a vector with a lane for each row.
    fn fold_rows(&mut self, reduction: &Reduction, mut of: Vec<Var>) -> Var {
        for part in [8, 4, 2] {
            let mut next = Vec::new();
            for pair in of.chunks(2) {
                let (&[first, ..], Some(&second)) = (pair, pair.last()) else {
                    continue;
                };
                let lanes = self.b.value_ty(first).lanes * pair.len() as u16;
                let half = |high: bool| {
                    let lanes = (0..lanes).filter(move |lane| (lane % part >= part / 2) == high);
                    lanes.collect::<Vec<u16>>()
                };
                let low = self.b.shuffle([first, second], &half(false));
                let high = self.b.shuffle([first, second], &half(true));
                next.push(self.b.op(reduction.fold, &[low, high]));
            }
            of = next;
        }
        of.first().copied().unwrap_or(reduction.identity)
    }

    /// The elements `lo..hi` of each row, fewer than 8, combined in order in the row's lane.
    fn rest_of_rows(
        &mut self,
        walk: &Walk<'_, 'a>,
        rows: &Rows,
        (lo, hi): (Var, Var),
        sums: &[Var],
    ) -> Done<Vec<Var>> {
        let depth = walk.axes.len().saturating_sub(1);
        let (k, mut sums) = self.open_for(ForSpec::up(lo, hi), sums);
        self.bind_counter(walk, depth, k);
        self.along_rows(walk, rows, |cx| {
            cx.effects(walk)?;
            for (slot, reduction) in sums.iter_mut().zip(&walk.nest.reductions) {
                *slot = cx.contribute(reduction, *slot)?.var;
            }
            Ok(())
        })?;
        Ok(self.close_for(&sums))
    }

    /// Emits something with the rows in the lanes of vectors.
    fn along_rows(
        &mut self,
        _: &Walk<'_, 'a>,
        rows: &Rows,
        emit: impl FnOnce(&mut Self) -> Done,
    ) -> Done {
        self.scoped(|cx| {
            cx.point.regs.clear();
            cx.point.width = rows.lanes();
            cx.point.inner = Some(rows.counter);
            if let Some(&first) = rows.numbers.first() {
                cx.set(rows.counter, Val::Scalar(first));
            }
            let outcome = emit(cx);
            cx.point.regs.clear();
            cx.point.width = 1;
            cx.point.inner = None;
            outcome
        })
    }

    /// Rows that are added up into one.
    fn together(&mut self, walk: &Walk<'_, 'a>, rows: &Rows) -> Done {
        let depth = walk.axes.len().saturating_sub(1);
        let width = walk.nest.width;
        let size = self.extent_size(walk, depth);
        let (zero, hi) = (self.size(&Size::default())?, self.size(&size)?);
        let split = match size.as_constant() {
            Some(n) => self.size(&Size::constant(n - n % i64::from(width)))?,
            None => self.multiple(hi, width)?,
        };
        let wide = ForSpec::up(zero, split).step(i64::from(width));
        let (k, _) = self.open_for(wide, &[]);
        self.column(walk, rows, (k, width))?;
        self.close_for(&[]);
        self.halves(walk, (split, hi), |cx, range| cx.column(walk, rows, range))
    }

    /// `width` neighbouring elements of the rows, added up in registers.
    fn column(&mut self, walk: &Walk<'_, 'a>, rows: &Rows, (k, width): (Var, u16)) -> Done {
        let depth = walk.axes.len().saturating_sub(1);
        self.scoped(|cx| {
            cx.point.width = width;
            cx.point.inner = walk.counters.get(depth).copied();
            cx.bind_counter(walk, depth, k);
            let mut held = Vec::new();
            for reduction in &walk.nest.reductions {
                held.push(cx.held(reduction)?);
            }
            for &row in &rows.numbers {
                cx.set(rows.counter, Val::Scalar(row));
                cx.scoped(|cx| {
                    cx.effects(walk)?;
                    for (slot, reduction) in held.iter_mut().zip(&walk.nest.reductions) {
                        *slot = cx.contribute(reduction, *slot)?.var;
                    }
                    Ok(())
                })?;
            }
            for (reduction, var) in walk.nest.reductions.iter().zip(held) {
                cx.finish(reduction, Reg { var, lanes: width })?;
            }
            cx.point.regs.clear();
            cx.point.width = 1;
            cx.point.inner = None;
            Ok(())
        })
    }

    /// The elements that a reduction into memory continues.
    pub(in super::super) fn held(&mut self, reduction: &Reduction) -> Done<Var> {
        let Target::View { view, kept, .. } = &reduction.target else {
            return Ok(reduction.identity);
        };
        let access = crate::passes::lower::access::Access::Load(
            view.clone(),
            view.place(&self.index_of(kept))?,
        );
        let reg = self.read(&access)?;
        let width = self.point.width;
        Ok(self.widen(reg, width))
    }
}
