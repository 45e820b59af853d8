//! The shape of a kernel: how many elements of the result stay in registers, how large blocks are.
//!
//! The result's tile is `rows` by `vectors` vectors. A step along the contracted axis loads the vectors of
//! one row of the right operand and multiplies them with `rows` elements of the left one. Blocks are such
//! that a panel of the right operand stays in the first cache, a block of the left one in the second.

use dfn_ir::DType;

use crate::passes::lower::machine::Machine;

/// The shape of a kernel for one element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tile {
    pub(super) dtype: DType,
    /// Elements of a vector register.
    pub(super) lanes: u16,
    /// Vectors of a row of the tile.
    pub(super) vectors: u16,
    /// Rows of the tile.
    pub(super) rows: u16,
    /// Steps along the contracted axis of a block.
    pub(super) deep: i64,
    /// Rows of a block of the left operand.
    pub(super) high: i64,
    /// Columns of a block of the right operand.
    pub(super) wide: i64,
}

impl Tile {
    /// The shape for numbers of type `dtype`.
    pub(super) fn of(machine: Machine, dtype: DType) -> Tile {
        let lanes = (machine.vector / dtype.bytes()).max(1);
        // The tile, a row of the right operand and one element of the left one have registers.
        let (vectors, rows) = match (machine.registers, machine.vector) {
            (..32, _) => (2, 6),
            (_, 64..) => (3, 8),
            _ => (4, 6),
        };
        Tile {
            dtype,
            lanes: u16::try_from(lanes).unwrap_or(1),
            vectors,
            rows,
            deep: 256,
            high: if dtype.bytes() == 8 { 192 } else { 384 },
            wide: 1008,
        }
    }

    /// Columns of the tile.
    pub(super) fn columns(&self) -> i64 {
        i64::from(self.lanes) * i64::from(self.vectors)
    }

    /// Elements in a line of the cache.
    pub(super) fn line(&self) -> i64 {
        64 / i64::from(self.dtype.bytes())
    }

    /// The lanes of the vectors that make up `columns`, a power of two or a full row.
    pub(super) fn pieces(&self, columns: i64) -> Vec<u16> {
        let mut left = columns;
        let mut pieces = Vec::new();
        let mut lanes = self.lanes;
        while left > 0 && lanes > 0 {
            match left >= i64::from(lanes) {
                true => {
                    pieces.push(lanes);
                    left -= i64::from(lanes);
                }
                false => lanes /= 2,
            }
        }
        pieces
    }
}

/// The powers of two below `n`, the largest first.
pub(super) fn powers(n: i64) -> Vec<i64> {
    let all = (0..16).rev().map(|k| 1i64 << k);
    all.filter(|&p| p < n).collect()
}
