//! `for [n] c, … { (i, c…): … }`: a region run for `i` from 0 to `n - 1`, or back, one after another.
//!
//! Results: the carries as the last run leaves them, then the other results of the region stacked along
//! `n` (element `i` from run `i`, in either direction).

#![allow(clippy::indexing_slicing, reason = "entity maps are indexed by ids made for them")]

use super::region_examples::{FOR_CARRIES, FOR_EMPTY, FOR_RECURRENCE};
use super::map::{Captured, only_block, stacks_of};
use super::structural::traits;
use crate::builder::Parts;
use crate::derive::{Linearize, RegionLinear, Step, Transpose, dependent_values};
use crate::function::{Block, Value};

use crate::interp::{Arithmetic, Array, At, Eval, Evaluated, Outputs, RunError};
use crate::op::{Example, Attribute, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::ops::Index;
use crate::scalar::{DType, Scalar};
use crate::size::Size;
use crate::ty::Type;
use std::collections::HashSet;

/// The sequential region with a known number of runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct For {
    /// Whether the index runs from `n - 1` down to 0.
    pub reverse: bool,
}

impl Primitive for For {
    const NAME: &'static str = "for";

    fn attributes(&self) -> Attributes {
        match self.reverse {
            true => vec![("direction", Attribute::Word("down".to_owned()))],
            false => vec![("direction", Attribute::Word("up".to_owned()))],
        }
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        match reader.word("direction")?.as_str() {
            "up" => Ok(For { reverse: false }),
            "down" => Ok(For { reverse: true }),
            other => Err(format!("there is no direction `{other}`")),
        }
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        infer(site)
    }
    fn is_linear(&self, _: &[bool]) -> bool {
        true
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(self, cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(self, cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        evaluate(self, cx, at)
    }
    fn examples() -> Vec<Example> {
        let mut examples = Vec::new();
        for direction in ["up", "down"] {
            let body = FOR_RECURRENCE.replace("DIRECTION", direction);
            examples.push(
                Example::body("[%n](%a: f64[%n], %x: f64, %h: f64)", "f64, f64[%n]", &body).sizes(&[3]),
            );
        }
        // Arrays and accumulators are carried; one carry gets its tangent in the loop.
        examples.push(
            Example::body(
                "[%n](%x: f64[%n], %y: f64)",
                "f64[%n], f64",
                FOR_CARRIES,
            )
            .sizes(&[3]),
        );
        // No run at all.
        examples.push(
            Example::body(
                "[%n](%x: f64)",
                "f64",
                FOR_EMPTY,
            )
            .sizes(&[0]),
        );
        examples
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%y = for %x {direction = up} : f64 do { (%i: i64, %s: f64): yield %s }",
            "%y = for [%n] %x : f64 do { (%i: i64, %s: f64): yield %s }",
            "%y = for [%n] %x {direction = sideways} : f64 do { (%i: i64, %s: f64): yield %s }",
            "%y = for [%n] %x {direction = up} : f64 do { (%s: f64): yield %s }",
            "%y = for [%n] %x {direction = up} : f64 do { (%i: i32, %s: f64): yield %s }",
            "%y = for [%n] %x {direction = up} : f64 do { (%i: i64, %s: f32): yield %x }",
            "%y = for [%n] %x {direction = up} : f64 do { (%i: i64, %s: f64): yield %i }",
            "%y = for [%n] %x {direction = up} : f64[%n] do { (%i: i64, %s: f64): yield %s }",
            "%y = for [%n] %x {direction = up} : f64 do { (%i: i64, %s: f64): yield }",
        ];
        let body = |inst: &str| Example::body("[%n](%x: f64)", "f64", &format!("{inst} return %y"));
        refused.map(body).to_vec()
    }
    traits!(Pure, Work);
}

fn infer(site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
    site.shape(1, 1)?;
    let carries = site.args.len();
    let Some(block) = site.blocks.first() else { return Ok(Vec::new()) };
    if block.params.len() != carries + 1 || block.results.len() < carries {
        return Err(TypeError::new("the region has a wrong number of parameters or results"));
    }
    let mut types = Vec::new();
    for (k, &param) in block.params.iter().enumerate() {
        let ty = site.func.ty(param);
        let fits = match k.checked_sub(1) {
            None => ty.is(DType::I64),
            Some(c) => ty == site.arg(c)?,
        };
        if !fits {
            return Err(TypeError::new("a parameter of the region has a wrong type"));
        }
    }
    for (k, &result) in block.results.iter().enumerate() {
        let ty = site.func.ty(result);
        match k < carries {
            true if ty != site.arg(k)? => {
                return Err(TypeError::new(format!("carry {k} changes its type")));
            }
            true => types.push(ty.clone()),
            false if ty.is_accumulator() => {
                return Err(TypeError::new("an accumulator cannot be stacked"));
            }
            false => types.push(ty.stacked(site.sizes)),
        }
    }
    Ok(types)
}

/// A loop to be linearized: the region of a `for`, or the body of a `while` whose trips were counted.
pub(super) struct Loop<'a> {
    /// The region.
    pub(super) block: &'a Block,
    /// Its index parameter in the source, if it has one.
    pub(super) index: Option<Value>,
    /// The parameters that carry.
    pub(super) params: &'a [Value],
    /// The number of runs, in values of the primal.
    pub(super) runs: Size,
    /// The direction.
    pub(super) reverse: bool,
}

