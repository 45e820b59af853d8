//! `stop x`: elementwise `x`, whose tangent is zero whatever that of the operand. The pass `settle`
//! removes it when all derivatives are made.

use super::Kernel;
use super::elementwise::{elementwise, linearize_constant, never_linear};
use super::examples::{NOT_FLOATS, refusals};
use crate::op::Example;

/// `x` without its tangent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stop;

elementwise! {
    Stop, "stop", Kernel::Same,
    // Of what has an operand with a tangent, `x - x` has the same derivative with it and without it.
    examples: vec![
        Example::body("(%x: f64[3])", "f64[3]", "%y = sub %x, %x : f64[3] %z = stop %y : f64[3] return %z"),
        Example::body("(%x: f32)", "f32", "%y = sub %x, %x : f32 %z = stop %y : f32 return %z"),
        Example::body(
            "(%x: f64, %w: f64)",
            "f64",
            "%y = sub %x, %x : f64 %s = stop %y : f64 %z = add %s, %w : f64 return %z",
        ),
    ],
    refused: refusals("stop", 1, NOT_FLOATS),
    linear: |_, _| false,
    linearize: linearize_constant,
    transpose: never_linear
}
