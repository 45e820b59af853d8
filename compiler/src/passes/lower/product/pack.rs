//! Packing: part of a matrix copied to panels, in the order in which a kernel reads it.
//!
//! A panel holds `panel` rows (or columns) next to one another for each step of the contracted axis. The
//! source may have any strides, so that a transposed operand is just another packing.

use dfn_ir::loops::{Builder, Facts, ForSpec, Function, Linkage, Ty, Var, VarTy};
use dfn_ir::scalar::{Compare, ScalarOp};

use super::tile::Tile;

/// The name of the function that packs panels of `panel`.
pub(super) fn name(tile: &Tile, panel: i64) -> String {
    format!("kernel.pack{panel}.{}", tile.dtype)
}

/// `kernel.packP.T(count, depth, from, along, deep, to, workspace)`: element `i, d` at `i along + d deep`
/// of `from` for `i < count` (a multiple of P) and `d < depth`, to panels in `to`.
pub(super) fn pack(tile: &Tile, panel: i64) -> Function {
    let mut b = Builder::new(name(tile, panel), Linkage::Local);
    let integer = VarTy::Value(Ty::I64);
    let facts = |class, readonly| Facts {
        class,
        readonly,
        align: 0,
    };
    let count = b.param("count", integer);
    let depth = b.param("depth", integer);
    let from = b.buffer_param("from", tile.dtype, facts(1, true));
    let along = b.param("along", integer);
    let deep = b.param("deep", integer);
    let to = b.buffer_param("to", tile.dtype, facts(2, false));
    b.param("workspace", VarTy::Pointer);
    let (zero, one) = (b.index(0), b.index(1));
    let unit = b.compare(Compare::Eq, along, one);
    let unit_deep = b.compare(Compare::Eq, deep, one);
    let packing = Packing {
        tile,
        panel,
        depth,
        deep,
    };
    b.for_loop(ForSpec::up(zero, count).step(panel), &[], |b, p, _| {
        let start = b.mul(p, along);
        let from = b.advance(from, start);
        let start = b.mul(p, depth);
        let to = b.advance(to, start);
        let rows = |b: &mut Builder| packing.neighbours(b, from, to);
        let other = |b: &mut Builder| {
            let sources = apart(b, from, along, panel);
            let transposed = |b: &mut Builder| packing.transposed(b, &sources, to);
            let scattered = |b: &mut Builder| {
                packing.one_by_one(b, (&sources, to), zero);
                Vec::new()
            };
            b.if_else(unit_deep, transposed, scattered)
        };
        b.if_else(unit, rows, other)
    });
    b.ret_code(0);
    b.finish()
}

/// What packing a panel needs to know.
struct Packing<'t> {
    tile: &'t Tile,
    panel: i64,
    depth: Var,
    deep: Var,
}

/// Steps, and sources, that are transposed together.
const SQUARE: u16 = 4;

impl Packing<'_> {
    /// A panel whose elements lie side by side in the source.
    fn neighbours(&self, b: &mut Builder, from: Var, to: Var) -> Vec<Var> {
        let (zero, width) = (b.index(0), b.index(self.panel));
        b.for_loop(ForSpec::up(zero, self.depth), &[], |b, d, _| {
            let source = b.mul(d, self.deep);
            let target = b.mul(d, width);
            let mut at = 0;
            for lanes in self.tile.pieces(self.panel) {
                let offset = b.index(at);
                let read = b.add(source, offset);
                let value = b.load(from, read, lanes);
                let write = b.add(target, offset);
                b.store(to, write, value);
                at += i64::from(lanes);
            }
            Vec::new()
        })
    }

    /// A panel whose sources have their steps side by side: vectors along the steps, whose lanes are
    /// written apart. A backend that knows shuffles makes a transposition of it.
    fn transposed(&self, b: &mut Builder, sources: &[Var], to: Var) -> Vec<Var> {
        let (zero, width) = (b.index(0), b.index(self.panel));
        let mask = b.index(-i64::from(SQUARE));
        let whole = b.op(ScalarOp::And, &[self.depth, mask]);
        let mut first = 0;
        for group in sources.chunks(usize::from(SQUARE)) {
            let steps = ForSpec::up(zero, whole).step(i64::from(SQUARE));
            b.for_loop(steps, &[], |b, d, _| {
                let rows: Vec<Var> = group.iter().map(|&from| b.load(from, d, SQUARE)).collect();
                let target = b.mul(d, width);
                for lane in 0..SQUARE {
                    for (at, &row) in (first..).zip(&rows) {
                        let value = b.extract(row, lane);
                        let offset = b.index(at + i64::from(lane) * self.panel);
                        let write = b.add(target, offset);
                        b.store(to, write, value);
                    }
                }
                Vec::new()
            });
            first += i64::from(SQUARE);
        }
        self.one_by_one(b, (sources, to), whole);
        Vec::new()
    }

    /// The steps of a panel from `lo` on, whose elements come from anywhere.
    fn one_by_one(&self, b: &mut Builder, (sources, to): (&[Var], Var), lo: Var) {
        let width = b.index(self.panel);
        b.for_loop(ForSpec::up(lo, self.depth), &[], |b, d, _| {
            let source = b.mul(d, self.deep);
            let target = b.mul(d, width);
            for (at, &from) in (0..self.panel).zip(sources) {
                let value = b.load(from, source, 1);
                let offset = b.index(at);
                let write = b.add(target, offset);
                b.store(to, write, value);
            }
            Vec::new()
        });
    }
}

/// `count` addresses, `along` elements apart.
pub(super) fn apart(b: &mut Builder, from: Var, along: Var, count: i64) -> Vec<Var> {
    let mut all = vec![from];
    for _ in 1..count {
        let last = all.last().copied().unwrap_or(from);
        all.push(b.advance(last, along));
    }
    all
}
