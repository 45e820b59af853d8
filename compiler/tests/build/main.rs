//! Programs from source to results: elaborated, verified, derived, and run by the interpreter.

mod control;
mod errors;
mod language;
mod random;
mod support;
mod tutorial;
