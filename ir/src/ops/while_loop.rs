//! `while c, … do { (c…): … yield again } else { (c…): … yield c… }`: the second region is run as long as
//! the first one gives true, both on the carries.
//!
//! Results: the carries as they are when the condition fails, then how often the second region ran.

use super::region_examples::{WHILE_CARRIES, WHILE_NEVER, WHILE_NEWTON};
use super::for_loop::{Loop, linearize_loop};
use super::structural::traits;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::{Block, Value};
use crate::interp::{Arithmetic, Array, At, Eval, Evaluated, Outputs};
use crate::op::{Example, Primitive, RuleError, Site, TypeError};
use crate::scalar::{DType, Scalar};
use crate::size::Size;
use crate::ty::Type;

/// The region that is run as long as a condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct While;

impl Primitive for While {
    const NAME: &'static str = "while";

    super::structural::no_attributes!(While);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.shape(0, 2)?;
        let [condition, body] = site.blocks else { return Ok(Vec::new()) };
        let carried = site.func.types(site.args);
        let fits = |values: &[Value]| site.func.types(values) == carried;
        if !fits(&condition.params) || !fits(&body.params) || !fits(&body.results) {
            return Err(TypeError::new("a carry changes its type"));
        }
        if carried.iter().any(Type::is_accumulator) {
            return Err(TypeError::new("an accumulator cannot be carried"));
        }
        match condition.results.as_slice() {
            &[again] if site.func.ty(again).is(DType::Bool) => {}
            _ => return Err(TypeError::new("the condition must be a scalar bool")),
        }
        Ok(carried.into_iter().chain([Type::scalar(DType::I64)]).collect())
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        false
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        Err(cx.refuse(step, "the number of runs of a `while` cannot depend on what is linear"))
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        evaluate(cx, at)
    }
    fn examples() -> Vec<Example> {
        vec![
            // Newton's iteration: the number of runs depends on the values.
            Example::body(
                "(%a: f64, %x: f64)",
                "f64, i64",
                WHILE_NEWTON,
            )
            .within(1.0, 3.0),
            // Arrays, integers and a constant are carried; a value is captured.
            Example::body(
                "(%x: f64[3], %c: f64, %k: i64)",
                "f64[3], f64",
                WHILE_CARRIES,
            ),
            // No run.
            Example::body(
                "(%x: f64)",
                "f64",
                WHILE_NEVER,
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let region = "(%s: f64): %c = compare %s, %x {how = lt} : bool yield %c";
        let refused = [
            format!("%y, %n = while %x : f64, i64 do {{ {region} }}"),
            format!("%y = while %x : f64 do {{ {region} }} else {{ (%t: f64): yield %t }}"),
            format!("%y, %n = while %x : f32, i64 do {{ {region} }} else {{ (%t: f64): yield %t }}"),
            format!("%y, %n = while %x : f64, i64 do {{ {region} }} else {{ (%t: f64): yield }}"),
            format!("%y, %n = while %x : f64, i64 do {{ {region} }} else {{ (%t: f32): yield %x }}"),
            format!("%y, %n = while %x : f64, i64 do {{ {region} }} else {{ yield %x }}"),
            "%y, %n = while %x : f64, i64 do { (%s: f64): yield %s } else { (%t: f64): yield %t }"
                .to_owned(),
        ];
        let body = |inst: &String| Example::body("(%x: f64)", "f64", &format!("{inst} return %y"));
        refused.iter().map(body).collect()
    }
    traits!(Pure, Work);
}

/// The condition and the body.
fn blocks<'a>(step: &Step<'a>) -> Result<(&'a Block, &'a Block), RuleError> {
    match step.source.blocks.as_slice() {
        [condition, body] => Ok((condition, body)),
        _ => Err(TypeError::new("a region is missing").into()),
    }
}

// The loop is run once to count its runs; from then on it is a `for` of so many runs. So the primal runs
// at most twice, and a linear function never holds a `while`.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let (_, body) = blocks(step)?;
    let results = cx.copy(step);
    let count = *results.last().ok_or_else(|| TypeError::new("the count is missing"))?;
    let spec = Loop {
        block: body,
        index: None,
        params: &body.params,
        runs: Size::value(count),
        reverse: false,
    };
    let made = linearize_loop(cx, step, &spec)?;
    if let Some(&output) = made.outputs.first() {
        cx.quieten(output);
    }
    for (&result, &tangent) in results.iter().zip(&made.tangents) {
        cx.set_tangent(result, tangent);
    }
    Ok(())
}

fn evaluate<'m, A: Arithmetic>(cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let (condition, body) = (cx.region(at, 0)?, cx.region(at, 1)?);
    let mut state = cx.take_all(at)?;
    let mut runs = 0i64;
    loop {
        let again = cx.block(condition, state.iter().cloned())?;
        let again = again.first().and_then(|array| array.elements().first());
        let again = again.map(|&e| cx.machine.arithmetic.unwrap(e, DType::Bool));
        if again != Some(Scalar::Bool(true)) {
            break;
        }
        state = cx.block(body, state)?;
        runs = runs.saturating_add(1);
    }
    let mut outputs: Outputs<A::Element> = state.into();
    let count = cx.wrap(Scalar::I64(runs));
    outputs.push(Array::scalar(DType::I64, count));
    Ok(outputs)
}
