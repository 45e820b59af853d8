//! `sign x`: -1, 0 or 1, elementwise; ±0 and NaN stay. Locally constant.

use super::Kernel;
use super::elementwise::locally_constant;

/// The sign of `x`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sign;

locally_constant!(Sign, "sign", Kernel::Sign);
