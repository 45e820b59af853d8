//! Arithmetic wider than binary64: the oracle that derivatives and elementary functions are checked with.

mod dd;
mod erf;
mod exp;
mod gamma;
mod inverse;
mod trig;

#[cfg(test)]
mod tests;

pub use dd::DD;
