//! `min x, y`: elementwise smaller one; NaN if either is. Ties share the derivative equally.

use super::Kernel;
use super::elementwise::smooth;
use super::max::share;
use crate::scalar::{Compare, ScalarOp};

/// `min(x, y)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Min;

// d min(x, y) = dx where x < y, dy where y < x, (dx + dy) / 2 where x = y.
smooth!(Min, "min", Kernel::Op(ScalarOp::Min), |b, args, _, k| share(b, args, k, Compare::Lt));
