//! `powi x {n}`: elementwise `x` to a constant integer power.

use super::examples::{unary};
use super::elementwise::{elementwise_rules, linearize_by_partials, never_linear};
use super::kernel::Elementwise;
use super::{Kernel, Mul};
use crate::builder::Builder;
use crate::derive::{Linearize, Step};
use crate::function::Value;
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError, TypeError};

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
    fn examples() -> Vec<Example> {
        let mut examples = unary("powi OP {n = 3}", -2.0, 2.0);
        for n in [-3, -1, 0, 2, 7] {
            examples.extend(unary(&format!("powi OP {{n = {n}}}"), 0.3, 2.0));
        }
        let at_zero = |n: i32, slope: f64| {
            let body = format!("%y = powi %x {{n = {n}}} : f64 %z = neg %y : f64 return %z");
            let example = Example::body("(%x: f64)", "f64", &body);
            example.special(&[&[0.0]], &[&[3.0]], &[&[-3.0 * slope]])
        };
        examples.extend([at_zero(0, 0.0), at_zero(1, 1.0), at_zero(2, 0.0), at_zero(3, 0.0)]);
        examples
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("(%x: i64)", "%y = powi %x {n = 2} : i64"),
            ("(%x: f64)", "%y = powi %x {n = 3000000000} : f64"),
            ("(%x: f64)", "%y = powi %x {n = floor} : f64"),
            ("(%x: f64, %z: f64)", "%y = powi %x, %z {n = 2} : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    elementwise_rules!(|_, _| false, linearize, never_linear);
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
