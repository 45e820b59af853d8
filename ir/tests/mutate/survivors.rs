//! Faults that the laws do not find, with the reason.

/// The fault, and why it changes nothing that can be seen.
pub(crate) const SURVIVORS: &[(&str, &str)] = &[];
