//! Every test that needs a backend: one binary, since one with LLVM in it is large.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "all/bounded.rs"]
mod bounded;
#[path = "all/budgets.rs"]
mod budgets;
#[path = "all/calls.rs"]
mod calls;
#[cfg(feature = "llvm")]
#[path = "all/constants.rs"]
mod constants;
#[path = "all/cost_law.rs"]
mod cost_law;
#[path = "all/digits.rs"]
mod digits;
#[path = "all/elementary.rs"]
mod elementary;
#[path = "all/example.rs"]
mod example;
#[path = "all/examples.rs"]
mod examples;
#[path = "all/growth.rs"]
mod growth;
#[path = "all/library.rs"]
mod library;
#[path = "all/long.rs"]
mod long;
#[path = "all/loop_copies.rs"]
mod loop_copies;
#[path = "all/loops.rs"]
mod loops;
#[path = "all/lowered.rs"]
mod lowered;
#[path = "all/mutated_loops.rs"]
mod mutated_loops;
#[path = "all/objects.rs"]
mod objects;
#[path = "all/pages.rs"]
mod pages;
#[path = "all/parallel.rs"]
mod parallel;
#[path = "all/programs.rs"]
mod programs;
#[path = "all/python.rs"]
mod python;
#[path = "all/random_loops.rs"]
mod random_loops;
#[cfg(feature = "llvm")]
#[path = "all/registers.rs"]
mod registers;
#[path = "all/scalars.rs"]
mod scalars;
#[path = "all/sparse.rs"]
mod sparse;
#[path = "all/standard.rs"]
mod standard;
#[path = "all/suite.rs"]
mod suite;
#[path = "all/wrong_rules.rs"]
mod wrong_rules;
