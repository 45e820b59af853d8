//! Differentiation: `linearize` splits a function into its primal and a linear function of the
//! tangents; `transpose` turns a linear function around.
//!
//! Both walk structured IR once. What an operation contributes stands in its own file in
//! [`crate::ops`]; here is what the rules share: the scopes, the residuals, the cotangents.

mod additive;
mod checkpoint;
mod clone;
mod cut;
mod declared;
mod deriver;
mod divisors;
pub mod fault;
mod flow;
mod free;
mod linearize;
mod pad;
mod pullback;
mod quiet;
mod remake;
mod rerun;
mod residual;
mod rule;
mod settled;
mod strength;
mod transpose;
mod trust;
mod zeros;

pub(crate) use additive::subsets_of;
pub use additive::{Additive, check_linear};
pub use checkpoint::outline;
pub use clone::{copy_body, rename_block};
pub use deriver::{Deriver, Linearized, Memo, Residual, Transposed};
pub use flow::Flow;
pub use free::{dependent_values, free_values, linear_values, needs};
pub use linearize::{Linearize, RegionLinear};
pub use strength::Strength;
pub(crate) use transpose::is_array;
pub use transpose::{Cotangent, Transpose};
pub use zeros::zero_values;

use crate::function::{Inst, InstData, Value};

/// One instruction on its way through a derivation.
#[derive(Debug)]
pub struct Step<'a> {
    /// The instruction in the source function.
    pub inst: Inst,
    /// Its data there: operation, operands, results and regions of the source function.
    pub source: &'a InstData,
    /// The operands: while linearizing, those of the primal function; while transposing, those of the
    /// source.
    pub args: &'a [Value],
}
