//! Loops of which a derivative saves so many snapshots of the carries, or as many as some bytes hold.
//!
//! The steps are turned around from the last to the first. Before each, the loop is run from the nearest
//! snapshot to it, and on the way as many snapshots are set as there is room for, at the places that make
//! the whole work least: Griewank and Walther, "Algorithm 799: revolve". With s snapshots and C(s + r, r)
//! steps each step is run at most r times more. `schedule.ir` says how far it is to the next snapshot,
//! from the distance that is left and the room; so the number of steps may be known at run time only.

use super::alone::{Alone, Given, repeat, schedule, until};
use super::loops::first;
use crate::builder::Builder;
use crate::derive::deriver::{Deriver, Linearized, Residual, Transposed};
use crate::derive::rule::own_sizes;
use crate::derive::{Strength, Transpose, is_array};
use crate::function::{FuncId, Inline, Snapshots, Value};
use crate::op::{RuleError, TypeError};
use crate::ops::{
    AccAdd, AccNew, AccRead, Add, Check, CompareOp, Convert, Div, Index, Max, Select, Sub, Update,
};
use crate::scalar::{Compare, DType, Scalar};
use crate::size::Size;
use crate::ty::Type;

/// What the parts of the reverse loop share.
struct Tree<'a> {
    alone: &'a Alone,
    given: Given,
    /// The step and its derivative.
    step: FuncId,
    made: Linearized,
    bwd: FuncId,
    advance: FuncId,
    /// The parameters of the loop's function, and which are active.
    args: Vec<Value>,
    active: &'a [bool],
    /// How many snapshots there may be.
    room: Value,
}

/// What the reverse loop carries: the snapshots, one more place for each, which takes what is not kept,
/// the steps at which they were taken, which is the last; the cotangents of the carries; accumulators.
struct State<'v> {
    snapshots: &'v [Value],
    places: Value,
    top: Value,
    cotangents: &'v [Value],
    accumulators: &'v [Value],
}

