//! Products with few columns and few steps whose numbers are known: whole rows of the result stay in
//! registers, and nothing is packed but a right operand whose columns do not lie side by side.

use dfn_ir::Size;
use dfn_ir::loops::{ForSpec, Half, Var};
use dfn_ir::scalar::ScalarOp;

use super::{Product, Tile};
use crate::passes::lower::cx::{Cx, Val};
use crate::passes::lower::error::Done;
use crate::passes::lower::view::{plus, times};

/// Rows of the result with at most this number of columns are held in registers.
const COLUMNS: i64 = 32;
/// The right operand has at most this number of elements.
const ELEMENTS: i64 = 256;
/// Up to this number of vector operations are written out in a row.
const UNROLL: i64 = 96;

/// At most this number of rows at a time.
const ROWS: i64 = 6;

/// A product of known width and depth.
pub(super) struct Small {
    n: i64,
    k: i64,
    /// The number of rows, if it is known.
    m: Option<i64>,
    /// The lanes of the vectors of a row.
    pieces: Vec<u16>,
    /// Rows at a time.
    rows: i64,
    /// Whether the right operand is copied first.
    packs: bool,
    /// Whether the one vector of a row has more lanes than the row has elements: see [`wide`].
    over: bool,
}

/// Where the operands and the result start, and how the right operand lies.
struct Places {
    left: Size,
    right: Size,
    out: Size,
    /// The buffer of the right operand, and its strides along the contracted axis and along a row.
    source: Var,
    step: Size,
    column: Size,
}

impl Small {
    /// The product, if it is small.
    pub(super) fn of(product: &Product) -> Option<Small> {
        let (n, k) = (product.n.size.as_constant()?, product.k.size.as_constant()?);
        let m = product.m.size.as_constant();
        if !(1..=COLUMNS).contains(&n) || k < 1 || n.checked_mul(k)? > ELEMENTS {
            return None;
        }
        let tile: &Tile = &product.tile;
        let side_by_side = n == 1 || product.n.right.is(1);
        let few = m.is_some_and(|m| m * n * k <= 64);
        let wide = wide(product, [n, k]);
        let pieces = match (wide, side_by_side || !few) {
            (Some(lanes), _) => vec![lanes],
            (None, true) => tile.pieces(n),
            (None, false) => (0..n).map(|_| 1).collect(),
        };
        let held = i64::try_from(pieces.len()).ok()?;
        let registers = i64::from(tile.rows * tile.vectors + tile.vectors);
        let rows = (registers / held - 1).clamp(1, ROWS);
        Some(Small {
            n,
            k,
            m,
            pieces,
            rows: m.map_or(rows, |m| rows.min(m.max(1))),
            packs: !side_by_side && !few,
            over: wide.is_some(),
        })
    }
}

/// The lanes of a vector that holds a whole row and the beginning of the next one.
///
/// Rows without a power of two of elements need several vectors. Where rows lie one after another, one that
/// is too wide does as well: what it writes too much is written again with the next row. The last row is
/// read from before its start, and written in pieces.
fn wide(product: &Product, [n, k]: [i64; 2]) -> Option<u16> {
    let lanes = u16::try_from(n).ok()?.checked_next_power_of_two()?;
    let m = product.m.size.as_constant()?;
    let rows = [&product.m.out, &product.k.right]
        .into_iter()
        .all(|row| row.is(n));
    let side_by_side = product.n.right.is(1) && product.n.out.is(1);
    let shape = n < i64::from(lanes) && lanes <= product.tile.lanes && k > 1;
    // Written out, so that it is known which row is the last one.
    let unrolled = m * k <= UNROLL && k * ROWS <= UNROLL;
    (rows && side_by_side && shape && unrolled && product.deep.is_empty()).then_some(lanes)
}

