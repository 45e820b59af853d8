//! Which residuals of a region are saved, and which are made again from others: chosen by cost.
//!
//! A value that is saved is stored and loaded once a run of the region. Where fewer saved values and a few
//! operations of arithmetic give the same, these are made again instead.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Linearize;
use super::cut::{NEVER, Node, Way, cut};
use crate::function::{InstData, Value};
use crate::op::Op;
use crate::op::{Cost, Effect, RuleError};
use crate::size::Size;
use std::collections::{BTreeMap, HashMap};

/// What it costs to save and load an element, in operations of arithmetic.
const SAVE: u64 = 4;

/// What it costs to load an element that stands in memory anyway.
const LOAD: u64 = 2;

/// How much dearer it is to save what no stack can hold: all of the region is run again for it.
const RAGGED: u64 = 16;

/// What an elementary function costs, in operations of arithmetic.
const WORK: u64 = 16;

/// What a size that is not known counts for.
const UNKNOWN_SIZE: u64 = 64;

/// A region whose residuals are to be chosen.
struct Choice<'r> {
    depth: usize,
    /// Whether the region runs many times for each run of what is around it.
    repeated: bool,
    /// Whether no stack can hold what it saves, so that it all would run again.
    ragged: bool,
    /// Values that the region gives as stacked results anyway.
    given: &'r [Value],
    /// The stand-ins of the values that are saved so far.
    saved: HashMap<Value, Value>,
}