impl Deriver<'_> {
    pub(super) fn by_treeverse(
        &mut self,
        func: FuncId,
        alone: &Alone,
        snapshots: Snapshots,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let segments = self.segments(alone)?;
        let quiet = self.quiet(segments);
        let inner: Vec<bool> = [false].into_iter().chain(active.iter().copied()).collect();
        let made = self.linearize_with(quiet, &inner, strength)?;
        let lin = self.forward(alone, &made, active)?;
        let mut outputs = made.outputs.clone();
        outputs.resize(alone.source.body.results.len(), false);
        if outputs.contains(&true) {
            let bwd = self.backward(alone, snapshots, (active, &made.outputs), strength)?;
            self.memo.transposed.insert(lin, Transposed { bwd });
            self.memo.bent.insert(bwd);
            self.memo.twins.insert(bwd, lin);
        }
        let inputs = (0..active.len()).map(Residual::Input);
        let count = alone
            .is_counted()
            .then_some(Residual::Output(alone.results()));
        Ok(Linearized {
            fwd: self.guarded(func, alone, snapshots)?,
            lin,
            residuals: inputs.chain(count).collect(),
            outputs,
        })
    }

    /// The loop, after a check that the bytes hold one snapshot and its place.
    fn guarded(
        &mut self,
        func: FuncId,
        alone: &Alone,
        how: Snapshots,
    ) -> Result<FuncId, RuleError> {
        let Snapshots::Bytes(bytes) = how else {
            return Ok(func);
        };
        let (mut b, _, map) = alone.start(format!("{}.fwd", alone.source.name), &[]);
        if let Some(inst) = alone.source.body.insts.first()
            && let Some(data) = alone.source.insts.get(*inst)
        {
            b.at(data.span);
        }
        let starts = alone
            .starts()
            .into_iter()
            .map(|v| map.get(&v).copied().unwrap_or(v));
        let starts: Vec<Value> = starts.collect();
        let room = room(&mut b, &starts, how)?;
        let one = b.constant(Scalar::I64(1))?;
        let enough = b.op(CompareOp { how: Compare::Le }, &[one, room])?;
        let message = format!("{bytes} bytes are too few for a snapshot of this loop and one more");
        let parts = crate::builder::Parts {
            args: [enough].into_iter().collect(),
            ..Default::default()
        };
        b.emit(
            Check {
                message: message.into(),
            },
            parts,
        )?;
        let sizes = own_sizes(&b);
        let args = alone.args(&b);
        let inst = b.call(self.module, func, &sizes, &args)?;
        let results = b.results(inst).to_vec();
        Ok(self.module.add(b.finish(results)))
    }

    /// The tangents of the loop from its parameters and theirs: it runs again by segments.
    fn forward(
        &mut self,
        alone: &Alone,
        made: &Linearized,
        active: &[bool],
    ) -> Result<FuncId, RuleError> {
        // Apart, so that nothing finds it to be what ran before.
        self.module.get_mut(made.fwd).marks.inline = Inline::Never;
        let (mut b, _, map) = alone.start(format!("{}.lin", alone.source.name), &[]);
        let args = alone.args(&b);
        let runs = self.count(alone, &mut b, &map)?;
        let mut tangents = Vec::new();
        for (&arg, _) in args.iter().zip(active).filter(|(_, active)| **active) {
            let ty = b.ty(arg).clone();
            tangents.push(b.param(ty, None));
        }
        b.func_mut().linear = tangents.len();
        let all = self.call_with(&mut b, made.fwd, runs, &args)?;
        let inputs: Vec<Value> = [runs].into_iter().chain(args).collect();
        let mut given = made.given(&inputs, &all)?;
        given.extend(tangents);
        let sizes = own_sizes(&b);
        let inst = b.call(self.module, made.lin, &sizes, &given)?;
        let results = b.results(inst).to_vec();
        let mut lin = b.finish(results);
        lin.marks.checkpoint = true;
        Ok(self.module.add(lin))
    }

    /// The number of steps: of a `while`, a further parameter.
    fn count(
        &self,
        alone: &Alone,
        b: &mut Builder,
        map: &std::collections::HashMap<Value, Value>,
    ) -> Result<Value, RuleError> {
        match alone.is_counted() {
            true => Ok(b.param(Type::scalar(DType::I64), Some("steps".into()))),
            false => alone.runs(b, map),
        }
    }

    /// The function that a transposition of the tangents gives, by snapshots.
    fn backward(
        &mut self,
        alone: &Alone,
        how: Snapshots,
        (active, outputs): (&[bool], &[bool]),
        strength: Strength,
    ) -> Result<FuncId, RuleError> {
        let (step, made) = self.one_step(alone, active, strength)?;
        let bwd = self.transpose(made.lin)?.bwd;
        let advance = schedule(self.module, "advance")?;
        let (mut b, _, map) = alone.start(format!("{}.bwd", alone.source.name), &[]);
        let args = alone.args(&b);
        let runs = self.count(alone, &mut b, &map)?;
        let starts = alone.starts();
        let inits: Vec<Value> = starts
            .iter()
            .map(|v| map.get(v).copied().unwrap_or(*v))
            .collect();
        // The parameters: cotangents of the results, then accumulators of active arrays.
        let mut cts: Vec<Option<Value>> = Vec::new();
        for (&init, &output) in inits.iter().zip(outputs) {
            let ty = b.ty(init).clone();
            cts.push(output.then(|| b.param(ty, None)));
        }
        let mut accs: Vec<Option<Value>> = Vec::new();
        for (&arg, &active) in args.iter().zip(active) {
            let array = active && is_array(b.ty(arg));
            let ty = b.ty(arg).accumulator();
            accs.push(array.then(|| b.param(ty, None)));
        }
        let room = room(&mut b, &inits, how)?;
        let tree = Tree {
            alone,
            given: Given { map, runs },
            step,
            made,
            bwd,
            advance,
            args,
            active,
            room,
        };
        let results = tree.reverse(self, &mut b, &inits, &cts, &accs)?;
        let mut made = b.finish(results);
        // Whole, so that its own derivative is found.
        made.marks.checkpoint = true;
        Ok(self.module.add(made))
    }

    /// One step as a function of its number, the number of steps, the parameters and the carries; its
    /// linearization in active arrays and all carries.
    fn one_step(
        &mut self,
        alone: &Alone,
        active: &[bool],
        strength: Strength,
    ) -> Result<(FuncId, Linearized), RuleError> {
        let (mut b, numbers, map) =
            alone.start(format!("{}.step", alone.source.name), &["k", "steps"]);
        let &[k, runs] = numbers.as_slice() else {
            return Err(TypeError::new("a number is missing").into());
        };
        let carried = alone.carry_params(&mut b, &map);
        let mut wanted = vec![false, false];
        let arrays = alone.source.params().iter().zip(active);
        wanted.extend(arrays.map(|(v, active)| *active && is_array(alone.source.ty(*v))));
        wanted.extend(carried.iter().map(|v| b.ty(*v).is_differentiable()));
        let given = Given { map, runs };
        let results = alone.step(&mut b, &given, k, &carried)?;
        let step = self.module.add(b.finish(results));
        let step = self.quiet(step);
        let made = self.linearize_with(step, &wanted, strength.of_callee())?;
        Ok((step, made))
    }

    /// The linearization of a reverse loop by snapshots: that of the same by segments.
    pub(in crate::derive) fn by_twin(
        &mut self,
        func: FuncId,
        lin: FuncId,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let source = self.module.get(lin).clone();
        let twin = Transpose::run(self, &source)?;
        self.module.get_mut(twin).marks.checkpoint = true;
        let made = self.linearize_with(twin, active, strength)?;
        Ok(Linearized { fwd: func, ..made })
    }
}

