//! Sizes of arrays in terms of what the caller passes.

use crate::build::Opaque;
use dfn_ir::{Size, Value};
use std::collections::HashMap;

/// Something that the caller passes and that a size mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The size parameter with this position; after them the computed sizes.
    Size(usize),
    /// The input leaf with this position: an `i64` scalar.
    Leaf(usize),
    /// The size with this position among those that only the function knows.
    Found(usize),
}

/// A size that is computed of others and is no polynomial of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// The operation.
    pub op: Opaque,
    /// Its operands.
    pub operands: (Extent, Extent),
    /// A name for a variable.
    pub name: String,
}

impl Computed {
    /// As text: `n / 2`, `min(n, m)`.
    pub fn show(&self, name: impl Fn(Source) -> String) -> String {
        let (a, b) = &self.operands;
        let (a, b) = (a.show(&name), b.show(&name));
        let operand = |text: String| match text.contains(' ') {
            true => format!("({text})"),
            false => text,
        };
        match self.op {
            Opaque::Div => format!("({} / {})", operand(a), operand(b)),
            Opaque::Rem => format!("({} % {})", operand(a), operand(b)),
            Opaque::Min => format!("min({a}, {b})"),
            Opaque::Max => format!("max({a}, {b})"),
        }
    }
}

/// A size: the sum of products of sources with their coefficients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent(pub Vec<(i64, Vec<Source>)>);

impl Extent {
    /// `size` in terms of the sources; `None` if it mentions something else.
    pub(super) fn new(size: &Size, sources: &HashMap<Value, Source>) -> Option<Extent> {
        let term = |(values, k): (&[Value], i64)| {
            let product: Option<Vec<Source>> = values
                .iter()
                .map(|value| sources.get(value).copied())
                .collect();
            Some((k, product?))
        };
        let terms: Option<Vec<_>> = size.terms().map(term).collect();
        // Constants come first in the normal form, and last in what people write.
        let mut terms = terms?;
        terms.sort_by_key(|(k, product)| (product.is_empty(), *k < 0));
        Some(Extent(terms))
    }

    /// The number that this is, if it mentions nothing.
    pub fn as_constant(&self) -> Option<i64> {
        match self.0.as_slice() {
            [] => Some(0),
            [(k, product)] if product.is_empty() => Some(*k),
            _ => None,
        }
    }

    /// As text: `n`, `2*n*m + 1`.
    pub fn show(&self, name: impl Fn(Source) -> String) -> String {
        let mut text = String::new();
        for (position, (k, product)) in self.0.iter().enumerate() {
            let sign = match (position, *k < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            let mut factors: Vec<String> = product.iter().map(|&source| name(source)).collect();
            if k.unsigned_abs() != 1 || factors.is_empty() {
                factors.insert(0, k.unsigned_abs().to_string());
            }
            text.push_str(sign);
            text.push_str(&factors.join("*"));
        }
        match text.is_empty() {
            true => "0".to_owned(),
            false => text,
        }
    }
}
