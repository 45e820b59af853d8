//! The kernel: a tile of the result in registers along the contracted axis.
//!
//! Each element has one accumulator that starts from the identity, or from what stands in memory, and
//! takes its products in index order by fma: `seq` of `docs/reductions.md`, whatever the tile.

use dfn_ir::loops::{Builder, ForSpec, Var};
use dfn_ir::scalar::ScalarOp;

use super::pack::apart;
use super::tile::Tile;

/// The left operand: element `i, d` is at `i row + d step`.
#[derive(Clone, Copy)]
pub(super) struct Left {
    pub(super) at: Var,
    pub(super) row: Var,
    pub(super) step: Var,
}

/// The right operand: element `d, j` is at `d step + j`.
#[derive(Clone, Copy)]
pub(super) struct Right {
    pub(super) at: Var,
    pub(super) step: Var,
}

/// The result: element `i, j` is at `i row + j`.
#[derive(Clone, Copy)]
pub(super) struct Out {
    pub(super) at: Var,
    pub(super) row: Var,
}

/// How the accumulators begin, and how far they run.
#[derive(Clone, Copy)]
pub(super) struct Run {
    /// Whether from `identity`; else from what stands in the result.
    pub(super) begin: Var,
    pub(super) identity: Var,
    pub(super) depth: Var,
}

/// A tile of `rows` by `columns`.
pub(super) struct Kernel<'t> {
    pub(super) tile: &'t Tile,
    pub(super) rows: i64,
    pub(super) columns: i64,
}

/// Steps of the whole tile that are written out in a row.
const UNROLL: i64 = 4;

impl Kernel<'_> {
    /// Emits it.
    pub(super) fn emit(&self, b: &mut Builder, left: Left, right: Right, out: Out, run: Run) {
        let pieces = self.tile.pieces(self.columns);
        let rows = apart(b, out.at, out.row, self.rows);
        let begin = |b: &mut Builder| {
            let mut accs = Vec::new();
            for _ in &rows {
                accs.extend(pieces.iter().map(|&lanes| b.splat(run.identity, lanes)));
            }
            accs
        };
        let go_on = |b: &mut Builder| {
            let mut accs = Vec::new();
            for &row in &rows {
                each_piece(b, &pieces, |b, at, lanes| accs.push(b.load(row, at, lanes)));
            }
            accs
        };
        let accs = b.if_else(run.begin, begin, go_on);
        let factors = apart(b, left.at, left.row, self.rows);
        let accs = self.steps(b, (&factors, left.step), right, run.depth, accs);
        let mut accs = accs.into_iter();
        for &row in &rows {
            each_piece(b, &pieces, |b, at, _| {
                if let Some(acc) = accs.next() {
                    b.store(row, at, acc);
                }
            });
        }
    }

    /// The loop along the contracted axis.
    fn steps(
        &self,
        b: &mut Builder,
        left: (&[Var], Var),
        right: Right,
        depth: Var,
        mut accs: Vec<Var>,
    ) -> Vec<Var> {
        let zero = b.index(0);
        let mut done = zero;
        if self.rows == i64::from(self.tile.rows) && self.columns == self.tile.columns() {
            let mask = b.index(-UNROLL);
            done = b.op(ScalarOp::And, &[depth, mask]);
            accs = b.for_loop(ForSpec::up(zero, done).step(UNROLL), &accs, |b, d, accs| {
                let mut accs = accs.to_vec();
                for ahead in 0..UNROLL {
                    let ahead = b.index(ahead);
                    let d = b.add(d, ahead);
                    accs = self.step(b, left, right, d, &accs);
                }
                accs
            });
        }
        b.for_loop(ForSpec::up(done, depth), &accs, |b, d, accs| {
            self.step(b, left, right, d, accs)
        })
    }

    /// One step.
    fn step(
        &self,
        b: &mut Builder,
        (factors, step): (&[Var], Var),
        right: Right,
        d: Var,
        accs: &[Var],
    ) -> Vec<Var> {
        let pieces = self.tile.pieces(self.columns);
        let start = b.mul(d, right.step);
        let row = b.advance(right.at, start);
        let mut vectors = Vec::new();
        each_piece(b, &pieces, |b, at, lanes| {
            vectors.push(b.load(row, at, lanes))
        });
        let place = b.mul(d, step);
        let mut next = Vec::new();
        let mut accs = accs.iter();
        for &factor in factors {
            let x = b.load(factor, place, 1);
            for (&y, &lanes) in vectors.iter().zip(&pieces) {
                let x = b.splat(x, lanes);
                if let Some(&acc) = accs.next() {
                    next.push(b.fma(x, y, acc));
                }
            }
        }
        next
    }
}

/// Calls `visit` with the start and the lanes of each vector of a row.
fn each_piece(b: &mut Builder, pieces: &[u16], mut visit: impl FnMut(&mut Builder, Var, u16)) {
    let mut at = 0;
    for &lanes in pieces {
        let place = b.index(at);
        visit(b, place, lanes);
        at += i64::from(lanes);
    }
}
