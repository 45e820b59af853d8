//! Names that Python takes.

use crate::export::interface::{Function, Leaf};
use crate::export::shape::Source;

/// The words of Python that cannot be names.
const RESERVED: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// What the module itself calls by the names that Python gives, or declares.
const OWN: &[&str] = &[
    "Error",
    "Exception",
    "OverflowError",
    "TypeError",
    "ValueError",
    "abs",
    "any",
    "bool",
    "float",
    "getattr",
    "int",
    "max",
    "min",
    "str",
    "super",
    "tuple",
];

/// A name of the C interface as one of Python, for a parameter or a field. Names of the module's own start
/// with an underscore and end without one, so that nothing that comes from here can hide them. A word that
/// cannot stay gets an underscore, and so does that word with underscores: different names stay different.
pub(super) fn name(name: &str) -> String {
    let word = name.trim_end_matches('_');
    match RESERVED.contains(&word) || name.starts_with('_') {
        true => format!("{name}_"),
        false => name.to_owned(),
    }
}

/// The name of a function or a struct, which all of the module sees.
pub(super) fn item(item: &str) -> String {
    match OWN.contains(&item.trim_end_matches('_')) {
        true => format!("{item}_"),
        false => name(item),
    }
}

/// An expression of C, `m->inner.w`, as one of Python.
pub(super) fn place(place: &str) -> String {
    let parts: Vec<String> = place.replace("->", ".").split('.').map(name).collect();
    parts.join(".")
}

/// The local variable for the converted value of a parameter or a size. It ends as no parameter does that
/// starts with an underscore.
pub(super) fn local(name: &str) -> String {
    format!("_v_{name}0")
}

/// The local variable for the converted value of a leaf. One in a struct has its number in front, as no
/// name of a parameter has.
pub(super) fn leaf(item: &Function, leaf: &Leaf) -> String {
    let place = item.place(leaf);
    let same = |other: &Leaf| other.param == leaf.param && other.path == leaf.path;
    match leaf.path.is_empty() {
        true => local(&place),
        false => {
            let position = item.leaves.iter().position(same).unwrap_or(0);
            let flat = place.replace("->", "_").replace('.', "_");
            local(&format!("{position}_{flat}"))
        }
    }
}

/// The local variable for something that a size mentions.
pub(super) fn source(item: &Function, source: Source) -> String {
    match source {
        Source::Size(position) => match position.checked_sub(item.sizes.len()) {
            None => local(&item.source_name(source)),
            Some(k) => item
                .computed
                .get(k)
                .map_or_else(String::new, |computed| local(&computed.name)),
        },
        Source::Found(_) => format!("{}.value", local(&item.source_name(source))),
        Source::Leaf(position) => item
            .leaves
            .get(position)
            .map_or_else(String::new, |found| leaf(item, found)),
    }
}
