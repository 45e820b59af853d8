//! `powi x {n}`: elementwise `x` to a constant integer power.

use super::elementwise::{elementwise_rules, linearize_by_partials, never_linear};
use super::kernel::Elementwise;
use super::{Kernel, Mul};
use crate::builder::Builder;
use crate::derive::{Linearize, Step};
use crate::function::Value;
use crate::op::{Attribute, Attributes, Primitive, Reader, RuleError, TypeError};

/// `x ** n`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PowI {
    /// The exponent.
    pub n: i32,
}

impl Elementwise for PowI {
    fn kernel(&self) -> Kernel {
        Kernel::PowI(self.n)
    }
}

impl Primitive for PowI {
    const NAME: &'static str = "powi";

    fn attributes(&self) -> Attributes {
        vec![("n", Attribute::Int(i64::from(self.n)))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let n = i32::try_from(reader.int("n")?).map_err(|_| "the exponent is too large")?;
        Ok(PowI { n })
    }
    elementwise_rules!(|_| false, linearize, never_linear);
}

// d(xⁿ) = n xⁿ⁻¹ dx.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let crate::op::Op::PowI(PowI { n }) = step.source.op else { return Ok(()) };
    linearize_by_partials(cx, step, |b, args, _, _| partial(b, args, n))
}

fn partial(b: &mut Builder, args: &[Value], n: i32) -> Result<Option<Value>, TypeError> {
    let &[x] = args else { return Ok(None) };
    let factor = b.fill(f64::from(n), &b.ty(x).clone())?;
    match n {
        0 => Ok(None),
        1 => Ok(Some(factor)),
        _ => {
            let lower = if n == 2 { x } else { b.op(PowI { n: n.wrapping_sub(1) }, &[x])? };
            b.op(Mul, &[factor, lower]).map(Some)
        }
    }
}
