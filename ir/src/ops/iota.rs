//! `iota`: 0, 1, 2, … along the only axis of the result.

use super::structural::{no_attributes, no_tangent, traits};
use crate::interp::{Arithmetic, At, Eval, Evaluated, volume};
use crate::op::{Example, Primitive, Site, TypeError};
use crate::scalar::{Scalar, ScalarOp};
use crate::ty::Type;

/// The numbers from 0; the result's type gives how many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Iota;

impl Primitive for Iota {
    const NAME: &'static str = "iota";

    no_attributes!(Iota);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(0)?;
        let wanted = site.wanted_type()?;
        if wanted.rank() != 1 || !wanted.dtype.is_int() || wanted.is_accumulator() {
            return Err(TypeError::new("the result must be a vector of integers"));
        }
        Ok(vec![wanted.clone()])
    }
    no_tangent!();
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let dims = cx.result_dims(at)?;
        let dtype = cx.result_dtype(at, 0)?;
        let mut elements = cx.room(&dims)?;
        for k in 0..volume(&dims) {
            let number = crate::scalar::eval(ScalarOp::Convert(dtype), &[Scalar::I64(k as i64)]);
            elements.push(cx.wrap(number.unwrap_or(Scalar::zero(dtype))));
        }
        cx.machine.arithmetic.meter().stores(elements.len() as u64);
        cx.one(dtype, &dims, elements)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("()", "%i = iota : i64[4]"),
            Example::one("[%n]()", "%i = iota : u32[%n]").sizes(&[3]),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("()", "%i = iota : f64[4]"),
            ("()", "%i = iota : i64"),
            ("()", "%i = iota : i64[2, 2]"),
            ("(%x: i64)", "%i = iota %x : i64[2]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
