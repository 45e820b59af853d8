//! `if c { … } else { … }`: one of two regions, by a scalar condition.

use super::region_examples::{IF_ACCUMULATOR, IF_ARMS, IF_LOCALLY_CONSTANT, IF_NESTED};
use super::elementwise::first;
use super::map::{Captured, append_zeros};
use super::structural::traits;
use crate::builder::Parts;
use crate::derive::{Linearize, Step, Transpose, free_values, rename_block};
use crate::function::{Block, Function, Value};
use crate::interp::{Arithmetic, At, Eval, Evaluated, truth};
use crate::op::{Example, Op, Primitive, RuleError, Site, TypeError};
use crate::scalar::DType;
use crate::ty::Type;
use std::collections::HashMap;

/// The choice between two regions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct If;

impl Primitive for If {
    const NAME: &'static str = "if";

    super::structural::no_attributes!(If);
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.arity(1)?;
        site.shape(0, 2)?;
        site.scalar(0, DType::Bool)?;
        let [then, other] = site.blocks else { return Ok(Vec::new()) };
        if !then.params.is_empty() || !other.params.is_empty() {
            return Err(TypeError::new("the regions of `if` take no parameters"));
        }
        let types = site.func.types(&then.results);
        match types == site.func.types(&other.results) {
            true => Ok(types),
            false => Err(TypeError::new("the two regions differ in the types of their results")),
        }
    }
    fn is_linear(&self, linear: &[bool]) -> bool {
        linear.iter().all(|l| !l)
    }
    fn linearize(&self, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        linearize(cx, step)
    }
    fn transpose(&self, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
        transpose(cx, step)
    }
    fn eval<'m, A: Arithmetic>(&self, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
        let arm = if truth(cx, at, 0)? { 0 } else { 1 };
        let block = cx.region(at, arm)?;
        cx.block(block, []).map(Into::into)
    }
    fn examples() -> Vec<Example> {
        vec![
            Example::body(
                "(%c: bool, %x: f64, %y: f64[2])",
                "f64, f64[2]",
                IF_ARMS,
            ),
            // A result that is locally constant, used on its own; nothing else, and beside another one.
            Example::body(
                "(%c: bool, %x: f64, %y: f64)",
                "f64, f64",
                IF_LOCALLY_CONSTANT,
            ),
            // One arm is constant, the other's residual is an array; nested.
            Example::body(
                "(%x: f64[2], %c: bool, %d: bool)",
                "f64[2]",
                IF_NESTED,
            ),
            Example::body(
                "(%c: bool, %x: f64[3], %y: f64)",
                "f64[3]",
                IF_ACCUMULATOR,
            ),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%a = if %x : f64 do { yield %x } else { yield %x }",
            "%a = if %c : f64 do { yield %x }",
            "%a = if %c : f64 do { yield %x } else { yield %c }",
            "%a = if %c : f64 do { yield %x } else { yield }",
            "%a = if %c : f32 do { yield %x } else { yield %x }",
            "%a = if %c : f64 do { (%p: f64): yield %x } else { yield %x }",
            "%a = if %c, %c : f64 do { yield %x } else { yield %x }",
            "%a = if %c : f64 do { %y = sin %x : f64 yield %y } else { yield %y }",
        ];
        let body = |inst: &str| Example::body("(%c: bool, %x: f64)", "f64", &format!("{inst} return %a"));
        refused.map(body).to_vec()
    }
    traits!(Pure, Work);
}

/// One arm after its walk: the blocks of both functions, and what the linear one needs.
struct Arm {
    primal: Block,
    lin: Block,
    tangents: Vec<Option<Value>>,
    saved: Vec<Value>,
    placeholders: Vec<Value>,
}

