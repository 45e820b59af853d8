//! A function that is one loop, and the parts of it that checkpointing puts together anew.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use crate::builder::{Builder, Parts};
use crate::derive::clone::{copy_body, copy_params, renamed};
use crate::derive::free_values;
use crate::function::{Block, FuncId, Function, InstData, Value};
use crate::module::Module;
use crate::op::{Op, RuleError, TypeError};
use crate::ops::{For, While};
use crate::scalar::DType;
use crate::size::Size;
use crate::ty::Type;
use std::collections::HashMap;

/// A function whose body is a loop without stacked results.
#[derive(Clone, Debug)]
pub(super) struct Alone {
    /// The function.
    pub(super) source: Function,
    data: InstData,
    block: Block,
    /// Captured floats. They are carried along, so that their cotangents are summed from the last step to
    /// the first in one sum, as they are where all is saved.
    held: Vec<Value>,
}

/// What a derived function has of the loop's function: the values of its parameters, and the number of
/// steps.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) map: HashMap<Value, Value>,
    pub(super) runs: Value,
}

/// Whether an instruction is a loop that may be taken apart.
pub(super) fn is_loop(data: &InstData) -> bool {
    match data.op {
        Op::For(_) => data.results.len() == data.args.len(),
        Op::While(_) => true,
        _ => false,
    }
}

impl Alone {
    /// `source`, if it is one loop on its parameters.
    pub(super) fn of(source: &Function) -> Option<Alone> {
        let &[inst] = source.body.insts.as_slice() else {
            return None;
        };
        let data = source.insts[inst].clone();
        let given = |v: &Value| source.body.params.contains(v);
        let whole = data.results.as_slice() == source.body.results && data.args.iter().all(given);
        let plain = !source
            .params()
            .iter()
            .any(|&v| source.ty(v).is_accumulator());
        if !whole || !plain || !is_loop(&data) {
            return None;
        }
        let block = data.blocks.last()?.clone();
        let mut held = free_values(source, std::slice::from_ref(&block));
        held.retain(|&v| source.ty(v).is_scalar() && source.ty(v).is_differentiable());
        let source = source.clone();
        Some(Alone {
            source,
            data,
            block,
            held,
        })
    }

    /// Whether the number of steps is known only when the loop has run.
    pub(super) fn is_counted(&self) -> bool {
        matches!(self.data.op, Op::While(_))
    }

    /// How many results the loop has besides the number of steps.
    pub(super) fn results(&self) -> usize {
        self.data.args.len()
    }

    /// What the loop starts with, of the function's parameters.
    pub(super) fn starts(&self) -> Vec<Value> {
        self.data.args.iter().chain(&self.held).copied().collect()
    }

    /// The parameters that carry.
    fn carries(&self) -> impl Iterator<Item = Value> {
        let skip = self.block.params.len().saturating_sub(self.results());
        self.block
            .params
            .iter()
            .skip(skip)
            .chain(&self.held)
            .copied()
    }

    /// The number of steps of a `for` in a function that has its parameters.
    pub(super) fn runs(
        &self,
        b: &mut Builder,
        map: &HashMap<Value, Value>,
    ) -> Result<Value, RuleError> {
        let runs = self.data.sizes.first().cloned().unwrap_or_default();
        Ok(b.size(&runs.rename(|v| renamed(map, v)))?)
    }

    /// A builder of a function with the sizes of this one, then `extra` numbers, then its parameters.
    pub(super) fn start(
        &self,
        name: String,
        extra: &[&str],
    ) -> (Builder, Vec<Value>, HashMap<Value, Value>) {
        let mut b = Builder::new(name);
        let mut map = HashMap::new();
        copy_params(&mut b, &self.source, self.source.size_params(), &mut map);
        b.func_mut().sizes = self.source.sizes;
        let number = |name: &&str| b.param(Type::scalar(DType::I64), Some((*name).into()));
        let numbers = extra.iter().map(number).collect();
        copy_params(&mut b, &self.source, self.source.params(), &mut map);
        (b, numbers, map)
    }

    /// The parameters so far of a function that was begun with [`Alone::start`], without the sizes.
    pub(super) fn args(&self, b: &Builder) -> Vec<Value> {
        b.params().iter().skip(self.source.sizes).copied().collect()
    }