impl Tree<'_> {
    /// The whole reverse loop; gives what the transposed function gives.
    fn reverse(
        &self,
        deriver: &Deriver<'_>,
        b: &mut Builder,
        inits: &[Value],
        cts: &[Option<Value>],
        accs: &[Option<Value>],
    ) -> Result<Vec<Value>, RuleError> {
        let floats: Vec<bool> = inits.iter().map(|v| b.ty(*v).is_differentiable()).collect();
        let mut state = self.first_snapshot(b, inits)?;
        let counts = (inits.len(), floats.iter().filter(|f| **f).count());
        for (k, &init) in inits
            .iter()
            .enumerate()
            .filter(|(k, _)| floats.get(*k) == Some(&true))
        {
            let ty = b.ty(init).clone();
            state.push(match cts.get(k).copied().flatten() {
                Some(ct) => ct,
                None => b.fill(0.0, &ty)?,
            });
        }
        state.extend(accs.iter().flatten());
        let runs = Size::value(self.given.runs);
        let after = repeat(b, runs, true, state, |b, k, state| {
            let (snapshots, rest) = state.split_at_checked(counts.0).unwrap_or_default();
            let (&[places, top], rest) = rest.split_at_checked(2).map_or((&[][..], rest), |x| x)
            else {
                return Err(TypeError::new("a carry is missing").into());
            };
            let (cotangents, accumulators) = rest.split_at_checked(counts.1).unwrap_or_default();
            let state = State {
                snapshots,
                places,
                top,
                cotangents,
                accumulators,
            };
            self.turn_step(deriver, b, k, &state)
        })?;
        self.results(
            b,
            after.get(counts.0 + 2..).unwrap_or_default(),
            &floats,
            accs,
        )
    }

    /// The snapshots with the carries before the first step, the places, the last place.
    fn first_snapshot(&self, b: &mut Builder, inits: &[Value]) -> Result<Vec<Value>, RuleError> {
        let zero = b.constant(Scalar::I64(0))?;
        let one = b.constant(Scalar::I64(1))?;
        let rows = b.op(Add, &[self.room, one])?;
        let rows = [Size::value(rows)];
        let mut state = Vec::new();
        for &init in inits {
            let ty = b.ty(init).stacked(&rows);
            let empty = filled(b, &ty)?;
            state.push(b.op(Update, &[empty, init, zero])?);
        }
        state.push(filled(b, &Type::scalar(DType::I64).stacked(&rows))?);
        state.push(zero);
        Ok(state)
    }

    /// Turns step `k` around: gets to it, and sends the cotangents through it.
    fn turn_step(
        &self,
        deriver: &Deriver<'_>,
        b: &mut Builder,
        k: Value,
        state: &State<'_>,
    ) -> Result<Vec<Value>, RuleError> {
        let (carried, rest) = self.get_to(deriver, b, k, state)?;
        let sizes = own_sizes(b);
        let inputs = [k, self.given.runs]
            .into_iter()
            .chain(self.args.iter().copied());
        let inputs: Vec<Value> = inputs.chain(carried.iter().copied()).collect();
        let inst = b.call(deriver.module, self.made.fwd, &sizes, &inputs)?;
        let all = b.results(inst).to_vec();
        let mut args = self.made.given(&inputs, &all)?;
        let floats = carried.iter().filter(|v| b.ty(**v).is_differentiable());
        let floats: Vec<Value> = floats.copied().collect();
        let outputs = all.iter().zip(&self.made.outputs);
        let outputs: Vec<bool> = outputs
            .filter(|(v, _)| b.ty(**v).is_differentiable())
            .map(|(_, output)| *output)
            .collect();
        let cts = state.cotangents.iter().zip(outputs);
        args.extend(cts.filter(|(_, output)| *output).map(|(ct, _)| *ct));
        args.extend(state.accumulators);
        let types = b.func().types(&floats);
        for ty in types.into_iter().filter(is_array) {
            let zeros = b.fill(0.0, &ty)?;
            args.push(b.op(AccNew, &[zeros])?);
        }
        let inst = b.call(deriver.module, self.bwd, &sizes, &args)?;
        let given = b.results(inst).to_vec();
        let (accumulators, cotangents) = given
            .split_at_checked(state.accumulators.len())
            .unwrap_or_default();
        let mut results = rest;
        for &ct in cotangents {
            results.push(match b.ty(ct).is_accumulator() {
                true => b.op(AccRead, &[ct])?,
                false => ct,
            });
        }
        results.extend(accumulators);
        Ok(results)
    }

    /// The carries before step `k`, and the snapshots, the places and the last of them after it: that of
    /// this step is no longer needed.
    fn get_to(
        &self,
        deriver: &Deriver<'_>,
        b: &mut Builder,
        k: Value,
        state: &State<'_>,
    ) -> Result<(Vec<Value>, Vec<Value>), RuleError> {
        let count = state.snapshots.len();
        let mut init = state.snapshots.to_vec();
        init.extend([state.places, state.top]);
        init.push(b.op(Index, &[state.places, state.top])?);
        let missing = || TypeError::new("a carry is missing");
        let mut after = until(
            b,
            init,
            |b, inner| {
                let at = *inner.last().ok_or_else(missing)?;
                Ok(b.op(CompareOp { how: Compare::Lt }, &[at, k])?)
            },
            |b, inner| self.advance(deriver, b, k, count, inner),
        )?;
        after.truncate(count + 2);
        let top = after.pop().ok_or_else(missing)?;
        let places = *after.last().ok_or_else(missing)?;
        // They are where the last snapshot is, or where there was no room for one.
        let at = b.op(Index, &[places, top])?;
        let kept = b.op(CompareOp { how: Compare::Eq }, &[at, k])?;
        let place = b.op(Select, &[kept, top, self.room])?;
        let mut carried = Vec::new();
        for &snapshot in after.iter().take(count) {
            carried.push(b.op(Index, &[snapshot, place])?);
        }
        let used = b.op(Convert { to: DType::I64 }, &[kept])?;
        after.push(b.op(Sub, &[top, used])?);
        Ok((carried, after))
    }

    /// Runs from the last snapshot to the place of the next, and sets it if there is room.
    fn advance(
        &self,
        deriver: &Deriver<'_>,
        b: &mut Builder,
        k: Value,
        count: usize,
        inner: &[Value],
    ) -> Result<Vec<Value>, RuleError> {
        let (snapshots, rest) = inner.split_at_checked(count).unwrap_or_default();
        let &[places, top, at] = rest else {
            return Err(TypeError::new("a carry is missing").into());
        };
        let mut carried = Vec::new();
        for &snapshot in snapshots {
            carried.push(b.op(Index, &[snapshot, top])?);
        }
        let (zero, one) = (b.constant(Scalar::I64(0))?, b.constant(Scalar::I64(1))?);
        let next = b.op(Add, &[top, one])?;
        let free = b.op(Sub, &[self.room, next])?;
        let distance = b.op(Sub, &[k, at])?;
        let length = b.op(Add, &[distance, one])?;
        let inst = b.call(deriver.module, self.advance, &[], &[length, free])?;
        let steps = first(b.results(inst))?;
        let sizes = own_sizes(b);
        let after = repeat(b, Size::value(steps), false, carried, |b, j, carried| {
            let k = b.op(Add, &[at, j])?;
            let args = [k, self.given.runs]
                .into_iter()
                .chain(self.args.iter().copied());
            let args: Vec<Value> = args.chain(carried.iter().copied()).collect();
            let inst = b.call(deriver.module, self.step, &sizes, &args)?;
            Ok(b.results(inst).to_vec())
        })?;
        let at = b.op(Add, &[at, steps])?;
        let fits = b.op(CompareOp { how: Compare::Lt }, &[zero, free])?;
        let place = b.op(Select, &[fits, next, self.room])?;
        let top = b.op(Select, &[fits, next, top])?;
        let mut results = Vec::new();
        for (&snapshot, &value) in snapshots.iter().zip(&after) {
            results.push(b.op(Update, &[snapshot, value, place])?);
        }
        results.push(b.op(Update, &[places, at, place])?);
        results.extend([top, at]);
        Ok(results)
    }

    /// The cotangents of the active parameters, from those of the carries at the start.
    fn results(
        &self,
        b: &mut Builder,
        after: &[Value],
        floats: &[bool],
        accs: &[Option<Value>],
    ) -> Result<Vec<Value>, RuleError> {
        let count = floats.iter().filter(|f| **f).count();
        let (cts, after) = after.split_at_checked(count).unwrap_or_default();
        let mut accumulators = after.iter().copied();
        let starts = self.alone.starts();
        let starts = starts.iter().zip(floats).filter(|(_, float)| **float);
        let starts: Vec<(Value, Value)> =
            starts.map(|(v, _)| *v).zip(cts.iter().copied()).collect();
        let mut results = Vec::new();
        let params = self.alone.source.params().iter().zip(self.active).zip(accs);
        for ((&param, _), acc) in params.filter(|((_, active), _)| **active) {
            let mut sum = acc.and_then(|_| accumulators.next());
            for &(_, ct) in starts.iter().filter(|(start, _)| *start == param) {
                sum = Some(match sum {
                    Some(acc) if b.ty(acc).is_accumulator() => b.op(AccAdd, &[acc, ct])?,
                    Some(before) => b.op(Add, &[before, ct])?,
                    None => ct,
                });
            }
            let ty = self.alone.source.ty(param).clone();
            results.push(match sum {
                Some(sum) => sum,
                None => b.fill(0.0, &ty)?,
            });
        }
        Ok(results)
    }
}

