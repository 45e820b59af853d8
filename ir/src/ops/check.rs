//! `check c {message}`: stops the program with a status if `c` is false; what follows may rely on it.

use super::structural::{no_tangent, traits};
use crate::interp::{Arithmetic, At, Eval, Evaluated, Outputs, RunError, truth};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;
use std::rc::Rc;

/// A condition that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    /// What to say if it does not.
    pub message: Rc<str>,
}

impl Primitive for Check {
    const NAME: &'static str = "check";

    fn attributes(&self) -> Attributes {
        vec![("message", Attribute::Text(self.message.to_string()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Check { message: reader.text("message")?.into() })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.plain(1)?;
        site.scalar(0, DType::Bool)?;
        Ok(Vec::new())
    }
    no_tangent!();
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        match truth(cx, at, 0)? {
            true => Ok(Outputs::new()),
            false => Err(RunError::Check { message: self.message.clone(), span: at.data.span }),
        }
    }
    fn examples() -> Vec<Example> {
        vec![Example::body(
            "(%x: f64)",
            "f64",
            "%c = compare %x, %x {how = eq} : bool
             check %c {message = \"x is not a number\"}
             %y = mul %x, %x : f64 return %y",
        )]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "check %x {message = \"a\"}",
            "check %c",
            "check %c, %c {message = \"a\"}",
            "check %d {message = \"a\"}",
            "%y = check %c {message = \"a\"} : bool",
        ];
        let body = |inst: &&str| {
            Example::body("(%x: f64, %c: bool, %d: bool[2])", "f64", &format!("{inst} return %x"))
        };
        refused.iter().map(body).collect()
    }
    traits!(Check, Work);
}
