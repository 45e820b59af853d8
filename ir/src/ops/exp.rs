//! `exp`: e to the power x, elementwise.

use super::elementwise::smooth;
use super::{Kernel};
use crate::elementary::Elementary;

/// e to the power x.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exp;

// d(eˣ) = eˣ dx.
smooth!(Exp, "exp", Kernel::Elementary(Elementary::Exp), |_, _, y, _| Ok(Some(y)));
