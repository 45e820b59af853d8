//! `map [n, m] a, … { (i, j, a…): … }`: a region run once for each index tuple, in any order.
//!
//! Results, in this order: `yields` values stacked along the extents, `sums` values added up over all
//! runs, and the accumulator operands as the runs leave them. What the region yields must be of a type
//! that does not depend on the run.

#![allow(clippy::indexing_slicing, reason = "entity maps are indexed by ids made for them")]

use super::region_examples::{MAP_CONSTANT, MAP_EMPTY, MAP_GATHER, MAP_HISTOGRAM, MAP_OUTER_PRODUCT};
use super::elementwise::first;
use super::structural::traits;
use crate::builder::Parts;
use crate::derive::{Linearize, Step, Transpose};
use crate::function::{Block, Value};
use crate::interp::{Arithmetic, Array, At, Eval, Evaluated, Outputs, RunError, volume};
use crate::op::attribute::count;
use crate::op::{Example, Attributes, Primitive, Reader, RuleError, Site, TypeError};
use crate::ops::{Const, Index};
use crate::scalar::{DType, Scalar, ScalarOp};
use crate::size::Size;
use crate::ty::Type;

/// The parallel region.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Map {
    /// How many of the region's results are stacked.
    pub yields: usize,
    /// How many are added up.
    pub sums: usize,
    /// How many are accumulators.
    pub accs: usize,
}

impl Primitive for Map {
    const NAME: &'static str = "map";

    fn attributes(&self) -> Attributes {
        vec![("yields", count(self.yields)), ("sums", count(self.sums)), ("accs", count(self.accs))]
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let (yields, sums) = (reader.count("yields")?, reader.count("sums")?);
        Ok(Map { yields, sums, accs: reader.count("accs")? })
    }
    fn infer(&self, site: &Site<'_>) -> Result<Vec<Type>, TypeError> {
        site.arity(self.accs)?;
        site.shape(site.sizes.len(), 1)?;
        let Some(block) = site.blocks.first() else { return Ok(Vec::new()) };
        check_params(site, block)?;
        let mut types = Vec::new();
        if block.results.len() != self.yields + self.sums + self.accs {
            return Err(TypeError::new("the region has a wrong number of results"));
        }
        for (k, &result) in block.results.iter().enumerate() {
            types.push(self.result_type(site, k, result)?);
        }
        Ok(types)
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
        vec![
            Example::body(
                "[%n, %m](%x: f64[%n], %y: f64[%m], %c: f64)",
                "f64[%n, %m], f64",
                MAP_OUTER_PRODUCT,
            )
            .sizes(&[2, 3]),
            // A gather, an array as result, and an inner map.
            Example::body(
                "[%n](%x: f64[%n, 2], %k: i64[3])",
                "f64[3, 2]",
                MAP_GATHER,
            )
            .sizes(&[2]),
            // A histogram: an accumulator; and a sum of arrays.
            Example::body(
                "(%x: f64[4], %k: i64[4], %y: f64[2])",
                "f64[2], f64[2]",
                MAP_HISTOGRAM,
            ),
            // All that it yields is locally constant.
            Example::body(
                "[%n](%x: f64[%n], %c: f64)",
                "f64[%n]",
                MAP_CONSTANT,
            )
            .sizes(&[2]),
            // Nothing to run.
            Example::body(
                "[%n](%x: f64[%n], %c: f64)",
                "f64[%n], f64",
                MAP_EMPTY,
            )
            .sizes(&[0]),
        ]
    }
    fn refused() -> Vec<Example> {
        let refused = [
            "%y = map [3] {yields = 1, sums = 0, accs = 0} : f64[3] do { (%i: i64): yield %x, %x }",
            "%y = map [3] {yields = 1, sums = 0, accs = 0} : f64[2] do { (%i: i64): yield %x }",
            "%y = map [3] {yields = 0, sums = 1, accs = 0} : f64[3] do { (%i: i64): yield %x }",
            "%y = map [3] {yields = 1, sums = 0} : f64[3] do { (%i: i64): yield %x }",
            "%y = map [3] {yields = 1, sums = 0, accs = 0} : f64[3] do { (%i: i32): yield %x }",
            "%y = map [3, 2] {yields = 1, sums = 0, accs = 0} : f64[3, 2] do { (%i: i64): yield %x }",
            "%y = map [3] %x {yields = 0, sums = 0, accs = 1} : f64 do { (%i: i64, %a: f64): yield %a }",
            "%y = map [3] {yields = -1, sums = 0, accs = 0} : f64[3] do { (%i: i64): yield %x }",
        ];
        let body = |inst: &str| Example::body("(%x: f64)", "f64", &format!("{inst} return %y"));
        refused.map(body).to_vec()
    }
    traits!(Pure, Work);
}

