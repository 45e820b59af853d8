//! `sin`: the sine, elementwise.

use super::elementwise::smooth;
use super::{Cos, Kernel};
use crate::elementary::Elementary;

/// the sine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sin;

// d(sin x) = cos x dx.
smooth!(Sin, "sin", Kernel::Elementary(Elementary::Sin), |b, args, _, _| { args.first().map(|&x| b.op(Cos, &[x])).transpose() });
