//! `pow x, y`: `x` to the power `y`, elementwise.
//!
//! Derivatives at 0 are limits: in `x` 0 if `y = 0`; in `y` 0 if `x = 0` and `y > 0`.

use super::elementwise::smooth;
use super::{CompareOp, Kernel, Log, Mul, Select, Sub};
use crate::builder::Builder;
use crate::elementary::Elementary;
use crate::function::Value;
use crate::op::TypeError;
use crate::scalar::Compare;

/// `x ** y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pow;

// d(xʸ) = y xʸ⁻¹ dx + xʸ log(x) dy.
smooth!(Pow, "pow", Kernel::Elementary(Elementary::Pow), |b, args, z, k| {
    let &[x, y] = args else { return Ok(None) };
    if k == 0 { in_base(b, x, y) } else { in_exponent(b, x, z) }.map(Some)
});

// y xʸ⁻¹, and 0 where y = 0 whatever x is.
fn in_base(b: &mut Builder, x: Value, y: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let (zero, one) = (b.fill(0.0, &ty)?, b.fill(1.0, &ty)?);
    let lower = b.op(Sub, &[y, one])?;
    let power = b.op(Pow, &[x, lower])?;
    let slope = b.op(Mul, &[y, power])?;
    let flat = b.op(CompareOp { how: Compare::Eq }, &[y, zero])?;
    b.op(Select, &[flat, zero, slope])
}

// xʸ log x, and 0 where xʸ = 0: the power goes to 0 faster than the logarithm to -∞.
fn in_exponent(b: &mut Builder, x: Value, z: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let (zero, one) = (b.fill(0.0, &ty)?, b.fill(1.0, &ty)?);
    let gone = b.op(CompareOp { how: Compare::Eq }, &[z, zero])?;
    let safe = b.op(Select, &[gone, one, x])?;
    let log = b.op(Log, &[safe])?;
    b.op(Mul, &[z, log])
}