impl Map {
    fn result_type(&self, site: &Site<'_>, k: usize, result: Value) -> Result<Type, TypeError> {
        let ty = site.func.ty(result);
        if k >= self.yields + self.sums {
            let operand = site.arg(k - self.yields - self.sums)?;
            return match operand == ty {
                true => Ok(ty.clone()),
                false => Err(TypeError::new("an accumulator changes its type")),
            };
        }
        if ty.is_accumulator() {
            return Err(TypeError::new("an accumulator cannot be stacked or added up"));
        }
        match k < self.yields {
            true => Ok(ty.stacked(site.sizes)),
            false => Ok(ty.clone()),
        }
    }
}

fn check_params(site: &Site<'_>, block: &Block) -> Result<(), TypeError> {
    let extents = site.sizes.len();
    if block.params.len() != extents + site.args.len() {
        return Err(TypeError::new("the region has a wrong number of parameters"));
    }
    for (k, &param) in block.params.iter().enumerate() {
        let ty = site.func.ty(param);
        let fits = match k.checked_sub(extents) {
            None => ty.is(DType::I64),
            Some(a) => ty == site.arg(a)? && ty.is_accumulator(),
        };
        if !fits {
            return Err(TypeError::new("a parameter of the region has a wrong type"));
        }
    }
    Ok(())
}

/// The region of a `map` or `for`.
pub(super) fn only_block<'a>(step: &Step<'a>) -> Result<&'a Block, RuleError> {
    let block = step.source.blocks.first();
    block.ok_or_else(|| TypeError::new("the region is missing").into())
}

// The tangent of a map is the map of the region's tangent; its residuals are stacked by the primal.
fn linearize(op: &Map, cx: &mut Linearize<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let block = only_block(step)?;
    let rank = step.source.sizes.len();
    let mut dargs = Vec::new();
    for &arg in step.args {
        dargs.push(cx.tangent_or_zero(arg)?);
    }
    let sizes: Vec<Size> =
        step.source.sizes.iter().map(|s| s.rename(|v| cx.primal_of(v))).collect();
    cx.open_region();
    cx.repeat_region(step.inst, &sizes);
    let (indices, accs) = block.params.split_at_checked(rank).unwrap_or_default();
    let indices: Vec<Value> = indices.iter().map(|&v| cx.index_param(v)).collect();
    for &acc in accs {
        cx.active_param(acc)?;
    }
    cx.walk(block)?;
    let results: Vec<Value> = block.results.iter().map(|&v| cx.primal_of(v)).collect();
    let tangents: Vec<Option<Value>> = results.iter().map(|&v| cx.tangent(v)).collect();
    let constant = tangents.iter().all(Option::is_none);
    let yielded = results.get(..op.yields).unwrap_or_default();
    if !constant {
        cx.choose_residuals(true, yielded)?;
    }
    let mut region = cx.leave_region();
    if constant {
        cx.lin.close(Vec::new());
        region.saved.clear();
    }

    // What is yielded anyway is not saved again.
    let extra = region.saved.iter().copied().filter(|v| !yielded.contains(v));
    let stacked: Vec<Value> = yielded.iter().copied().chain(extra).collect();
    let rest = results.iter().skip(op.yields).copied();
    let primal_block = cx.primal.close(stacked.iter().copied().chain(rest).collect());
    let primal_op = Map { yields: stacked.len(), ..op.clone() };
    let parts = Parts {
        args: step.args.iter().copied().collect(),
        sizes: sizes.iter().cloned().collect(),
        blocks: vec![primal_block],
        wanted: Vec::new(),
    };
    let inst = cx.primal.emit(primal_op, parts)?;
    let mut outputs = cx.primal.results(inst).to_vec();
    let stacks = stacks_of(&region.saved, &stacked, &outputs);
    outputs.drain(op.yields..stacked.len());
    for (&old, &new) in step.source.results.iter().zip(&outputs) {
        cx.define(old, new);
    }

    if constant {
        return Ok(());
    }
    let lin_sizes = sizes.iter().map(|s| cx.lin_size(s)).collect::<Result<_, _>>()?;
    cx.load_residuals(&region, &stacks, &indices)?;
    let active = |range: std::ops::Range<usize>| {
        tangents.get(range).unwrap_or_default().iter().flatten().count()
    };
    let lin_op = Map {
        yields: active(0..op.yields),
        sums: active(op.yields..op.yields + op.sums),
        accs: op.accs,
    };
    let block = cx.lin.close(tangents.iter().flatten().copied().collect());
    let parts = Parts { args: dargs.into(), sizes: lin_sizes, blocks: vec![block], wanted: Vec::new() };
    let inst = cx.lin.emit(lin_op, parts)?;
    let lin_results = cx.lin.results(inst).to_vec();
    let active = outputs.iter().zip(&tangents).filter(|(_, t)| t.is_some());
    for ((&output, _), tangent) in active.zip(lin_results) {
        cx.set_tangent(output, Some(tangent));
    }
    Ok(())
}

