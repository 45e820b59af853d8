//! `abs x`: elementwise magnitude. Its derivative at 0 is 0.

use super::examples::{NOT_NUMBERS, discrete, refusals, unary};
use super::elementwise::smooth;
use super::{Kernel, Sign};
use crate::op::Example;
use crate::scalar::ScalarOp;

/// `|x|`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Abs;

// d|x| = sign(x) dx, 0 at 0.
smooth!(
    Abs, "abs", Kernel::Op(ScalarOp::Abs),
    examples: {
        let mut examples = unary("abs OP", -2.0, 2.0);
        examples.extend(discrete("abs", &["i64[3]"], "i64[3]"));
        let kink = Example::one("(%x: f64[3])", "%y = abs %x : f64[3]");
        examples.push(kink.special(&[&[0.0, -1.0, -0.0]], &[&[1.0; 3]], &[&[0.0, -1.0, 0.0]]));
        examples
    },
    refused: refusals("abs", 1, NOT_NUMBERS),
    |b, args, _, _| {
    args.first().map(|&x| b.op(Sign, &[x])).transpose()
});
