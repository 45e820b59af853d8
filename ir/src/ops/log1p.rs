//! `log1p`: the natural logarithm of 1 + x, elementwise.

use super::elementwise::smooth;
use super::{Add, Div, Kernel};
use crate::elementary::Elementary;

/// the natural logarithm of 1 + x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log1p;

// d(log(1 + x)) = dx / (1 + x).
smooth!(Log1p, "log1p", Kernel::Elementary(Elementary::Log1p), |b, args, _, _| { let &[x] = args else { return Ok(None) }; let one = b.fill(1.0, &b.ty(x).clone())?; let sum = b.op(Add, &[one, x])?; b.op(Div, &[one, sum]).map(Some) });