/// The stack of each saved value, given which values are stacked and the instruction's results.
pub(super) fn stacks_of(saved: &[Value], stacked: &[Value], outputs: &[Value]) -> Vec<Value> {
    let place = |v: &Value| stacked.iter().position(|s| s == v);
    saved.iter().filter_map(|v| outputs.get(place(v)?).copied()).collect()
}

/// The linear values that a region takes from outside, by how their cotangent leaves it.
pub(super) struct Captured {
    /// Arrays: through accumulators.
    pub(super) arrays: Vec<Value>,
    /// Scalars: as sums.
    pub(super) scalars: Vec<Value>,
}

impl Captured {
    pub(super) fn of(cx: &Transpose<'_>, blocks: &[Block]) -> Captured {
        let is_array = |v: &Value| crate::derive::is_array(cx.source.ty(*v));
        let (arrays, scalars) = cx.captured(blocks).into_iter().partition(is_array);
        Captured { arrays, scalars }
    }
}

// The transpose of a map is a map over the same indices: cotangents of what was yielded are read at the
// index, those of captured arrays go to accumulators, those of captured scalars are added up.
fn transpose(op: &Map, cx: &mut Transpose<'_>, step: &Step<'_>) -> Result<(), RuleError> {
    let block = only_block(step)?;
    let captured = Captured::of(cx, &step.source.blocks);
    let mut cts = Vec::new();
    for &result in &step.source.results {
        cts.push(cx.take(result)?);
    }
    if cts.iter().all(Option::is_none) {
        return Ok(());
    }
    let mut accs = Vec::new();
    for &array in &captured.arrays {
        accs.push(cx.take_accumulator(array)?);
    }
    let acc_types: Vec<Type> = accs.iter().map(|&v| cx.b.ty(v).clone()).collect();
    cx.b.open();
    cx.push_frame();
    let rank = step.source.sizes.len();
    let mut indices = Vec::new();
    for &param in block.params.iter().take(rank) {
        let name = cx.source.values[param].name.clone();
        let index = cx.b.param(Type::scalar(DType::I64), name);
        cx.define(param, index);
        indices.push(index);
    }
    for (&array, ty) in captured.arrays.iter().zip(acc_types) {
        let name = cx.cotangent_name(array);
        let param = cx.b.param(ty, name);
        cx.set_accumulator(array, param);
    }
    for (k, (&result, ct)) in block.results.iter().zip(&cts).enumerate() {
        let Some(ct) = *ct else { continue };
        let ct = match k < op.yields {
            true => {
                let args: Vec<Value> = [ct].into_iter().chain(indices.iter().copied()).collect();
                cx.b.op(Index, &args)?
            }
            false => ct,
        };
        cx.add(result, ct)?;
    }
    cx.walk(block)?;
    let (sums, results) = leave(cx, &captured)?;
    cx.pop_frame();
    let block = cx.b.close(results);
    let lin_op = Map { yields: 0, sums: sums.len(), accs: accs.len() };
    let sizes = step.source.sizes.iter().map(|s| cx.size(s)).collect();
    let parts = Parts { args: accs.into(), sizes, blocks: vec![block], wanted: Vec::new() };
    let inst = cx.b.emit(lin_op, parts)?;
    let outputs = cx.b.results(inst).to_vec();
    let (added, accs) = outputs.split_at_checked(sums.len()).unwrap_or_default();
    for (&scalar, &ct) in sums.iter().zip(added) {
        cx.add(scalar, ct)?;
    }
    for (&array, &acc) in captured.arrays.iter().zip(accs) {
        cx.set_accumulator(array, acc);
    }
    let acc_cts = cts.iter().skip(op.yields + op.sums);
    for (&arg, ct) in step.args.iter().zip(acc_cts) {
        if let Some(ct) = *ct {
            cx.add(arg, ct)?;
        }
    }
    Ok(())
}

