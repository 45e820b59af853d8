//! `const {value}`: a number, or an array filled with it.

use super::structural::{no_tangent, traits};
use crate::interp::{Arithmetic, At, Eval, Evaluated, volume};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, Site, TypeError};
use crate::scalar::Scalar;
use crate::ty::Type;

/// A constant; the result's type gives the shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Const {
    /// The value of every element.
    pub value: Scalar,
}

impl Primitive for Const {
    const NAME: &'static str = "const";

    fn attributes(&self) -> Attributes {
        vec![("value", Attribute::Number(self.value))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Const { value: reader.number("value")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(0)?;
        let wanted = site.wanted_type()?;
        if wanted.dtype != self.value.dtype() || wanted.is_accumulator() {
            return Err(TypeError::new("the result does not have the type of the number"));
        }
        Ok(vec![wanted.clone()])
    }
    no_tangent!();
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let dims = cx.result_dims(at)?;
        let mut elements = cx.room(&dims)?;
        let n = volume(&dims);
        elements.resize(n, cx.wrap(self.value));
        if !dims.is_empty() {
            cx.machine.arithmetic.meter().stores(n as u64);
        }
        cx.one(self.value.dtype(), &dims, elements)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::one("()", "%c = const {value = f64 1.5} : f64[2]"),
            Example::one("[%n]()", "%c = const {value = i64 -3} : i64[%n, 2]").sizes(&[2]),
            Example::one("()", "%c = const {value = bool true} : bool"),
            Example::one("()", "%c = const {value = f32 inf} : f32"),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            ("()", "%c = const {value = f64 1.5} : f32"),
            ("()", "%c = const {value = f64 1.5} : acc f64[2]"),
            ("()", "%c = const : f64"),
            ("(%x: f64)", "%c = const %x {value = f64 1.5} : f64"),
        ];
        refused.map(|(params, inst)| Example::one(params, inst)).to_vec()
    }
    traits!(Pure, Free);
}
