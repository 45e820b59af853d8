//! `size [n]`: the value of a size, as an `i64`.

use super::structural::{no_attributes, no_tangent, traits};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Primitive, Site, TypeError};
use crate::scalar::{DType, Scalar};
use crate::ty::Type;

/// The value of its size operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SizeOf;

impl Primitive for SizeOf {
    const NAME: &'static str = "size";

    no_attributes!(SizeOf);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.arity(0)?;
        site.shape(1, 0)?;
        Ok(vec![Type::scalar(DType::I64)])
    }
    no_tangent!();
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let sizes = at.data.sizes.iter().map(|size| cx.size(size));
        let elements = sizes.map(|n| n.map(|n| cx.wrap(Scalar::I64(n)))).collect::<Result<_, _>>()?;
        cx.one(DType::I64, &[], elements)
    }
    fn examples() -> Vec<Example> {
        vec![Example::one("[%n, %m]()", "%k = size [%n * %m + 2] : i64").sizes(&[3, 4])]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("[%n]()", "%k = size [%n] : i32"),
            ("[%n]()", "%k = size : i64"),
            ("[%n](%x: i64)", "%k = size [%n] %x : i64"),
            ("(%x: f64)", "%k = size [%x] : i64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