impl Linearize<'_> {
    /// Chooses among the values that the innermost region saves, and those that they are made of, which are
    /// saved in the end. `given` are the values that the region gives as stacked results anyway.
    pub fn choose_residuals(&mut self, repeated: bool, given: &[Value]) -> Result<(), RuleError> {
        self.supply_saved()?;
        let Some(scope) = self.scopes.last() else {
            return Ok(());
        };
        let choice = Choice {
            depth: self.scopes.len() - 1,
            repeated,
            ragged: scope.ragged,
            given,
            saved: scope.saved.iter().copied().collect(),
        };
        if choice.saved.is_empty() {
            return Ok(());
        }
        // Values are numbered in the order of their making, so operands come first.
        let values = self.reached(&choice);
        let positions: HashMap<Value, usize> = values.keys().copied().zip(0..).collect();
        let nodes: Vec<Node> = values
            .iter()
            .map(|(&value, needs)| self.node(&choice, value, needs, &positions))
            .collect();
        let ways = cut(&nodes);
        for (&value, way) in values.keys().zip(ways) {
            match way {
                Way::Left => {}
                Way::Remade => self.remake(&choice, value)?,
                Way::Saved => {
                    self.residual(value)?;
                }
            }
        }
        self.lin.sort_prologue();
        Ok(())
    }

    /// The saved values of the region and all that they could be made of, with their operands.
    fn reached(&self, choice: &Choice<'_>) -> BTreeMap<Value, Vec<Value>> {
        let mut reached = BTreeMap::new();
        let mut open: Vec<Value> = choice.saved.keys().copied().collect();
        while let Some(value) = open.pop() {
            if reached.contains_key(&value) {
                continue;
            }
            let needs = match self.remake_cost(choice, value) {
                NEVER => Vec::new(),
                _ => self.operands(value),
            };
            open.extend(&needs);
            reached.insert(value, needs);
        }
        reached
    }

    /// What the instruction that defines `value` needs.
    fn operands(&self, value: Value) -> Vec<Value> {
        let Some(inst) = self.primal.definition(value) else {
            return Vec::new();
        };
        let data = &self.primal.func().insts[inst];
        let mut operands = data.args.to_vec();
        operands.extend(data.sizes.iter().flat_map(Size::values));
        operands.extend(self.primal.ty(value).values());
        operands
    }

    fn node(
        &self,
        choice: &Choice<'_>,
        value: Value,
        needs: &[Value],
        positions: &HashMap<Value, usize>,
    ) -> Node {
        Node {
            save: self.save_cost(choice, value),
            remake: self.remake_cost(choice, value),
            needs: needs
                .iter()
                .filter_map(|v| positions.get(v).copied())
                .collect(),
            wanted: choice.saved.contains_key(&value),
        }
    }

    /// Whether the linear function has `value`, or can have it for nothing.
    fn is_at_hand(&self, choice: &Choice<'_>, value: Value) -> bool {
        !choice.saved.contains_key(&value) && self.is_available(value)
    }

    fn save_cost(&self, choice: &Choice<'_>, value: Value) -> u64 {
        let ty = self.primal.ty(value);
        let wanted = choice.saved.contains_key(&value);
        if self.is_at_hand(choice, value) {
            return self.hand_cost(value);
        }
        let outside = self.primal.depth(value) < choice.depth;
        if ty.is_accumulator() || !wanted && !ty.shape.is_empty() && !self.stays(choice, value) {
            return NEVER;
        }
        match choice.given.contains(&value) {
            _ if outside && choice.repeated => 0,
            true => LOAD * self.elements(value),
            false if choice.ragged => RAGGED * SAVE * self.elements(value),
            false => SAVE * self.elements(value),
        }
    }

    /// Whether an array of the function's own level is kept for nothing: what is updated in place later, or
    /// may be, would have to be copied, and on an inner level there is one for each run.
    fn stays(&self, choice: &Choice<'_>, value: Value) -> bool {
        let taken = |data: &InstData, source: &Value| {
            let taking = matches!(
                data.op,
                Op::Update(_) | Op::For(_) | Op::While(_) | Op::Call(_)
            );
            taking && data.args.contains(source)
        };
        let mut same = self.map.iter().filter(|(_, primal)| **primal == value);
        let changed = same.any(|(source, _)| {
            let mut insts = self.source.insts.values();
            insts.any(|data| taken(data, source))
        });
        choice.repeated && self.primal.depth(value) == 0 && !changed
    }

    /// What it costs to have a value that is at hand: the elements that are loaded on the way.
    fn hand_cost(&self, value: Value) -> u64 {
        let inst = self.primal.definition(value);
        let Some(inst) = inst.filter(|_| !self.is_imported(value)) else {
            return 0;
        };
        let data = &self.primal.func().insts[inst];
        let operands: u64 = data.args.iter().map(|&v| self.hand_cost(v)).sum();
        operands + self.free_cost(data)
    }

    fn remake_cost(&self, choice: &Choice<'_>, value: Value) -> u64 {
        if self.is_at_hand(choice, value) || self.primal.depth(value) < choice.depth {
            return NEVER;
        }
        let Some(inst) = self.primal.definition(value) else {
            return NEVER;
        };
        if self.is_padded(inst) {
            return NEVER;
        }
        let data = &self.primal.func().insts[inst];
        let simple = data.blocks.is_empty()
            && data.results.len() == 1
            && data.op.effect() == Effect::Pure
            && !self.primal.ty(value).is_accumulator();
        match data.op.cost() {
            Cost::Free if simple => self.free_cost(data),
            Cost::Arithmetic if simple => self.elements(value) * (1 + self.loads(data)),
            // Running the region again would make it again too.
            Cost::Work if simple && choice.ragged && data.op.kernel().is_some() => {
                WORK * self.elements(value)
            }
            Cost::Free | Cost::Arithmetic | Cost::Work => NEVER,
        }
    }

    /// What loading the operands costs for each element: an operation on arrays is a loop of its own, or may
    /// be. What is repeated along an axis is loaded once for many elements.
    fn loads(&self, data: &InstData) -> u64 {
        let is_loaded =
            |v: &&Value| !self.primal.ty(**v).shape.is_empty() && !self.is_repeated(**v);
        LOAD * data.args.iter().filter(is_loaded).count() as u64
    }

    fn is_repeated(&self, value: Value) -> bool {
        let inst = self.primal.definition(value);
        inst.is_some_and(|inst| matches!(self.primal.func().insts[inst].op, Op::Broadcast(_)))
    }

    /// Reading an element is a load; the rest is nothing.
    fn free_cost(&self, data: &InstData) -> u64 {
        match data.op {
            Op::Index(_) => LOAD,
            _ => 0,
        }
    }

    fn elements(&self, value: Value) -> u64 {
        let shape = &self.primal.ty(value).shape;
        let size = |size: &Size| {
            let known = size.as_constant().and_then(|n| u64::try_from(n).ok());
            known.unwrap_or(UNKNOWN_SIZE)
        };
        let product = shape.iter().map(size).try_fold(1, u64::checked_mul);
        product.map_or(NEVER / 8, |n: u64| n.min(NEVER / 8))
    }

    /// Makes `value` in the linear function; one that was to be saved keeps its stand-in.
    fn remake(&mut self, choice: &Choice<'_>, value: Value) -> Result<(), RuleError> {
        let Some(inst) = self.primal.definition(value) else {
            return Ok(());
        };
        let data = self.primal.func().insts[inst].clone();
        let parts = self.lin_parts(&data.args, &data.sizes)?;
        let ty = self.lin_type(&self.primal.ty(value).clone())?;
        let name = self.primal.func().values[value].name.clone();
        let stand_in = match choice.saved.get(&value) {
            Some(&stand_in) => stand_in,
            None => self
                .lin
                .in_prologue(choice.depth, |lin| lin.fresh(ty, name)),
        };
        self.lin.in_prologue(choice.depth, |lin| {
            lin.push_with(data.op, parts, smallvec::smallvec![stand_in])
        });
        self.import(value, stand_in);
        if let Some(scope) = self.scopes.last_mut() {
            scope.saved.retain(|(saved, _)| *saved != value);
        }
        Ok(())
    }
}