/// The captured scalars that got a cotangent in the current frame, and the region's results: these
/// cotangents, then the accumulators.
fn leave(
    cx: &mut Transpose<'_>,
    captured: &Captured,
) -> Result<(Vec<Value>, Vec<Value>), RuleError> {
    let mut sums = Vec::new();
    let mut results = Vec::new();
    for &scalar in &captured.scalars {
        if let Some(ct) = cx.take(scalar)? {
            sums.push(scalar);
            results.push(ct);
        }
    }
    for &array in &captured.arrays {
        results.push(cx.take_accumulator(array)?);
    }
    Ok((sums, results))
}

/// Zeros of type `ty`, or an accumulator of them, as the last instructions of a block that is closed
/// already.
pub(super) fn append_zeros(
    b: &mut crate::builder::Builder,
    block: &mut Block,
    ty: Type,
) -> Result<Value, RuleError> {
    let op = Const { value: crate::scalar::Scalar::zero(ty.dtype) };
    let inst = b.append(block, op.into(), ty.contents());
    let zeros = first(b.results(inst))?;
    if !ty.is_accumulator() {
        return Ok(zeros);
    }
    let inst = b.append(block, super::AccNew.into(), ty);
    b.func_mut().insts[inst].args.push(zeros);
    first(b.results(inst))
}

fn evaluate<'m, A: Arithmetic>(op: &Map, cx: &mut Eval<'_, 'm, A>, at: At<'m>) -> Evaluated<A> {
    let block = cx.region(at, 0)?;
    let extents = cx.extents(at)?;
    let mut accs = cx.take_all(at)?;
    let mut stacks = Vec::new();
    for &result in at.data.results.iter().take(op.yields) {
        let dims = cx.dims(result)?;
        stacks.push(cx.room(&dims)?);
    }
    let mut sums: Vec<Option<Array<A::Element>>> = vec![None; op.sums];
    for indices in indices(&extents) {
        let indices = indices.into_iter().map(|i| cx.wrap(Scalar::I64(i as i64)));
        let indices: Vec<_> = indices.map(|i| Array::scalar(DType::I64, i)).collect();
        let mut results = cx.block(block, indices.into_iter().chain(accs))?;
        accs = results.split_off((op.yields + op.sums).min(results.len()));
        let added = results.split_off(op.yields.min(results.len()));
        for (stack, array) in stacks.iter_mut().zip(&results) {
            stack.extend_from_slice(array.elements());
            cx.machine.arithmetic.meter().stores(array.elements().len() as u64);
        }
        for (sum, array) in sums.iter_mut().zip(added) {
            *sum = Some(add_up(cx, sum.take(), array));
        }
    }
    let mut outputs = Outputs::new();
    for (k, &result) in at.data.results.iter().take(op.yields + op.sums).enumerate() {
        let (dims, dtype) = (cx.dims(result)?, cx.func.ty(result).dtype);
        let zero = cx.wrap(Scalar::zero(dtype));
        let array = match k.checked_sub(op.yields) {
            None => Array::new(dtype, &dims, stacks.get_mut(k).map(std::mem::take).unwrap_or_default()),
            Some(k) => match sums.get_mut(k).and_then(Option::take) {
                Some(sum) => Some(sum),
                None => Array::new(dtype, &dims, vec![zero; volume(&dims)]),
            },
        };
        outputs.push(array.ok_or_else(|| RunError::fault("a row of a stack has a wrong size"))?);
    }
    outputs.extend(accs);
    Ok(outputs)
}

/// All index tuples below `extents`, in row-major order.
fn indices(extents: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let extents = extents.to_vec();
    (0..volume(&extents)).map(move |mut position| {
        let mut tuple = vec![0; extents.len()];
        for (index, &extent) in tuple.iter_mut().zip(&extents).rev() {
            *index = position % extent;
            position /= extent;
        }
        tuple
    })
}

/// The sum with one more term; the first is added to -0, as every sum is.
fn add_up<A: Arithmetic>(
    cx: &mut Eval<'_, '_, A>,
    sum: Option<Array<A::Element>>,
    term: Array<A::Element>,
) -> Array<A::Element> {
    let start = cx.wrap(super::ReduceKind::Sum.identity(term.dtype()));
    let mut result = term;
    let arithmetic = &mut cx.machine.arithmetic;
    let before = sum.as_ref().map(Array::elements);
    for (k, x) in result.elements_mut().iter_mut().enumerate() {
        let before = before.and_then(|b| b.get(k).copied()).unwrap_or(start);
        *x = arithmetic.op(ScalarOp::Add, &[before, *x]);
    }
    result
}