/// How many snapshots there may be, not more than there are steps; less than 1 if not even one fits.
fn room(b: &mut Builder, carries: &[Value], how: Snapshots) -> Result<Value, RuleError> {
    let bytes = match how {
        Snapshots::Bytes(bytes) => i64::try_from(bytes).unwrap_or(i64::MAX),
        Snapshots::Count(n) => return Ok(b.constant(Scalar::I64(i64::from(n).max(1)))?),
        Snapshots::Root => return Ok(b.constant(Scalar::I64(1))?),
    };
    // The number of the step is saved with each.
    let mut each = Size::constant(8);
    for &value in carries {
        let ty = b.ty(value);
        let of_value = ty
            .elements()
            .and_then(|n| n.checked_scale(i64::from(ty.dtype.bytes())));
        let sum = of_value.and_then(|n| each.checked_add(&n));
        each = sum.ok_or_else(|| TypeError::new("a size overflows"))?;
    }
    let each = b.size(&each)?;
    let one = b.constant(Scalar::I64(1))?;
    let bytes = b.constant(Scalar::I64(bytes))?;
    let each = b.op(Max, &[each, one])?;
    let rows = b.op(Div, &[bytes, each])?;
    Ok(b.op(Sub, &[rows, one])?)
}

/// Zeros, or `false`.
fn filled(b: &mut Builder, ty: &Type) -> Result<Value, TypeError> {
    match ty.dtype {
        DType::Bool => b.op_as(
            crate::ops::Const {
                value: Scalar::Bool(false),
            },
            &[],
            ty.clone(),
        ),
        _ => b.fill(0.0, ty),
    }
}
