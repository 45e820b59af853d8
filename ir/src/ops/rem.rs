//! `rem x, y`: elementwise remainder with the sign of `x`.

use super::examples::{NOT_NUMBERS, binary, discrete, refusals};
use super::elementwise::smooth;
use super::{Div, Kernel, Neg, Round, Sub};
use crate::scalar::ScalarOp;

/// `x % y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rem;

// x % y = x - q y with the integer q = trunc(x / y): d = dx - q dy. The quotient of floats may round up to
// the next integer, so q is taken from the remainder z, which is exact: q = nearest((x - z) / y).
smooth!(
    Rem, "rem", Kernel::Remainder,
    examples: {
        let mut examples = binary("rem", 1.1, 5.0);
        // Both operands equal is a jump.
        examples.pop();
        examples.extend(discrete("rem", &["i64", "i64"], "i64"));
        examples
    },
    refused: refusals("rem", 2, NOT_NUMBERS),
    |b, args, z, k| {
    let &[x, y] = args else { return Ok(None) };
    if k == 0 {
        return b.fill(1.0, &b.ty(x).clone()).map(Some);
    }
    let taken = b.op(Sub, &[x, z])?;
    let quotient = b.op(Div, &[taken, y])?;
    let whole = b.op(Round { to: ScalarOp::Nearest }, &[quotient])?;
    b.op(Neg, &[whole]).map(Some)
});
