//! Matrix products in blocks: the loops around the kernel, as one function for each element type.
//!
//! `kernel.matmul.T(m, n, k, x, x_row, x_step, y, y_step, y_column, out, out_row, begin, identity, work,
//! workspace)` with the products `x[i, d] y[d, j]` for `d` from 0 to `k - 1`. Columns of the result lie
//! side by side. Blocks along `d` are outside of tiles, and each goes on from the stored value, so that the
//! order of a sum does not depend on them. Rows and columns that fill no tile are taken by smaller kernels:
//! nothing is computed twice. Small operands are read where they are; others are packed into `work`.

use dfn_ir::DType;
use dfn_ir::loops::{
    Builder, Facts, ForSpec, FuncId, Function, Linkage, PointerTest, Ty, Var, VarTy,
};
use dfn_ir::scalar::{Compare, ScalarOp};

use super::kernel::{Kernel, Left, Out, Right, Run};
use super::tile::{Tile, powers};

/// Up to this number of rows, packing the right operand costs more than it brings.
const ROWS_IN_PLACE: i64 = 96;
/// Up to this number of bytes the left operand stays in the cache as it is.
const BYTES_IN_PLACE: i64 = 160 << 10;

/// The functions that pack the left and the right operand.
#[derive(Clone, Copy)]
pub(super) struct Packs {
    pub(super) left: FuncId,
    pub(super) right: FuncId,
}

/// The name of the function for matrices of `dtype`.
pub(super) fn name(dtype: DType) -> String {
    format!("kernel.matmul.{dtype}")
}

/// The elements of `work`: two blocks, and room to align them; none where the operands are read in place.
/// `unit` says that the columns of the right operand are known to lie side by side.
pub(super) fn room(b: &mut Builder, tile: &Tile, [m, n, k]: [Var; 3], unit: bool) -> Var {
    let deep = at_most(b, k, tile.deep);
    let high = at_most(b, m, tile.high);
    let wide = at_most(b, n, tile.wide);
    let left = block(b, tile, high, deep);
    let elements = b.mul(m, k);
    let bytes = i64::from(tile.dtype.bytes());
    let left_packed = beyond(b, elements, BYTES_IN_PLACE / bytes);
    let left = b.mul(left, left_packed);
    let right = block(b, tile, wide, deep);
    let right_packed = match unit {
        true => beyond(b, m, ROWS_IN_PLACE),
        false => b.index(1),
    };
    let right = b.mul(right, right_packed);
    let both = b.add(left, right);
    let some = b.op(ScalarOp::Max, &[left_packed, right_packed]);
    let line = b.index(tile.line());
    let slack = b.mul(some, line);
    b.add(both, slack)
}

/// 1 if `n` is beyond `limit`, else 0, in steps that formulas of sizes have.
fn beyond(b: &mut Builder, n: Var, limit: i64) -> Var {
    let (limit, zero) = (b.index(limit), b.index(0));
    let over = b.sub(n, limit);
    let over = b.op(ScalarOp::Max, &[over, zero]);
    at_most(b, over, 1)
}

/// The elements of a block, in whole lines of the cache.
fn block(b: &mut Builder, tile: &Tile, along: Var, deep: Var) -> Var {
    let elements = b.mul(along, deep);
    let up = b.index(tile.line() - 1);
    let up = b.add(elements, up);
    let mask = b.index(-tile.line());
    b.op(ScalarOp::And, &[up, mask])
}

fn at_most(b: &mut Builder, n: Var, limit: i64) -> Var {
    let limit = b.index(limit);
    b.op(ScalarOp::Min, &[n, limit])
}

/// The parameters.
struct Blocked<'t> {
    tile: &'t Tile,
    packs: Packs,
    size: [Var; 3],
    left: Left,
    right: Right,
    column: Var,
    out: Out,
    begin: Var,
    identity: Var,
    work: Var,
    workspace: Var,
}

/// What does not change in a block of the right operand.
#[derive(Clone, Copy)]
struct Stripe {
    /// The operand from this block on.
    right: Right,
    /// The result from its first column on.
    out: Out,
    columns: Var,
    /// Columns that fill tiles.
    full: Var,
    run: Run,
    /// Packed blocks.
    left_panels: Var,
    right_panels: Var,
    unit: Var,
    right_in_place: Var,
    left_in_place: Var,
}

