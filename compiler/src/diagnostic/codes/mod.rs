//! The registry of codes: one file a family.
//!
//! | codes | family |
//! |---|---|
//! | E00xx | files and characters |
//! | E01xx | syntax |
//! | E02xx | names |
//! | E03xx | types |
//! | E04xx | sizes |
//! | E05xx | functions and transformations |
//! | E055x | derivatives that do not exist |
//! | E06xx | run time |
//! | E07xx | libraries |
//! | E08xx | warnings |

pub mod derivatives;
pub mod files;
pub mod functions;
pub mod libraries;
pub mod names;
pub mod run;
pub mod sizes;
pub mod syntax;
pub mod types;
pub mod warnings;

use super::Entry;

/// All families in the order of their codes.
const FAMILIES: &[&[Entry]] = &[
    files::ENTRIES,
    syntax::ENTRIES,
    names::ENTRIES,
    types::ENTRIES,
    sizes::ENTRIES,
    functions::ENTRIES,
    derivatives::ENTRIES,
    run::ENTRIES,
    libraries::ENTRIES,
    warnings::ENTRIES,
];

/// All codes in order.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The row of a code given as text: `E0101`, `e0101` or `101`.
pub fn find(code: &str) -> Option<&'static Entry> {
    let digits = code.trim_start_matches(['E', 'e']);
    let number: u32 = digits.parse().ok()?;
    let wanted = format!("E{number:04}");
    all().find(|entry| entry.code.as_str() == wanted)
}
