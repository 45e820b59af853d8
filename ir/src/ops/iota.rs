//! `iota`: 0, 1, 2, … along the only axis of the result.

use super::structural::{no_attributes, no_tangent, traits};
use crate::op::{Primitive, Site, TypeError};
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
    traits!(Pure, Free);
}