/// A block of the left operand: packed or not.
#[derive(Clone, Copy)]
struct Band {
    /// As it is.
    plain: Left,
    /// As whole tiles read it: the next tile is `panel` elements further.
    tiles: Left,
    panel: Var,
    rows: Var,
    full: Var,
}

/// The function.
pub(super) fn blocked(tile: &Tile, packs: Packs) -> Function {
    let mut b = Builder::new(name(tile.dtype), Linkage::Local);
    let integer = VarTy::Value(Ty::I64);
    let facts = |class, readonly| Facts {
        class,
        readonly,
        align: 0,
    };
    let size = ["m", "n", "k"].map(|name| b.param(name, integer));
    let x = b.buffer_param("x", tile.dtype, facts(1, true));
    let [x_row, x_step] = ["x_row", "x_step"].map(|name| b.param(name, integer));
    let y = b.buffer_param("y", tile.dtype, facts(1, true));
    let [y_step, column] = ["y_step", "y_column"].map(|name| b.param(name, integer));
    let out = b.buffer_param("out", tile.dtype, facts(2, false));
    let out_row = b.param("out_row", integer);
    let begin = b.param("begin", VarTy::Value(Ty::BOOL));
    let identity = b.param("identity", VarTy::Value(Ty::scalar(tile.dtype)));
    let work = b.buffer_param("work", tile.dtype, facts(3, false));
    let workspace = b.param("workspace", VarTy::Pointer);
    let blocked = Blocked {
        tile,
        packs,
        size,
        left: Left {
            at: x,
            row: x_row,
            step: x_step,
        },
        right: Right {
            at: y,
            step: y_step,
        },
        column,
        out: Out {
            at: out,
            row: out_row,
        },
        begin,
        identity,
        work,
        workspace,
    };
    blocked.nothing(&mut b);
    blocked.stripes(&mut b);
    b.ret_code(0);
    b.finish()
}

