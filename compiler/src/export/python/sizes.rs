//! The sizes of a call: read off the shapes of arrays, or asked for.

use super::names;
use crate::build::Opaque;
use crate::export::interface::{Function, Leaf};
use crate::export::shape::{Extent, Source};

/// `n` or `n + c`: the position of `n`, and `c`.
fn one_size(extent: &Extent) -> Option<(usize, i64)> {
    match extent.0.as_slice() {
        [(1, product)] => Some((alone(product)?, 0)),
        [(1, product), (constant, none)] if none.is_empty() => Some((alone(product)?, *constant)),
        _ => None,
    }
}

fn alone(product: &[Source]) -> Option<usize> {
    match product {
        [Source::Size(position)] => Some(*position),
        _ => None,
    }
}

/// The sizes that a shape tells, each with the expression that does.
pub(super) fn deduced(item: &Function) -> Vec<(String, String)> {
    let places = || {
        item.leaves
            .iter()
            .filter(|leaf| !item.is_output(leaf))
            .flat_map(|leaf| {
                leaf.shape
                    .iter()
                    .enumerate()
                    .map(move |(axis, extent)| (leaf, axis, extent))
            })
    };
    let told = |position: usize| {
        let found = |plain: bool| {
            places().find_map(|(leaf, axis, extent)| {
                let (size, constant) = one_size(extent)?;
                let read = format!("{}.shape[{axis}]", names::leaf(item, leaf));
                let wanted = size == position && (constant == 0) == plain;
                wanted.then(|| match constant {
                    0 => read,
                    c if c > 0 => format!("{read} - {c}"),
                    c => format!("{read} + {}", c.unsigned_abs()),
                })
            })
        };
        found(true).or_else(|| found(false))
    };
    let sizes = item.sizes.iter().enumerate();
    sizes
        .filter_map(|(position, size)| Some((size.clone(), told(position)?)))
        .collect()
}

/// The sizes that no shape tells.
pub(super) fn asked(item: &Function) -> Vec<String> {
    let deduced = deduced(item);
    let known = |size: &String| deduced.iter().any(|(name, _)| name == size);
    item.sizes
        .iter()
        .filter(|size| !known(size))
        .cloned()
        .collect()
}

/// The sizes that are computed of others, each with the expression that does.
pub(super) fn computed(item: &Function) -> Vec<(String, String)> {
    let name = |source: Source| names::source(item, source);
    let all = item.computed.iter().map(|computed| {
        let (a, b) = &computed.operands;
        let op = match computed.op {
            Opaque::Div => "_quotient",
            Opaque::Rem => "_remainder",
            Opaque::Min => "_builtins.min",
            Opaque::Max => "_builtins.max",
        };
        let value = format!("{op}({}, {})", a.show(name), b.show(name));
        (names::local(&computed.name), value)
    });
    all.collect()
}

/// A shape as a tuple of Python.
pub(super) fn shape(item: &Function, sizes: &[Extent]) -> String {
    let name = |source: Source| names::source(item, source);
    let sizes: Vec<String> = sizes.iter().map(|extent| extent.show(name)).collect();
    match sizes.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", sizes.join(", ")),
    }
}

/// The shape of a leaf as the source says it.
pub(super) fn shown(item: &Function, leaf: &Leaf) -> String {
    let name = |source: Source| names::place(&item.source_name(source));
    let sizes: Vec<String> = leaf.shape.iter().map(|extent| extent.show(name)).collect();
    sizes.join(", ")
}
