//! `pow x, y`: `x` to the power `y`, elementwise.
//!
//! Derivatives at 0 are limits: in `x` 0 if `y = 0`; in `y` 0 if `x = 0` and `y > 0`. At `x = y = 0` both
//! are 0.

use super::examples::{NOT_FLOATS, binary, refusals};
use super::elementwise::smooth;
use super::{And, CompareOp, Kernel, Log, Mul, Or, Scale, Select, Sub};
use crate::builder::Builder;
use crate::elementary::Elementary;
use crate::function::Value;
use crate::op::{Example, TypeError};
use crate::scalar::Compare;

/// `x ** y`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pow;

// d(xʸ) = y xʸ⁻¹ dx + xʸ log(x) dy.
smooth!(
    Pow, "pow", Kernel::Elementary(Elementary::Pow),
    examples: {
        let mut examples = binary("pow", 0.2, 3.0);
        examples.push(
            Example::one("(%x: f64[3], %y: f64[3])", "%z = pow %x, %y : f64[3]")
                .within(0.2, 3.0)
                // Where the exponent is 0 the power is 1, whatever the base.
                .special(&[&[0.0, 2.0, 1.5], &[0.0; 3]], &[&[1.0; 3], &[0.0; 3]], &[&[0.0; 3]])
                // 0 to a positive power stays 0.
                .special(&[&[0.0; 3], &[2.0, 1.0, 1.5]], &[&[0.0; 3], &[1.0; 3]], &[&[0.0; 3]])
                // x to the 1 has the slope 1 at 0, to the 2 none.
                .special(
                    &[&[0.0, 0.0, 3.0], &[1.0, 2.0, 2.0]],
                    &[&[1.0; 3], &[0.0; 3]],
                    &[&[1.0, 0.0, 6.0]],
                ),
        );
        examples
    },
    refused: refusals("pow", 2, NOT_FLOATS),
    |b, args, z, k| {
    let &[x, y] = args else { return Ok(None) };
    if k == 0 { in_base(b, x, y) } else { in_exponent(b, x, y, z) }.map(Some)
});

// y xʸ⁻¹, and 0 where y = 0 whatever x is, or where the power is 0 and y infinite.
fn in_base(b: &mut Builder, x: Value, y: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let one = b.fill(1.0, &ty)?;
    let lower = b.op(Sub, &[y, one])?;
    let power = b.op(Pow, &[x, lower])?;
    b.op(Scale, &[y, power])
}

// xʸ log x, and 0 where xʸ = 0: the power goes to 0 faster than the logarithm to -∞. 0 at x = y = 0 too,
// where there is no limit.
fn in_exponent(b: &mut Builder, x: Value, y: Value, z: Value) -> Result<Value, TypeError> {
    let ty = b.ty(x).clone();
    let (zero, one) = (b.fill(0.0, &ty)?, b.fill(1.0, &ty)?);
    let equal = CompareOp { how: Compare::Eq };
    let (no_base, no_exponent) = (b.op(equal.clone(), &[x, zero])?, b.op(equal.clone(), &[y, zero])?);
    let gone = b.op(equal, &[z, zero])?;
    let neither = b.op(And, &[no_base, no_exponent])?;
    let flat = b.op(Or, &[gone, neither])?;
    let safe = b.op(Select, &[flat, one, x])?;
    let log = b.op(Log, &[safe])?;
    b.op(Mul, &[z, log])
}
