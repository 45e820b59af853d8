//! Programs from source to results: elaborated, verified, derived, and run by the interpreter.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::excessive_precision,
    reason = "tests"
)]

mod arguments;
mod control;
mod costs;
mod errors;
mod language;
mod linalg;
mod mutations;
mod random;
mod reference;
mod support;
mod tutorial;
mod warnings;
