//! `dense {values}`: an array of constants, row by row.

use super::structural::{no_tangent, traits};
use crate::interp::{Arithmetic, At, Eval, Evaluated};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, Site, TypeError};
use crate::scalar::Scalar;
use crate::ty::Type;
use std::rc::Rc;

/// Constant elements; the result's type gives the shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dense {
    /// The elements, row by row; at least one.
    pub values: Rc<[Scalar]>,
}

impl Primitive for Dense {
    const NAME: &'static str = "dense";

    fn attributes(&self) -> Attributes {
        vec![("values", Attribute::Numbers(self.values.clone()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Dense { values: reader.numbers("values")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(0)?;
        let wanted = site.wanted_type()?;
        if wanted.is_accumulator() || self.values.iter().any(|x| x.dtype() != wanted.dtype) {
            return Err(TypeError::new("the elements do not have the result's element type"));
        }
        let elements = wanted.elements().and_then(|n| n.as_constant());
        if elements != Some(self.values.len() as i64) {
            return Err(TypeError::new("the number of elements does not fit the result's shape"));
        }
        Ok(vec![wanted.clone()])
    }
    no_tangent!();
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let dims = cx.result_dims(at)?;
        let elements = self.values.iter().map(|&x| cx.wrap(x)).collect();
        cx.one(cx.result_dtype(at, 0)?, &dims, elements)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("()", "%c = dense {values = f64 [1.0, -2.0, 0.5, nan]} : f64[2, 2]"),
            Example::one("()", "%c = dense {values = i64 [1, 2]} : i64[2]"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("()", "%c = dense {values = f64 [1.0, 2.0]} : f64[3]"),
            ("()", "%c = dense {values = f64 [1.0, 2.0]} : f32[2]"),
            ("()", "%c = dense {values = f64 [1.0]} : acc f64[1]"),
            ("[%n]()", "%c = dense {values = f64 [1.0]} : f64[%n]"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
