//! `print x, y, … {template}`: writes a line; each `{}` of the template is the next operand.

use super::structural::{no_tangent, traits};
use crate::interp::{Arithmetic, At, Eval, Evaluated, Outputs, format};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, Site, TypeError};
use crate::ty::Type;
use std::rc::Rc;

/// A line of output.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Print {
    /// The text, with `{}` for each operand; `{{` and `}}` are braces.
    pub template: Rc<str>,
}

impl Primitive for Print {
    const NAME: &'static str = "print";

    fn attributes(&self) -> Attributes {
        vec![("template", Attribute::Text(self.template.to_string()))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(Print { template: reader.text("template")?.into() })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 0)?;
        (0..site.args.len()).try_for_each(|k| site.array(k).map(|_| ()))?;
        Ok(Vec::new())
    }
    no_tangent!();
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let mut values = Vec::new();
        for k in 0..at.data.args.len() {
            values.push(cx.plain(cx.arg(at, k)?)?);
        }
        cx.machine.host.line(&format::line(&self.template, &values));
        Ok(Outputs::new())
    }
    fn examples() -> Vec<Example> {
        vec![Example::body(
            "(%x: f64[2], %k: i64)",
            "f64[2]",
            "print %x, %k {template = \"{} at {}\"} %y = mul %x, %x : f64[2] return %y",
        )]
    }
    fn refused() -> Vec<Example> {
        vec![
            Example::body("(%x: f64)", "f64", "print %x return %x"),
            Example::body("(%x: acc f64)", "acc f64", "print %x {template = \"{}\"} return %x"),
            Example::body("(%x: f64)", "f64", "%y = print %x {template = \"\"} : f64 return %y"),
        ]
    }
    traits!(Output, Work);
}