impl Cx<'_> {
    /// Memory for a copy of the right operand, if one is needed.
    pub(super) fn small_room(&mut self, product: &Product, small: &Small) -> Done<Option<Var>> {
        if !small.packs {
            return Ok(None);
        }
        let len = self.size(&Size::constant(small.n * small.k))?;
        Ok(Some(self.scratch(product.tile.dtype, len)))
    }

    /// Emits the product.
    pub(super) fn small(
        &mut self,
        product: &Product,
        small: &Small,
        places: &[Size; 3],
        work: Option<Var>,
    ) -> Done {
        let [left, right, out] = places.clone();
        let mut places = Places {
            left,
            right,
            out,
            source: product.y.buffer,
            step: product.k.right.clone(),
            column: product.n.right.clone(),
        };
        if let Some(work) = work {
            self.copy_right(small, &places, work)?;
            places.source = work;
            places.right = Size::default();
            places.step = Size::constant(small.n);
            places.column = Size::constant(1);
        }
        let zero = Size::default();
        let (Some(m), rows) = (small.m, small.rows) else {
            let m = self.size(&product.m.size)?;
            let zero = self.size(&zero)?;
            let step = self.size(&Size::constant(small.rows))?;
            let rest = self.b.op(ScalarOp::Rem, &[m, step]);
            let full = self.b.sub(m, rest);
            self.row_loop(product, small, &places, (zero, full, small.rows))?;
            return self.row_loop(product, small, &places, (full, m, 1));
        };
        let vectors = i64::try_from(small.pieces.len()).unwrap_or(1);
        let full = m - m % rows;
        let mut at = 0;
        if m * vectors * small.k > UNROLL && full > rows {
            let (lo, hi) = (self.size(&zero)?, self.size(&Size::constant(full))?);
            self.row_loop(product, small, &places, (lo, hi, rows))?;
            at = full;
        }
        while at < m {
            let count = rows.min(m - at);
            self.few_rows(product, small, &places, (&Size::constant(at), count))?;
            at += count;
        }
        Ok(())
    }

    /// Copies the right operand row by row.
    fn copy_right(&mut self, small: &Small, places: &Places, work: Var) -> Done {
        let mut target = 0;
        for d in 0..small.k {
            for j in 0..small.n {
                let rows = times(&places.step, &Size::constant(d))?;
                let columns = times(&places.column, &Size::constant(j))?;
                let at = plus(&plus(&places.right, &rows)?, &columns)?;
                let at = self.size(&at)?;
                let value = self.b.load(places.source, at, 1);
                let to = self.size(&Size::constant(target))?;
                self.b.store(work, to, value);
                target += 1;
            }
        }
        Ok(())
    }

    /// A loop over rows, `count` at a time.
    fn row_loop(
        &mut self,
        product: &Product,
        small: &Small,
        places: &Places,
        (lo, hi, count): (Var, Var, i64),
    ) -> Done {
        let (counter, _) = self.open_for(ForSpec::up(lo, hi).step(count), &[]);
        let row = self.fresh();
        self.set(row, Val::Scalar(counter));
        self.few_rows(product, small, places, (&Size::value(row), count))?;
        self.close_for(&[]);
        Ok(())
    }

    /// Rows from `row` on.
    fn few_rows(
        &mut self,
        product: &Product,
        small: &Small,
        places: &Places,
        (row, count): (&Size, i64),
    ) -> Done {
        let mut accs = Vec::new();
        for i in 0..count {
            for (at, &lanes) in starts(&small.pieces) {
                accs.push(if product.deep.is_empty() {
                    self.b.splat(product.identity, lanes)
                } else {
                    let at = self.out_place(product, places, (row, i), at)?;
                    self.b.load(product.out.buffer, at, lanes)
                });
            }
        }
        let vectors = i64::try_from(small.pieces.len()).unwrap_or(1);
        if count * vectors * small.k <= UNROLL {
            for d in 0..small.k {
                let d = Size::constant(d);
                accs = self.one_step(product, small, places, (row, count), &d, &accs)?;
            }
        } else {
            let hi = self.size(&Size::constant(small.k))?;
            let spec = self.upto(hi)?;
            let (counter, inner) = self.open_for(spec, &accs);
            let d = self.fresh();
            self.set(d, Val::Scalar(counter));
            let d = Size::value(d);
            let next = self.one_step(product, small, places, (row, count), &d, &inner)?;
            accs = self.close_for(&next);
        }
        let mut accs = accs.into_iter();
        for i in 0..count {
            for (at, _) in starts(&small.pieces) {
                let at = self.out_place(product, places, (row, i), at)?;
                let Some(acc) = accs.next() else {
                    continue;
                };
                let next = plus(row, &Size::constant(i + 1))?;
                match small.over && small.m.is_some_and(|m| next.is(m)) {
                    true => self.store_first(product, (at, acc), small.n),
                    false => self.b.store(product.out.buffer, at, acc),
                }
            }
        }
        Ok(())
    }

    /// Writes the first `count` lanes of a vector, in pieces.
    fn store_first(&mut self, product: &Product, (at, vector): (Var, Var), count: i64) {
        let lanes = i64::from(self.b.value_ty(vector).lanes);
        if count >= lanes {
            return self.b.store(product.out.buffer, at, vector);
        }
        let half = lanes / 2;
        let low = self.b.half(vector, Half::Low);
        self.store_first(product, (at, low), count.min(half));
        if count > half {
            let high = self.b.half(vector, Half::High);
            let by = self.b.index(half);
            let at = self.b.add(at, by);
            self.store_first(product, (at, high), count - half);
        }
    }

    fn out_place(
        &mut self,
        product: &Product,
        places: &Places,
        (row, i): (&Size, i64),
        column: i64,
    ) -> Done<Var> {
        let row = plus(row, &Size::constant(i))?;
        let place = plus(&places.out, &times(&row, &product.m.out)?)?;
        let place = plus(&place, &Size::constant(column))?;
        self.size(&place)
    }

    /// One step along the contracted axis.
    fn one_step(
        &mut self,
        product: &Product,
        small: &Small,
        places: &Places,
        (row, count): (&Size, i64),
        d: &Size,
        accs: &[Var],
    ) -> Done<Vec<Var>> {
        let start = plus(&places.right, &times(d, &places.step)?)?;
        let mut vectors = Vec::new();
        for (at, &lanes) in starts(&small.pieces) {
            let at = times(&Size::constant(at), &places.column)?;
            let at = plus(&start, &at)?;
            let vector = match small.over && d.is(small.k - 1) {
                true => self.last_row(small, places, &at, lanes)?,
                false => {
                    let at = self.size(&at)?;
                    self.b.load(places.source, at, lanes)
                }
            };
            vectors.push((vector, lanes));
        }
        let mut next = Vec::new();
        let mut accs = accs.iter();
        for i in 0..count {
            let row = plus(row, &Size::constant(i))?;
            let place = plus(&places.left, &times(&row, &product.m.left)?)?;
            let place = plus(&place, &times(d, &product.k.left)?)?;
            let place = self.size(&place)?;
            let x = self.b.load(product.x.buffer, place, 1);
            for &(y, lanes) in &vectors {
                let x = self.b.splat(x, lanes);
                if let Some(&acc) = accs.next() {
                    next.push(self.b.fma(x, y, acc));
                }
            }
        }
        Ok(next)
    }
}

impl Cx<'_> {
    /// The last row of the right operand in a vector that is too wide, without what lies behind it.
    fn last_row(&mut self, small: &Small, places: &Places, at: &Size, lanes: u16) -> Done<Var> {
        let before = i64::from(lanes) - small.n;
        let at = self.size(&plus(at, &Size::constant(-before))?)?;
        let vector = self.b.load(places.source, at, lanes);
        let lane = |lane: u16| (i64::from(lane) + before).min(i64::from(lanes) - 1);
        let from = (0..lanes).filter_map(|k| u16::try_from(lane(k)).ok());
        let from: Vec<u16> = from.collect();
        Ok(self.b.shuffle([vector, vector], &from))
    }
}

/// Where each vector of a row starts.
fn starts(pieces: &[u16]) -> impl Iterator<Item = (i64, &u16)> {
    let mut at = 0;
    pieces.iter().map(move |lanes| {
        let start = at;
        at += i64::from(*lanes);
        (start, lanes)
    })
}