/// What the primal loop gives, and which of it has a tangent.
pub(super) struct Linearized {
    /// The carries after the last run, then what is stacked.
    pub(super) outputs: Vec<Value>,
    /// The tangents.
    pub(super) tangents: Vec<Option<Value>>,
}

/// Which carries have a tangent: those that start with one or get one in the loop, and accumulators.
fn active_carries(
    cx: &Linearize<'_>,
    step: &Step<'_>,
    spec: &Loop<'_>,
    without: &HashSet<Value>,
) -> HashSet<Value> {
    let mut seeds: HashSet<Value> = HashSet::new();
    for free in crate::derive::free_values(cx.source, &step.source.blocks) {
        if cx.tangent(cx.primal_of(free)).is_some() {
            seeds.insert(free);
        }
    }
    for (&param, &arg) in spec.params.iter().zip(step.args) {
        if cx.tangent(arg).is_some() || cx.source.ty(param).is_accumulator() {
            seeds.insert(param);
        }
    }
    loop {
        let dependent = dependent_values(cx.source, spec.block, seeds.clone());
        let before = seeds.len();
        for (&param, result) in spec.params.iter().zip(&spec.block.results) {
            if dependent.contains(result) && !without.contains(&param) {
                seeds.insert(param);
            }
        }
        if seeds.len() == before {
            return spec.params.iter().copied().filter(|v| seeds.contains(v)).collect();
        }
    }
}

// The tangent of a loop is the loop of the region's tangent, carrying the tangents of what is carried.
fn linearize(op: &For, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let block = only_block(step)?;
    let (&index, params) = block.params.split_first().ok_or_else(|| TypeError::new("no index"))?;
    let runs = step.source.sizes.first().cloned().unwrap_or_default();
    let runs = runs.rename(|v| cx.primal_of(v));
    let spec = Loop { block, index: Some(index), params, runs, reverse: op.reverse };
    let made = linearize_loop(cx, step, &spec)?;
    for (&output, &tangent) in made.outputs.iter().zip(&made.tangents) {
        cx.set_tangent(output, tangent);
    }
    Ok(())
}

/// Emits the primal loop with its residuals stacked, and the linear loop.
///
/// Which carries are active is found by following dependences; where that marks a carry whose tangent
/// turns out to be zero throughout, the walk is done again without it.
pub(super) fn linearize_loop(
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
    spec: &Loop<'_>,
) -> Result<Linearized, RuleError> {
    let mut without = HashSet::new();
    loop {
        let active = active_carries(cx, step, spec, &without);
        let unsure = spec.params.iter().zip(step.args).any(|(param, &arg)| {
            active.contains(param)
                && cx.tangent(arg).is_none()
                && !cx.source.ty(*param).is_accumulator()
        });
        let before = unsure.then(|| cx.snapshot());
        let walked = walk(cx, step, spec, &active)?;
        match (before, walked.idle.is_empty()) {
            (Some(before), false) => {
                without.extend(walked.idle);
                cx.restore(before);
            }
            _ => return close(cx, step, spec, walked),
        }
    }
}

/// A loop after the walk of its region, both regions still open.
struct Walked {
    index: Value,
    results: Vec<Value>,
    tangents: Vec<Option<Value>>,
    dargs: Vec<Value>,
    region: RegionLinear,
    /// Carries that were taken for active and have no tangent.
    idle: Vec<Value>,
}