// The tangent of the arm taken, chosen by the same condition.
fn linearize(cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let condition = first(step.args)?;
    // An accumulator that an arm adds to needs a tangent before the arms.
    for free in free_values(cx.source, &step.source.blocks) {
        let primal = cx.primal_of(free);
        if cx.source.ty(free).is_accumulator() && cx.tangent(primal).is_none() {
            let zero = cx.zero_tangent(primal)?;
            cx.set_tangent(primal, Some(zero));
        }
    }
    let mut arms = Vec::new();
    for block in &step.source.blocks {
        arms.push(arm(cx, block)?);
    }
    let active = complete_tangents(cx, step, &mut arms)?;
    let constant = !active.contains(&true);
    if constant {
        arms.iter_mut().for_each(|arm| arm.saved.clear());
    }
    let saved_types: Vec<Vec<Type>> =
        arms.iter().map(|arm| cx.primal.func().types(&arm.saved)).collect();
    let depth = cx.primal.current_depth();
    let escapes = saved_types.iter().flatten().flat_map(Type::values);
    if escapes.into_iter().any(|v| cx.primal.depth(v) > depth) {
        return Err(cx.refuse(step, "an array whose size is computed inside the branch is needed by the derivative; compute the size before the `if`"));
    }
    // Each arm gives all saved values; those of the other arm are unset.
    let saved: Vec<Vec<Value>> = arms.iter().map(|arm| arm.saved.clone()).collect();
    for (k, arm) in arms.iter_mut().enumerate() {
        for (j, (types, saved)) in saved_types.iter().zip(&saved).enumerate() {
            for (ty, &value) in types.iter().zip(saved) {
                let value = match j == k {
                    true => value,
                    false => append_zeros(&mut cx.primal, &mut arm.primal, ty.clone())?,
                };
                arm.primal.results.push(value);
            }
        }
    }
    let blocks = arms.iter().map(|arm| arm.primal.clone()).collect();
    let parts = Parts { args: [condition].into_iter().collect(), blocks, ..Parts::default() };
    let inst = cx.primal.emit(If, parts)?;
    let outputs = cx.primal.results(inst).to_vec();
    let (outputs, mut stacks) = outputs.split_at_checked(active.len()).unwrap_or_default();
    for (&old, &new) in step.source.results.iter().zip(outputs) {
        cx.define(old, new);
    }
    if constant {
        return Ok(());
    }
    let mut lin_blocks = Vec::new();
    for arm in arms {
        let (mine, rest) = stacks.split_at_checked(arm.saved.len()).unwrap_or_default();
        stacks = rest;
        let mut names = HashMap::new();
        for (&placeholder, &value) in arm.placeholders.iter().zip(mine) {
            names.insert(placeholder, cx.residual(value)?);
        }
        let mut block = arm.lin;
        rename_block(cx.lin.func_mut(), &mut block, &names);
        lin_blocks.push(block);
    }
    let condition = cx.residual(condition)?;
    let parts = Parts { args: [condition].into_iter().collect(), blocks: lin_blocks, ..Parts::default() };
    let inst = cx.lin.emit(If, parts)?;
    let tangents = cx.lin.results(inst).to_vec();
    let active = outputs.iter().zip(&active).filter(|(_, active)| **active);
    for ((&output, _), tangent) in active.zip(tangents) {
        cx.set_tangent(output, Some(tangent));
    }
    Ok(())
}

fn arm(cx: &mut Linearize<'_>, block: &Block) -> Result<Arm, RuleError> {
    cx.open_region();
    cx.walk(block)?;
    let results: Vec<Value> = block.results.iter().map(|&v| cx.primal_of(v)).collect();
    let tangents: Vec<Option<Value>> = results.iter().map(|&v| cx.tangent(v)).collect();
    if tangents.iter().any(Option::is_some) {
        cx.choose_residuals(false, &[])?;
    }
    let region = cx.leave_region();
    let primal = cx.primal.close(results);
    let lin = cx.lin.close(Vec::new());
    Ok(Arm {
        primal,
        lin,
        tangents,
        saved: region.saved,
        placeholders: region.placeholders,
    })
}

/// Makes both linear arms give a tangent for each result that has one in either; says which these are.
fn complete_tangents(
    cx: &mut Linearize<'_>,
    step: &Step<'_>,
    arms: &mut [Arm],
) -> Result<Vec<bool>, RuleError> {
    let mut active = Vec::new();
    for (k, &result) in step.source.results.iter().enumerate() {
        let has = |arm: &Arm| arm.tangents.get(k).is_some_and(Option::is_some);
        active.push(arms.iter().any(has));
        if !arms.iter().any(has) {
            continue;
        }
        let ty = cx.source.ty(result).rename(|v| cx.primal_of(v));
        let ty = cx.lin_type(&ty)?;
        for arm in arms.iter_mut() {
            let tangent = match arm.tangents.get(k).copied().flatten() {
                Some(tangent) => tangent,
                None => append_zeros(&mut cx.lin, &mut arm.lin, ty.clone())?,
            };
            arm.lin.results.push(tangent);
        }
    }
    Ok(active)
}

