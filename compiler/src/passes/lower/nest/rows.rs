//! What lanes write to neighbouring elements, each lane to a row of its own: eight vectors are turned around
//! in registers, and each row is written at once.
//!
//! Without, every element of every row is a store of its own.

use dfn_ir::Size;
use dfn_ir::loops::{Half, Var};

use super::Effect;
use crate::passes::lower::cx::Cx;
use crate::passes::lower::error::Done;
use crate::passes::lower::view::{plus, split, times};

/// How many elements of a row are written at once, and lanes turned around at once.
const SIDE: usize = 8;

/// Neighbouring elements that effects write.
struct Row {
    /// How many.
    len: usize,
    /// Where the first lane writes the first of them.
    start: Size,
    /// From the row of one lane to that of the next.
    step: Size,
}

impl<'a> Cx<'a> {
    /// Runs effects at this point, in order.
    pub(super) fn all_effects(&mut self, mut effects: &[Effect<'a>]) -> Done {
        while let Some((first, rest)) = effects.split_first() {
            let Some(row) = self.written_row(effects)? else {
                self.effect(first)?;
                effects = rest;
                continue;
            };
            let (writers, rest) = effects.split_at(row.len);
            self.write_row(writers, &row)?;
            effects = rest;
        }
        Ok(())
    }

    /// The neighbouring elements that the first effects write, if there are enough.
    fn written_row(&mut self, effects: &[Effect<'a>]) -> Done<Option<Row>> {
        let point = &self.point;
        let whole = point.last.is_none() && point.gap.is_none() && !point.flat;
        let (Some(inner), true) = (point.inner, whole && usize::from(point.width) % SIDE == 0)
        else {
            return Ok(None);
        };
        let Some(Effect::Store(_, view)) = effects.first() else {
            return Ok(None);
        };
        let start = self.place(view, &self.point.index)?;
        let mut len = 0;
        for effect in effects {
            let Effect::Store(_, other) = effect else {
                break;
            };
            let next = plus(&start, &Size::constant(len as i64))?;
            if other.buffer != view.buffer || self.place(other, &self.point.index)? != next {
                break;
            }
            len += 1;
        }
        let Some((_, step)) = split(&start, inner).filter(|_| len >= SIDE) else {
            return Ok(None);
        };
        let mut scalar = true;
        for value in start.values().filter(|v| *v != inner) {
            scalar &= self.operand(value)?.lanes == 1;
        }
        let apart = scalar && !step.is(0) && !step.is(1);
        Ok(apart.then_some(Row { len, start, step }))
    }

    /// Eight elements at a time; the last eight overlap those before.
    fn write_row(&mut self, writers: &[Effect<'a>], row: &Row) -> Done {
        let mut at = 0;
        while at < row.len {
            let first = at.min(row.len - SIDE);
            let part = writers.get(first..first + SIDE).unwrap_or_default();
            self.write_square(part, row, first)?;
            at += SIDE;
        }
        Ok(())
    }

    /// Eight elements, from the element `first` of the rows on.
    fn write_square(&mut self, writers: &[Effect<'a>], row: &Row, first: usize) -> Done {
        let width = self.point.width;
        let mut buffer = None;
        let mut columns = Vec::new();
        for writer in writers {
            if let Effect::Store(value, view) = writer {
                let reg = self.operand(*value)?;
                columns.push(self.widen(reg, width));
                buffer = Some(view.buffer);
            }
        }
        let Some(buffer) = buffer else {
            return Ok(());
        };
        for (part, columns) in self.eight_lanes(columns).into_iter().enumerate() {
            for (lane, values) in self.square_turned(columns).into_iter().enumerate() {
                let lane = Size::constant((part * SIDE + lane) as i64);
                let place = plus(&row.start, &times(&lane, &row.step)?)?;
                let place = plus(&place, &Size::constant(first as i64))?;
                let index = self.size(&place)?;
                self.b.store(buffer, index, values);
            }
        }
        Ok(())
    }

    /// Vectors in parts of eight lanes, the first parts of all first.
    fn eight_lanes(&mut self, columns: Vec<Var>) -> Vec<Vec<Var>> {
        let lanes = columns.first().map_or(0, |&v| self.b.value_ty(v).lanes);
        if usize::from(lanes) <= SIDE {
            return vec![columns];
        }
        let mut parts = Vec::new();
        for half in [Half::Low, Half::High] {
            let halves = columns.iter().map(|&v| self.b.half(v, half)).collect();
            parts.extend(self.eight_lanes(halves));
        }
        parts
    }

    /// Eight vectors of eight lanes, turned around: pairs of neighbours, then pairs of these in two steps.
    fn square_turned(&mut self, columns: Vec<Var>) -> Vec<Var> {
        const EVEN: [u16; 8] = [0, 8, 2, 10, 4, 12, 6, 14];
        const ODD: [u16; 8] = [1, 9, 3, 11, 5, 13, 7, 15];
        const FIRST: [u16; 8] = [0, 1, 2, 3, 8, 9, 10, 11];
        const LAST: [u16; 8] = [4, 5, 6, 7, 12, 13, 14, 15];
        const OUTER: [u16; 8] = [0, 1, 4, 5, 8, 9, 12, 13];
        const INNER: [u16; 8] = [2, 3, 6, 7, 10, 11, 14, 15];
        let &[a, b, c, d, e, f, g, h] = columns.as_slice() else {
            return columns;
        };
        let mut rows = Vec::new();
        let mut both = |x: Var, y: Var, lanes: &[u16; 8]| self.b.shuffle([x, y], lanes);
        // Rows of even lanes, then those of odd ones.
        let sides = [EVEN, ODD]
            .map(|lanes| [(a, b), (c, d), (e, f), (g, h)].map(|(x, y)| both(x, y, &lanes)));
        for side in [FIRST, LAST] {
            let halves = sides.map(|[ab, cd, ef, gh]| (both(ab, cd, &side), both(ef, gh, &side)));
            for pick in [OUTER, INNER] {
                rows.extend(halves.map(|(front, back)| both(front, back, &pick)));
            }
        }
        rows
    }
}
