//! Loops of which a derivative saves the carries at some steps, and runs the others again.

use super::alone::{Alone, Given, is_loop, repeat, schedule};
use super::outline::outline;
use crate::builder::Builder;
use crate::derive::deriver::{Deriver, Linearized, Residual};
use crate::derive::rule::own_sizes;
use crate::derive::{Linearize, Strength};
use crate::function::{FuncId, Inst, Snapshots, Value};
use crate::op::{RuleError, TypeError};
use crate::ops::{Add, Div, Min, Mul, Sub};
use crate::scalar::Scalar;
use crate::size::Size;

impl Deriver<'_> {
    /// The linearization of `func`, the loops in whose body save what `snapshots` says.
    pub(in crate::derive) fn with_snapshots(
        &mut self,
        func: FuncId,
        snapshots: Snapshots,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let source = self.module.get(func).clone();
        match (Alone::of(&source), snapshots) {
            (None, _) => self.apart(func, snapshots, active, strength),
            (Some(alone), Snapshots::Root) => self.by_segments(func, &alone, active, strength),
            (Some(alone), _) => self.by_treeverse(func, &alone, snapshots, active, strength),
        }
    }

    /// Each loop of `func` becomes a function of its own, which is derived as is said of `func`.
    fn apart(
        &mut self,
        func: FuncId,
        snapshots: Snapshots,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let mut source = self.module.get(func).clone();
        source.marks.snapshots = None;
        let loops = source.body.insts.iter().copied();
        let loops: Vec<Inst> = loops
            .filter(|&inst| source.insts.get(inst).is_some_and(is_loop))
            .collect();
        for inst in loops {
            let name = format!("{}.loop", source.name);
            let id = outline(self.module, &mut source, inst, &name);
            self.module.get_mut(id).marks.snapshots = Some(snapshots);
        }
        Linearize::run(self, &source, active, strength)
    }

    /// The loop as a loop over segments of √n steps, each of which is checkpointed: what is saved are the
    /// carries at the start of each, and while a segment is turned around all that its steps need.
    pub(super) fn segments(&mut self, alone: &Alone) -> Result<FuncId, RuleError> {
        let segment = self.segment(alone)?;
        let length = schedule(self.module, "segment")?;
        let name = format!("{}.segments", alone.source.name);
        let (mut b, numbers, map) = alone.start(name, &["steps"]);
        let runs = first(&numbers)?;
        let params = b.params().get(alone.source.sizes + 1..);
        let params = params.unwrap_or_default().to_vec();
        let sizes = own_sizes(&b);
        let inst = b.call(self.module, length, &[], &[runs])?;
        let length = first(b.results(inst))?;
        let one = b.constant(Scalar::I64(1))?;
        let up = b.op(Add, &[runs, length])?;
        let up = b.op(Sub, &[up, one])?;
        let count = b.op(Div, &[up, length])?;
        let starts = alone.starts();
        let starts = starts.iter().map(|v| map.get(v).copied().unwrap_or(*v));
        let module = &*self.module;
        let results = repeat(
            &mut b,
            Size::value(count),
            false,
            starts.collect(),
            |b, k, carried| {
                let start = b.op(Mul, &[k, length])?;
                let rest = b.op(Sub, &[runs, start])?;
                let steps = b.op(Min, &[length, rest])?;
                let args = [start, steps, runs]
                    .into_iter()
                    .chain(params.iter().copied());
                let args: Vec<Value> = args.chain(carried.iter().copied()).collect();
                let inst = b.call(module, segment, &sizes, &args)?;
                Ok(b.results(inst).to_vec())
            },
        )?;
        let results = results.into_iter().take(alone.results()).collect();
        Ok(self.module.add(b.finish(results)))
    }

    /// So many steps of the loop, checkpointed.
    fn segment(&mut self, alone: &Alone) -> Result<FuncId, RuleError> {
        let name = format!("{}.segment", alone.source.name);
        let (mut b, numbers, map) = alone.start(name, &["start", "count", "steps"]);
        let &[start, count, runs] = numbers.as_slice() else {
            return Err(TypeError::new("a number is missing").into());
        };
        let carried = alone.carry_params(&mut b, &map);
        let given = Given { map, runs };
        let results = alone.steps(&mut b, &given, (start, count), carried)?;
        let mut made = b.finish(results);
        made.marks.checkpoint = true;
        Ok(self.module.add(made))
    }

    fn by_segments(
        &mut self,
        func: FuncId,
        alone: &Alone,
        active: &[bool],
        strength: Strength,
    ) -> Result<Linearized, RuleError> {
        let segments = self.segments(alone)?;
        let inner: Vec<bool> = [false].into_iter().chain(active.iter().copied()).collect();
        let made = self.linearize_with(segments, &inner, strength)?;
        let (mut b, _, map) = alone.start(format!("{}.fwd", alone.source.name), &[]);
        let args = alone.args(&b);
        let (given, runs, all) = match alone.is_counted() {
            false => {
                let runs = alone.runs(&mut b, &map)?;
                let all = self.call_with(&mut b, made.fwd, runs, &args)?;
                (all.clone(), runs, all)
            }
            // The loop runs to count its steps; then again, quietly, to save.
            true => {
                let sizes = own_sizes(&b);
                let inst = b.call(self.module, func, &sizes, &args)?;
                let given = b.results(inst).to_vec();
                let runs = given.last().copied();
                let runs = runs.ok_or_else(|| TypeError::new("the count is missing"))?;
                let quiet = self.quiet(made.fwd);
                let all = self.call_with(&mut b, quiet, runs, &args)?;
                (given, runs, all)
            }
        };
        let originals = alone.source.body.results.len();
        let mut results: Vec<Value> = given.into_iter().take(originals).collect();
        results.extend(all.iter().skip(alone.results()));
        results.push(runs);
        let steps = results.len() - originals - 1;
        let fwd = self.module.add(b.finish(results));
        let residuals = made.residuals.iter().map(|residual| match *residual {
            Residual::Input(0) => Residual::Saved(steps),
            Residual::Input(k) => Residual::Input(k - 1),
            other => other,
        });
        let mut outputs = made.outputs;
        outputs.resize(originals, false);
        Ok(Linearized {
            fwd,
            lin: made.lin,
            residuals: residuals.collect(),
            outputs,
        })
    }

    /// Calls a function that takes the number of steps, then what the loop's function takes.
    pub(super) fn call_with(
        &self,
        b: &mut Builder,
        callee: FuncId,
        runs: Value,
        args: &[Value],
    ) -> Result<Vec<Value>, RuleError> {
        let sizes = own_sizes(b);
        let all: Vec<Value> = [runs].into_iter().chain(args.iter().copied()).collect();
        let inst = b.call(self.module, callee, &sizes, &all)?;
        Ok(b.results(inst).to_vec())
    }
}

pub(super) fn first(values: &[Value]) -> Result<Value, TypeError> {
    let first = values.first().copied();
    first.ok_or_else(|| TypeError::new("a value is missing"))
}
