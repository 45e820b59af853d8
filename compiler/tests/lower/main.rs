//! Lowering: the loop interpreter gives the same bits as the interpreter of the SSA IR.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::excessive_precision,
    reason = "tests"
)]

mod basic;
mod delays;
mod gradients;
mod laws;
mod memory;
mod products;
mod regions;
mod rows;
mod run;
mod short_rows;
mod updates;
