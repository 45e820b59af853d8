//! `rem x, y`: elementwise remainder with the sign of `x`.

use super::examples::{NOT_NUMBERS, binary, discrete, refusals};
use super::elementwise::smooth;
use super::{Div, Kernel, Neg, Round};
use crate::scalar::ScalarOp;

/// `x % y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rem;

// x % y = x - trunc(x / y) y: d = dx - trunc(x / y) dy.
smooth!(
    Rem, "rem", Kernel::Op(ScalarOp::Rem),
    examples: {
        let mut examples = binary("rem", 1.1, 5.0);
        // Both operands equal is a jump.
        examples.pop();
        examples.extend(discrete("rem", &["i64", "i64"], "i64"));
        examples
    },
    refused: refusals("rem", 2, NOT_NUMBERS),
    |b, args, _, k| {
    let &[x, y] = args else { return Ok(None) };
    if k == 0 {
        return b.fill(1.0, &b.ty(x).clone()).map(Some);
    }
    let quotient = b.op(Div, &[x, y])?;
    let whole = b.op(Round { to: ScalarOp::Trunc }, &[quotient])?;
    b.op(Neg, &[whole]).map(Some)
});