impl Blocked<'_> {
    /// Sums of nothing.
    fn nothing(&self, b: &mut Builder) {
        let [m, n, k] = self.size;
        let one = b.index(1);
        let zero = b.index(0);
        let empty = b.compare(Compare::Lt, k, one);
        let fill = b.op(ScalarOp::And, &[empty, self.begin]);
        let rows = b.op(ScalarOp::Select, &[fill, m, zero]);
        b.for_loop(ForSpec::up(zero, rows), &[], |b, i, _| {
            let start = b.mul(i, self.out.row);
            b.fill(self.out.at, start, n, self.identity);
            Vec::new()
        });
    }

    /// The loops over blocks of columns, then of the contracted axis.
    fn stripes(&self, b: &mut Builder) {
        let [m, n, k] = self.size;
        let (zero, one) = (b.index(0), b.index(1));
        let unit = b.compare(Compare::Eq, self.column, one);
        let limit = b.index(ROWS_IN_PLACE);
        let few = b.compare(Compare::Le, m, limit);
        let right_in_place = b.op(ScalarOp::And, &[unit, few]);
        let bytes = i64::from(self.tile.dtype.bytes());
        let limit = b.index(BYTES_IN_PLACE / bytes);
        let elements = b.mul(m, k);
        let left_in_place = b.compare(Compare::Le, elements, limit);
        let nothing = b.op(ScalarOp::And, &[right_in_place, left_in_place]);
        let panels = b.if_else(nothing, |_| vec![self.work], |b| vec![self.aligned(b)]);
        let left_panels = panels.first().copied().unwrap_or(self.work);
        let high = at_most(b, m, self.tile.high);
        let deep = at_most(b, k, self.tile.deep);
        let left_room = block(b, self.tile, high, deep);
        let left_room = b.op(ScalarOp::Select, &[left_in_place, zero, left_room]);
        let right_panels = b.advance(left_panels, left_room);
        let (wide, deep) = (self.tile.wide, self.tile.deep);
        b.for_loop(ForSpec::up(zero, n).step(wide), &[], |b, j, _| {
            let (columns, full) = self.part(b, n, j, wide, self.tile.columns());
            b.for_loop(ForSpec::up(zero, k).step(deep), &[], |b, d, _| {
                let (depth, _) = self.part(b, k, d, deep, 1);
                let first = b.compare(Compare::Eq, d, zero);
                let begin = b.op(ScalarOp::And, &[self.begin, first]);
                let right = self.from(b, self.right.at, (d, self.right.step), (j, self.column));
                let stripe = Stripe {
                    right: Right {
                        at: right,
                        step: self.right.step,
                    },
                    out: Out {
                        at: b.advance(self.out.at, j),
                        row: self.out.row,
                    },
                    columns,
                    full,
                    run: Run {
                        begin,
                        identity: self.identity,
                        depth,
                    },
                    left_panels,
                    right_panels,
                    unit,
                    right_in_place,
                    left_in_place,
                };
                self.pack_right(b, &stripe);
                self.bands(b, &stripe, d);
                Vec::new()
            });
            Vec::new()
        });
    }

    /// `work` from the first line of the cache on; it is aligned to 16 bytes at least.
    fn aligned(&self, b: &mut Builder) -> Var {
        let quarter = self.tile.line() / 4;
        let mut at = b.index(0);
        for skip in [3, 2, 1, 0] {
            let skip = b.index(skip * quarter);
            let place = b.advance(self.work, skip);
            let off = b.test(place, PointerTest::Misaligned(64));
            at = b.op(ScalarOp::Select, &[off, at, skip]);
        }
        b.advance(self.work, at)
    }

    /// How much of `size` a block from `start` on has, and how much of that fills tiles of `unit`.
    fn part(&self, b: &mut Builder, size: Var, start: Var, limit: i64, unit: i64) -> (Var, Var) {
        let left = b.sub(size, start);
        let part = at_most(b, left, limit);
        let unit = b.index(unit);
        let rest = b.op(ScalarOp::Rem, &[part, unit]);
        (part, b.sub(part, rest))
    }

    /// The address of an element of a matrix.
    fn from(&self, b: &mut Builder, base: Var, row: (Var, Var), column: (Var, Var)) -> Var {
        let rows = b.mul(row.0, row.1);
        let columns = b.mul(column.0, column.1);
        let place = b.add(rows, columns);
        b.advance(base, place)
    }

    /// Packs a block of the right operand, unless it is read in place. Columns that fill no tile stay if
    /// they lie side by side; else they become one panel.
    fn pack_right(&self, b: &mut Builder, stripe: &Stripe) {
        let (to, deep) = (stripe.right_panels, stripe.right.step);
        let full = |b: &mut Builder| {
            let args = [
                stripe.full,
                stripe.run.depth,
                stripe.right.at,
                self.column,
                deep,
                to,
                self.workspace,
            ];
            b.call(self.packs.right, &args);
            Vec::new()
        };
        b.if_else(stripe.right_in_place, |_| Vec::new(), full);
        let rest = |b: &mut Builder| {
            let zero = b.index(0);
            let count = b.sub(stripe.columns, stripe.full);
            let skip = b.mul(stripe.full, stripe.run.depth);
            let to = b.advance(to, skip);
            let skip = b.mul(stripe.full, self.column);
            let from = b.advance(stripe.right.at, skip);
            b.for_loop(ForSpec::up(zero, stripe.run.depth), &[], |b, d, _| {
                b.for_loop(ForSpec::up(zero, count), &[], |b, j, _| {
                    let source = self.from(b, from, (d, deep), (j, self.column));
                    let value = b.load(source, zero, 1);
                    let one = b.index(1);
                    let target = self.from(b, to, (d, count), (j, one));
                    b.store(target, zero, value);
                    Vec::new()
                });
                Vec::new()
            });
            Vec::new()
        };
        b.if_else(stripe.unit, |_| Vec::new(), rest);
    }

    /// The loop over blocks of rows.
    fn bands(&self, b: &mut Builder, stripe: &Stripe, d: Var) {
        let m = self.size[0];
        let (zero, one) = (b.index(0), b.index(1));
        let rows = i64::from(self.tile.rows);
        let high = self.tile.high;
        b.for_loop(ForSpec::up(zero, m).step(high), &[], |b, i, _| {
            let (count, full) = self.part(b, m, i, high, rows);
            let at = self.from(b, self.left.at, (i, self.left.row), (d, self.left.step));
            let plain = Left { at, ..self.left };
            let in_place = |_: &mut Builder| vec![plain.at, plain.row, plain.step, plain.row];
            let packed = |b: &mut Builder| {
                let to = stripe.left_panels;
                let depth = stripe.run.depth;
                let args = [full, depth, at, plain.row, plain.step, to, self.workspace];
                b.call(self.packs.left, &args);
                let step = b.index(rows);
                vec![to, one, step, depth]
            };
            let tiles = b.if_else(stripe.left_in_place, in_place, packed);
            if let [at, row, step, panel] = *tiles {
                let band = Band {
                    plain,
                    tiles: Left { at, row, step },
                    panel,
                    rows: count,
                    full,
                };
                let start = b.mul(i, stripe.out.row);
                let at = b.advance(stripe.out.at, start);
                let out = Out { at, ..stripe.out };
                self.columns(b, stripe, &band, out);
            }
            Vec::new()
        });
    }

    /// The loop over tiles along a row, and the columns that fill none.
    fn columns(&self, b: &mut Builder, stripe: &Stripe, band: &Band, out: Out) {
        let zero = b.index(0);
        let width = self.tile.columns();
        b.for_loop(
            ForSpec::up(zero, stripe.full).step(width),
            &[],
            |b, j, _| {
                let in_place = |b: &mut Builder| {
                    let at = b.advance(stripe.right.at, j);
                    vec![at, stripe.right.step]
                };
                let packed = |b: &mut Builder| {
                    let start = b.mul(j, stripe.run.depth);
                    let at = b.advance(stripe.right_panels, start);
                    vec![at, b.index(width)]
                };
                let right = b.if_else(stripe.right_in_place, in_place, packed);
                if let [at, step] = *right {
                    let at_column = b.advance(out.at, j);
                    let out = Out {
                        at: at_column,
                        ..out
                    };
                    self.rows(b, (width, Right { at, step }), band, out, stripe.run);
                }
                Vec::new()
            },
        );
        let rest = b.sub(stripe.columns, stripe.full);
        let at = b.advance(out.at, stripe.full);
        let out = Out { at, ..out };
        let in_place = |b: &mut Builder| {
            let at = b.advance(stripe.right.at, stripe.full);
            vec![at, stripe.right.step]
        };
        let packed = |b: &mut Builder| {
            let start = b.mul(stripe.full, stripe.run.depth);
            vec![b.advance(stripe.right_panels, start), rest]
        };
        let right = b.if_else(stripe.unit, in_place, packed);
        let &[from, step] = right.as_slice() else {
            return;
        };
        for width in powers(width) {
            self.when(b, rest, width, |b, skip| {
                let at = b.advance(from, skip);
                let right = Right { at, step };
                let at = b.advance(out.at, skip);
                self.rows(b, (width, right), band, Out { at, ..out }, stripe.run);
            });
        }
    }

    /// The tiles below one another, and the rows that fill none.
    fn rows(
        &self,
        b: &mut Builder,
        (columns, right): (i64, Right),
        band: &Band,
        out: Out,
        run: Run,
    ) {
        let zero = b.index(0);
        let rows = i64::from(self.tile.rows);
        let kernel = |rows| Kernel {
            tile: self.tile,
            rows,
            columns,
        };
        b.for_loop(ForSpec::up(zero, band.full).step(rows), &[], |b, i, _| {
            let start = b.mul(i, band.panel);
            let at = b.advance(band.tiles.at, start);
            let left = Left { at, ..band.tiles };
            let start = b.mul(i, out.row);
            let at = b.advance(out.at, start);
            kernel(rows).emit(b, left, right, Out { at, ..out }, run);
            Vec::new()
        });
        let rest = b.sub(band.rows, band.full);
        for height in powers(rows) {
            self.when(b, rest, height, |b, skip| {
                let i = b.add(band.full, skip);
                let start = b.mul(i, band.plain.row);
                let at = b.advance(band.plain.at, start);
                let left = Left { at, ..band.plain };
                let start = b.mul(i, out.row);
                let at = b.advance(out.at, start);
                kernel(height).emit(b, left, right, Out { at, ..out }, run);
            });
        }
    }

    /// Emits `body` for the bit `size` of `rest`, with what the higher bits are.
    fn when(&self, b: &mut Builder, rest: Var, size: i64, body: impl FnOnce(&mut Builder, Var)) {
        let bit = b.index(size);
        let zero = b.index(0);
        let set = b.op(ScalarOp::And, &[rest, bit]);
        let set = b.compare(Compare::Ne, set, zero);
        let mask = b.index(-2 * size);
        b.if_else(
            set,
            |b| {
                let skip = b.op(ScalarOp::And, &[rest, mask]);
                body(b, skip);
                Vec::new()
            },
            |_| Vec::new(),
        );
    }
}
