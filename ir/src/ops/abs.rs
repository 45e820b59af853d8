//! `abs x`: elementwise magnitude. Its derivative at 0 is 0.

use super::elementwise::smooth;
use super::{Kernel, Sign};
use crate::scalar::ScalarOp;

/// `|x|`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Abs;

// d|x| = sign(x) dx, 0 at 0.
smooth!(Abs, "abs", Kernel::Op(ScalarOp::Abs), |b, args, _, _| {
    args.first().map(|&x| b.op(Sign, &[x])).transpose()
});
