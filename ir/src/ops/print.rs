//! `print x, y, … {template}`: writes a line; each `{}` of the template is the next operand.

use super::structural::{no_tangent, traits};
use crate::op::{Attribute, Attributes, Primitive, Reader, Site, TypeError};
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
    traits!(Output, Work);
}