/// Whether `value`, given by the innermost of `blocks`, is `array` or what is left of it after updates.
fn continues(func: &Function, blocks: &[&Block], value: Value, array: Value) -> bool {
    let mut at = value;
    while at != array {
        let insts = blocks.iter().flat_map(|block| &block.insts);
        let mut insts = insts.filter_map(|&inst| func.insts.get(inst));
        let Some(data) = insts.find(|data| data.results.contains(&at)) else { return false };
        let k = data.results.iter().position(|v| *v == at).unwrap_or_default();
        let source = match &data.op {
            Op::Update(_) => data.args.first(),
            Op::For(_) => data.args.get(k),
            Op::If(_) => {
                return data.blocks.iter().any(|inner| {
                    let within: Vec<&Block> = [inner].into_iter().chain(blocks.iter().copied()).collect();
                    inner.results.get(k).is_some_and(|&v| continues(func, &within, v, array))
                });
            }
            _ => None,
        };
        match source {
            Some(&source) => at = source,
            None => return false,
        }
    }
    true
}

/// The captured arrays that an arm gives on, changed or not, and that have no cotangent yet.
fn handed_on(cx: &Transpose<'_>, step: &Step<'_>, captured: &Captured) -> Vec<Value> {
    let blocks = &step.source.blocks;
    let fits = |array: &&Value| {
        let given = |block: &Block| {
            block.results.iter().any(|&v| continues(cx.source, &[block], v, **array))
        };
        !cx.has_cotangent(**array) && blocks.iter().any(given)
    };
    captured.arrays.iter().filter(fits).copied().collect()
}

// The transpose of the arm taken: both arms give cotangents for all that either captures. That of an array
// which an arm gives on is what becomes of the result's cotangent in it, so that it is changed in place.
fn transpose(cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let condition = cx.fixed(step, first(step.args)?)?;
    let mut captured = Captured::of(cx, &step.source.blocks);
    let mut cts = Vec::new();
    for &result in &step.source.results {
        cts.push(cx.take(result)?);
    }
    if cts.iter().all(Option::is_none) {
        return Ok(());
    }
    // Their cotangents are values, like those of scalars.
    let handed = handed_on(cx, step, &captured);
    captured.arrays.retain(|array| !handed.contains(array));
    captured.scalars.extend(handed);
    let mut accs = Vec::new();
    for &array in &captured.arrays {
        accs.push(cx.take_accumulator(array)?);
    }
    let mut blocks = Vec::new();
    for block in &step.source.blocks {
        cx.b.open();
        cx.push_frame();
        for (&array, &acc) in captured.arrays.iter().zip(&accs) {
            cx.set_accumulator(array, acc);
        }
        for (&result, ct) in block.results.iter().zip(&cts) {
            if let Some(ct) = *ct {
                cx.add(result, ct)?;
            }
        }
        cx.walk(block)?;
        let mut results = Vec::new();
        for &scalar in &captured.scalars {
            results.push(cx.take_or_zero(scalar)?);
        }
        for &array in &captured.arrays {
            results.push(cx.take_accumulator(array)?);
        }
        cx.pop_frame();
        blocks.push(cx.b.close(results));
    }
    let parts = Parts { args: [condition].into_iter().collect(), blocks, ..Parts::default() };
    let inst = cx.b.emit(If, parts)?;
    let outputs = cx.b.results(inst).to_vec();
    let (sums, accs) = outputs.split_at_checked(captured.scalars.len()).unwrap_or_default();
    for (&scalar, &ct) in captured.scalars.iter().zip(sums) {
        cx.add(scalar, ct)?;
    }
    for (&array, &acc) in captured.arrays.iter().zip(accs) {
        cx.set_accumulator(array, acc);
    }
    Ok(())
}
