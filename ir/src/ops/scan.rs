//! What operations that run along one axis share: the direction, and the elements in its order.

use crate::op::{Attribute, Reader, Site, TypeError};
use crate::ty::Type;

/// The direction as an attribute.
pub(super) fn direction(reverse: bool) -> Attribute {
    let word = if reverse { "down" } else { "up" };
    Attribute::Word(word.to_owned())
}

/// The direction from its attribute.
pub(super) fn read_direction(reader: &mut Reader<'_>) -> Result<bool, String> {
    match reader.word("direction")?.as_str() {
        "up" => Ok(false),
        "down" => Ok(true),
        other => Err(format!("there is no direction `{other}`")),
    }
}

/// The type of the operands, which is one, with the axis `axis`.
pub(super) fn along(site: &Site<'_>, operands: usize, axis: usize) -> Result<Type, TypeError> {
    site.plain(operands)?;
    let ty = site.same_types()?;
    match axis < ty.rank() {
        true => Ok(ty.clone()),
        false => Err(TypeError::new("there is no such axis")),
    }
}

/// The elements of an array along one axis: for each place on the other axes, the positions in the
/// direction of the steps.
pub(super) fn fibers(
    dims: &[usize],
    axis: usize,
    reverse: bool,
) -> impl Iterator<Item = impl Iterator<Item = usize> + use<>> + use<> {
    let n = dims.get(axis).copied().unwrap_or_default();
    let outer: usize = dims.iter().take(axis).product();
    let inner: usize = dims.iter().skip(axis + 1).product();
    (0..outer).flat_map(move |row| {
        (0..inner).map(move |column| {
            let place = move |k: usize| if reverse { n - 1 - k } else { k };
            (0..n).map(move |k| (row * n + place(k)) * inner + column)
        })
    })
}
