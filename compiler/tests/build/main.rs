//! Programs from source to results: elaborated, verified, derived, and run by the interpreter.

mod support;
mod tutorial;
