//! `tanh`: the hyperbolic tangent, elementwise.

use super::elementwise::smooth;
use super::{Kernel, Sech2};
use crate::elementary::Elementary;

/// the hyperbolic tangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tanh;

// d(tanh x) = sech²(x) dx; 1 - tanh² would cancel.
smooth!(Tanh, "tanh", Kernel::Elementary(Elementary::Tanh), |b, args, _, _| { args.first().map(|&x| b.op(Sech2, &[x])).transpose() });
