//! The text form of the SSA IR: canonical, readable alone, and read back as it was written.
//!
//! ```text
//! func @scale[%n](%k: f64; lin %x: f64[%n]) -> (f64[%n]) {
//!   %0 = broadcast %k {axes = []} : f64[%n]
//!   %y = mul %0, %x : f64[%n]
//!   return %y
//! }
//! ```
//!
//! Names of values are hints made unique by [`Names`]; identity is the index. See `docs/ssa-ir.md`.

mod lex;
mod names;
mod parse;
mod parse_marks;
mod parse_type;
mod print;

pub use names::Names;
pub use parse::{ParseError, parse};
pub use print::{annotated, function_to_string, inst_to_string, module_to_string};