fn walk(
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
    spec: &Loop<'_>,
    active: &HashSet<Value>,
) -> Result<Walked, RuleError> {
    let mut dargs = Vec::new();
    for (&arg, param) in step.args.iter().zip(spec.params) {
        if active.contains(param) {
            dargs.push(cx.tangent_or_zero(arg)?);
        }
    }
    cx.open_region();
    cx.repeat_region(step.inst, std::slice::from_ref(&spec.runs));
    let index = match spec.index {
        Some(index) => cx.index_param(index),
        None => cx.new_index_param(),
    };
    for &param in spec.params {
        match active.contains(&param) {
            true => cx.active_param(param)?,
            false => cx.plain_param(param),
        };
    }
    cx.walk(spec.block)?;
    let results: Vec<Value> = spec.block.results.iter().map(|&v| cx.primal_of(v)).collect();
    let mut tangents = Vec::new();
    let mut idle = Vec::new();
    for (k, &result) in results.iter().enumerate() {
        let tangent = cx.tangent(result);
        let carry = spec.params.get(k).filter(|v| active.contains(v));
        let starts_zero = step.args.get(k).is_some_and(|&arg| cx.tangent(arg).is_none());
        if let (Some(&param), None, true) = (carry, tangent, starts_zero) {
            idle.push(param);
        }
        let is_carry = k < spec.params.len();
        tangents.push(match (is_carry, carry) {
            (true, Some(_)) => Some(cx.tangent_or_zero(result)?),
            (true, None) => None,
            (false, _) => tangent,
        });
    }
    if tangents.iter().any(Option::is_some) {
        let stacked = results.get(spec.params.len()..).unwrap_or_default();
        cx.choose_residuals(true, stacked)?;
    }
    let region = cx.leave_region();
    Ok(Walked { index, results, tangents, dargs, region, idle })
}

fn close(
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
    spec: &Loop<'_>,
    walked: Walked,
) -> Result<Linearized, RuleError> {
    let Walked { index, results, tangents, dargs, mut region, .. } = walked;
    let constant = tangents.iter().all(Option::is_none);
    if constant {
        cx.lin.close(Vec::new());
        region.saved.clear();
    }
    let carries = step.args.len();
    // What is stacked anyway is not saved again.
    let given = results.get(carries..).unwrap_or_default();
    let extra = region.saved.iter().copied().filter(|v| !given.contains(v));
    let stacked: Vec<Value> = given.iter().copied().chain(extra).collect();
    let carried = results.iter().take(carries).copied();
    let primal_block = cx.primal.close(carried.chain(stacked.iter().copied()).collect());
    let op = For { reverse: spec.reverse };
    let parts = Parts {
        args: step.args.iter().copied().collect(),
        sizes: [spec.runs.clone()].into_iter().collect(),
        blocks: vec![primal_block],
        wanted: Vec::new(),
    };
    let inst = cx.primal.emit(op.clone(), parts)?;
    let mut outputs = cx.primal.results(inst).to_vec();
    let stacks = stacks_of(&region.saved, &stacked, outputs.get(carries..).unwrap_or_default());
    outputs.truncate(results.len());
    if spec.index.is_some() {
        for (&old, &new) in step.source.results.iter().zip(&outputs) {
            cx.define(old, new);
        }
    }

    if constant {
        return Ok(Linearized { outputs, tangents });
    }
    let runs = cx.lin_size(&spec.runs)?;
    cx.load_residuals(&region, &stacks, &[index])?;
    cx.load_left(&region, &outputs)?;
    let lin_block = cx.lin.close(tangents.iter().flatten().copied().collect());
    let parts = Parts {
        args: dargs.into(),
        sizes: [runs].into_iter().collect(),
        blocks: vec![lin_block],
        wanted: Vec::new(),
    };
    let inst = cx.lin.emit(op, parts)?;
    let mut given = cx.lin.results(inst).to_vec().into_iter();
    let tangents = tangents.iter().map(|t| t.and_then(|_| given.next())).collect();
    Ok(Linearized { outputs, tangents })
}

