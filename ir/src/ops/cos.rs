//! `cos`: the cosine, elementwise.

use super::elementwise::smooth;
use super::{Kernel, Neg, Sin};
use crate::elementary::Elementary;

/// the cosine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cos;

// d(cos x) = -sin x dx.
smooth!(Cos, "cos", Kernel::Elementary(Elementary::Cos), |b, args, _, _| { let &[x] = args else { return Ok(None) }; let sin = b.op(Sin, &[x])?; b.op(Neg, &[sin]).map(Some) });
