//! `size [n]`: the value of a size, as an `i64`.

use super::structural::{no_attributes, no_tangent, traits};
use crate::op::{Primitive, Site, TypeError};
use crate::scalar::DType;
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
    traits!(Pure, Free);
}