// The transpose of a loop runs the other way, carrying the cotangents of the carries, the sums for
// captured scalars, and the accumulators for captured arrays.
fn transpose(op: &For, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let block = only_block(step)?;
    let carries = step.args.len();
    let (&index, params) = block.params.split_first().ok_or_else(|| TypeError::new("no index"))?;
    if params.iter().any(|v| !cx.is_linear(*v)) {
        return Err(cx.refuse(step, "the loop carries values that are not linear"));
    }
    let captured = Captured::of(cx, &step.source.blocks);
    let mut cts = Vec::new();
    for &result in &step.source.results {
        cts.push(cx.take(result)?);
    }
    if cts.iter().all(Option::is_none) {
        return Ok(());
    }
    let init = initial(cx, step, &cts, &captured)?;
    let types: Vec<Type> = init.iter().map(|&v| cx.b.ty(v).clone()).collect();
    cx.b.open();
    cx.push_frame();
    let name = cx.source.values[index].name.clone();
    let new_index = cx.b.param(Type::scalar(DType::I64), name);
    cx.define(index, new_index);
    let mut inner = Vec::new();
    for ty in types {
        inner.push(cx.b.param(ty, None));
    }
    let (carried, rest) = inner.split_at_checked(carries).unwrap_or_default();
    let (sums, accs) = rest.split_at_checked(captured.scalars.len()).unwrap_or_default();
    for (&array, &acc) in captured.arrays.iter().zip(accs) {
        cx.set_accumulator(array, acc);
    }
    for (&scalar, &sum) in captured.scalars.iter().zip(sums) {
        cx.add(scalar, sum)?;
    }
    for (&result, &ct) in block.results.iter().zip(carried) {
        cx.add(result, ct)?;
    }
    for (&result, ct) in block.results.iter().zip(&cts).skip(carries) {
        if let Some(ct) = *ct {
            let part = cx.b.op(Index, &[ct, new_index])?;
            cx.add(result, part)?;
        }
    }
    cx.walk(block)?;
    let mut results = Vec::new();
    for &value in params.iter().chain(&captured.scalars) {
        results.push(cx.take_or_zero(value)?);
    }
    for &array in &captured.arrays {
        results.push(cx.take_accumulator(array)?);
    }
    cx.pop_frame();
    let new_block = cx.b.close(results);
    let sizes = step.source.sizes.iter().map(|s| cx.size(s)).collect();
    let parts = Parts { args: init.into(), sizes, blocks: vec![new_block], wanted: Vec::new() };
    let inst = cx.b.emit(For { reverse: !op.reverse }, parts)?;
    let outputs = cx.b.results(inst).to_vec();
    let (carried, rest) = outputs.split_at_checked(carries).unwrap_or_default();
    let (sums, accs) = rest.split_at_checked(captured.scalars.len()).unwrap_or_default();
    // After the accumulators: what is carried at first may be captured, too.
    for (&array, &acc) in captured.arrays.iter().zip(accs) {
        cx.set_accumulator(array, acc);
    }
    for (&value, &ct) in step.args.iter().zip(carried).chain(captured.scalars.iter().zip(sums)) {
        cx.add(value, ct)?;
    }
    Ok(())
}

/// What the transposed loop starts with: cotangents of the carries, zeros, accumulators.
fn initial(
    cx: &mut Transpose<'_>,
    step: &Step<'_>,
    cts: &[Option<Value>],
    captured: &Captured,
) -> Result<Vec<Value>, RuleError> {
    let mut init = Vec::new();
    for (&arg, ct) in step.args.iter().zip(cts) {
        init.push(match *ct {
            Some(ct) => ct,
            None => cx.b.fill(0.0, &cx.ty(arg))?,
        });
    }
    for &scalar in &captured.scalars {
        init.push(cx.b.fill(0.0, &cx.ty(scalar))?);
    }
    for &array in &captured.arrays {
        init.push(cx.take_accumulator(array)?);
    }
    Ok(init)
}

fn evaluate<'m, A: Arithmetic>(op: &For, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let block = cx.region(at, 0)?;
    let runs = cx.extents(at)?.first().copied().unwrap_or_default();
    let carries = at.data.args.len();
    let mut state = cx.take_all(at)?;
    let stacked = at.data.results.len().saturating_sub(carries);
    let mut rows: Vec<Vec<Array<A::Element>>> = vec![Vec::new(); stacked];
    for run in 0..runs {
        let index = if op.reverse { runs - 1 - run } else { run };
        let index = cx.wrap(Scalar::I64(index as i64));
        let index = Array::scalar(DType::I64, index);
        let mut results = cx.block(block, [index].into_iter().chain(state))?;
        let rest = results.split_off(carries.min(results.len()));
        state = results;
        rows.iter_mut().zip(rest).for_each(|(row, array)| row.push(array));
    }
    let mut outputs: Outputs<A::Element> = state.into();
    for (row, &result) in rows.into_iter().zip(at.data.results.iter().skip(carries)) {
        let dims = cx.dims(result)?;
        let mut elements = cx.room(&dims)?;
        let mut gather = |array: &Array<A::Element>| elements.extend_from_slice(array.elements());
        match op.reverse {
            true => row.iter().rev().for_each(&mut gather),
            false => row.iter().for_each(&mut gather),
        }
        cx.machine.arithmetic.meter().stores(elements.len() as u64);
        let array = Array::new(cx.func.ty(result).dtype, &dims, elements);
        outputs.push(array.ok_or_else(|| RunError::fault("a row of a stack has a wrong size"))?);
    }
    Ok(outputs)
}