    /// Adds parameters for what is carried.
    pub(super) fn carry_params(&self, b: &mut Builder, map: &HashMap<Value, Value>) -> Vec<Value> {
        let carries: Vec<Value> = self.carries().collect();
        let param = |v: Value| {
            let ty = self.source.ty(v).rename(|v| renamed(map, v));
            b.param(ty, self.source.values[v].name.clone())
        };
        carries.into_iter().map(param).collect()
    }

    /// Emits step `k` from the first one; gives what it carries on.
    pub(super) fn step(
        &self,
        b: &mut Builder,
        given: &Given,
        k: Value,
        carried: &[Value],
    ) -> Result<Vec<Value>, RuleError> {
        let mut map = given.map.clone();
        map.extend(self.carries().zip(carried.iter().copied()));
        if let Op::For(op) = &self.data.op
            && let Some(&index) = self.block.params.first()
        {
            let place = match op.reverse {
                false => k,
                true => {
                    let from_end = Size::value(given.runs).checked_sub(&Size::value(k));
                    let index = from_end.and_then(|n| n.checked_sub(&Size::constant(1)));
                    b.size(&index.unwrap_or_default())?
                }
            };
            map.insert(index, place);
        }
        copy_body(b, &self.source, &self.block, &mut map);
        let all = self.block.results.iter().take(self.results());
        let carried = all.chain(&self.held).map(|&v| renamed(&map, v));
        Ok(carried.collect())
    }

    /// Emits so many steps from step `start`.
    pub(super) fn steps(
        &self,
        b: &mut Builder,
        given: &Given,
        (start, count): (Value, Value),
        carried: Vec<Value>,
    ) -> Result<Vec<Value>, RuleError> {
        repeat(b, Size::value(count), false, carried, |b, j, carried| {
            let k = b.op(crate::ops::Add, &[start, j])?;
            self.step(b, given, k, carried)
        })
    }
}

/// Emits a `for`.
pub(super) fn repeat(
    b: &mut Builder,
    runs: Size,
    reverse: bool,
    init: Vec<Value>,
    body: impl FnOnce(&mut Builder, Value, &[Value]) -> Result<Vec<Value>, RuleError>,
) -> Result<Vec<Value>, RuleError> {
    b.open();
    let index = b.param(Type::scalar(DType::I64), None);
    let params = params_like(b, &init);
    let results = body(b, index, &params)?;
    let block = b.close(results);
    let parts = Parts {
        args: init.into(),
        sizes: [runs].into_iter().collect(),
        blocks: vec![block],
        wanted: Vec::new(),
    };
    let inst = b.emit(For { reverse }, parts)?;
    Ok(b.results(inst).to_vec())
}

/// Emits a `while`; gives the carries.
pub(super) fn until(
    b: &mut Builder,
    init: Vec<Value>,
    condition: impl FnOnce(&mut Builder, &[Value]) -> Result<Value, RuleError>,
    body: impl FnOnce(&mut Builder, &[Value]) -> Result<Vec<Value>, RuleError>,
) -> Result<Vec<Value>, RuleError> {
    b.open();
    let params = params_like(b, &init);
    let again = condition(b, &params)?;
    let head = b.close(vec![again]);
    b.open();
    let params = params_like(b, &init);
    let results = body(b, &params)?;
    let count = init.len();
    let body = b.close(results);
    let parts = Parts {
        args: init.into(),
        blocks: vec![head, body],
        ..Parts::default()
    };
    let inst = b.emit(While, parts)?;
    Ok(b.results(inst).iter().take(count).copied().collect())
}

fn params_like(b: &mut Builder, values: &[Value]) -> Vec<Value> {
    let types = b.func().types(values);
    types.into_iter().map(|ty| b.param(ty, None)).collect()
}

/// A function of `schedule.ir`, in `module` once.
pub(super) fn schedule(module: &mut Module, name: &str) -> Result<FuncId, TypeError> {
    let full = format!("checkpoint.{name}");
    if let Some(known) = module.named(&full) {
        return Ok(known);
    }
    let text = include_str!("schedule.ir");
    let parsed = crate::text::parse(text).map_err(|e| TypeError::new(format!("schedule: {e}")))?;
    let found = parsed
        .named(name)
        .ok_or_else(|| TypeError::new("a schedule is missing"))?;
    let mut function = parsed.get(found).clone();
    function.name = full;
    Ok(module.add(function))
}
