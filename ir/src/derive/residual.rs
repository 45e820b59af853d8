//! Residuals: what the linear function needs of the primal's values.
//!
//! A residual is never an input, an output or a literal, nor what is free to compute from such. At the
//! level of the function it is a parameter of the linear function; in a region it is an element of the
//! stack that the primal region gives as an additional result.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Linearize;
use super::linearize::RegionLinear;
use crate::builder::{Builder, Parts};
use crate::function::{Inst, Value};
use crate::op::{Cost, Op, RuleError};
use crate::size::Size;
use crate::ty::Type;
use std::collections::HashMap;

/// What one nesting level of the linear function has of the primal's values.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// Values of the primal that stand in this level of the linear function.
    imports: HashMap<Value, Value>,
    /// Values that must be saved by the primal, with their stand-in.
    pub(super) saved: Vec<(Value, Value)>,
    /// The instruction of the source whose region this is, if it is a loop.
    pub(super) of: Option<Inst>,
    /// Stand-ins of the arrays that the loop leaves, by the number of their carry.
    pub(super) left: Vec<(usize, Value)>,
    /// How many values its indices take.
    pub(super) runs: Vec<Size>,
    /// Its indices, with the same.
    pub(super) indices: Vec<(Value, Size)>,
    /// Whether what a run of this region saves cannot be stacked, because the number of runs, or that of a
    /// region around it, changes.
    pub(super) ragged: bool,
}

/// A linearization at some point of its walk.
pub(crate) struct Snapshot {
    primal: Builder,
    lin: Builder,
    map: HashMap<Value, Value>,
    tangents: HashMap<Value, Value>,
    scopes: Vec<Scope>,
    supplies: HashMap<Value, super::settled::Supply>,
}

impl Linearize<'_> {
    /// Says that the primal's `value` is `stand_in` in the linear function.
    pub(super) fn import(&mut self, value: Value, stand_in: Value) {
        let depth = self.primal.depth(value);
        if let Some(scope) = self.scopes.get_mut(depth) {
            scope.imports.insert(value, stand_in);
        }
    }

    fn imported(&self, value: Value) -> Option<Value> {
        let scope = self.scopes.get(self.primal.depth(value))?;
        scope.imports.get(&value).copied()
    }

    /// Whether the linear function has `value` already.
    pub(super) fn is_imported(&self, value: Value) -> bool {
        self.imported(value).is_some()
    }

    /// The value of the linear function that equals `value` of the primal.
    pub fn residual(&mut self, value: Value) -> Result<Value, RuleError> {
        if let Some(known) = self.imported(value) {
            return Ok(known);
        }
        let depth = self.primal.depth(value);
        let stand_in = match self.is_available(value) {
            true if self.is_supplied(value) => match self.supply(value, depth, None)? {
                Some(read) => read,
                None => self.save(value, depth)?,
            },
            true if self.primal.definition(value).is_some() => self.recompute(value, depth)?,
            _ if self.is_local(value, depth) => match self.pad(value, depth)? {
                Some(part) => part,
                None => self.rerun(value, depth)?,
            },
            _ => self.save(value, depth)?,
        };
        self.import(value, stand_in);
        Ok(stand_in)
    }

    /// Whether the linear function can have `value` without the primal saving anything.
    pub(super) fn is_available(&self, value: Value) -> bool {
        if self.imported(value).is_some() || self.is_supplied(value) {
            return true;
        }
        let Some(inst) = self.primal.definition(value) else {
            return self.primal.depth(value) == 0;
        };
        let data = &self.primal.func().insts[inst];
        let is_cheap = data.op.cost() == Cost::Free || self.is_index(value, &data.op);
        is_cheap
            && data.blocks.is_empty()
            && data.args.iter().all(|&v| self.is_available(v))
            && data
                .sizes
                .iter()
                .flat_map(Size::values)
                .all(|v| self.is_available(v))
            && self.primal.ty(value).values().all(|v| self.is_available(v))
    }

    /// Whether `value` is the sum, the lesser, and so on, of numbers like an index. Outside of regions the
    /// types of results may mention it, so it must be one of them.
    fn is_index(&self, value: Value, op: &Op) -> bool {
        let is_arithmetic = matches!(
            op,
            Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Min(_) | Op::Max(_)
        );
        let is_inside = self.primal.depth(value) > 0;
        is_arithmetic && is_inside && self.primal.ty(value).is(crate::scalar::DType::I64)
    }

    fn recompute(&mut self, value: Value, depth: usize) -> Result<Value, RuleError> {
        let Some(inst) = self.primal.definition(value) else {
            return self.save(value, depth);
        };
        let data = self.primal.func().insts[inst].clone();
        let parts = self.lin_parts(&data.args, &data.sizes)?;
        let mut types = Vec::new();
        for &result in &data.results {
            types.push(self.lin_type(&self.primal.ty(result).clone())?);
        }
        let new = self
            .lin
            .in_prologue(depth, |lin| lin.push(data.op.clone(), parts, types));
        let results = self.lin.results(new).to_vec();
        for (&old, &new) in data.results.iter().zip(&results) {
            if let Some(name) = self.primal.func().name(old) {
                let name = name.to_owned();
                self.lin.name(new, name);
            }
            self.import(old, new);
        }
        self.imported(value)
            .map_or_else(|| self.save(value, depth), Ok)
    }

    /// Whether the size of `value`, or of what is defined together with it, is known only inside its region,
    /// so that no stack can hold it. All of it is then made again: a size that is saved and one that is made
    /// again would be two values.
    pub(super) fn is_local(&self, value: Value, depth: usize) -> bool {
        let inst = self.primal.definition(value);
        let together = inst.map_or(&[][..], |inst| self.primal.results(inst));
        let is_inside = |v: Value| self.primal.depth(v) >= depth;
        depth > 0
            && together
                .iter()
                .flat_map(|&v| self.primal.ty(v).values())
                .any(is_inside)
    }

    pub(super) fn save(&mut self, value: Value, depth: usize) -> Result<Value, RuleError> {
        let ty = self.lin_type(&self.primal.ty(value).clone())?;
        let name = self.primal.func().values[value].name.clone();
        let stand_in = match depth {
            0 => self.lin.func_mut().value(ty, name),
            _ => self.lin.in_prologue(depth, |lin| lin.fresh(ty, name)),
        };
        if let Some(scope) = self.scopes.get_mut(depth) {
            scope.saved.push((value, stand_in));
        }
        Ok(stand_in)
    }

    /// Operands and sizes of the primal in terms of the linear function's values.
    pub(super) fn lin_parts(&mut self, args: &[Value], sizes: &[Size]) -> Result<Parts, RuleError> {
        let mut parts = Parts::default();
        for &arg in args {
            parts.args.push(self.residual(arg)?);
        }
        for size in sizes {
            parts.sizes.push(self.lin_size(size)?);
        }
        Ok(parts)
    }

    /// A type of the primal, its sizes in terms of the linear function's values.
    pub fn lin_type(&mut self, ty: &Type) -> Result<Type, RuleError> {
        for value in ty.values().collect::<Vec<_>>() {
            self.residual(value)?;
        }
        Ok(ty.rename(|v| self.imported(v).unwrap_or(v)))
    }

    /// A size of the primal in terms of the linear function's values.
    pub fn lin_size(&mut self, size: &Size) -> Result<Size, RuleError> {
        for value in size.values().collect::<Vec<_>>() {
            self.residual(value)?;
        }
        Ok(size.rename(|v| self.imported(v).unwrap_or(v)))
    }

    /// Opens a region in both functions.
    pub fn open_region(&mut self) {
        self.primal.open();
        self.lin.open();
        let ragged = self.scopes.last().is_some_and(|scope| scope.ragged);
        self.scopes.push(Scope {
            ragged,
            ..Scope::default()
        });
    }

    /// Says that the innermost region, just opened, is that of the loop `inst` of the source, or of a map,
    /// which runs `runs` times, by its indices in order.
    pub fn repeat_region(&mut self, inst: Inst, runs: &[Size]) {
        let depth = self.scopes.len().saturating_sub(1);
        let outside = depth.saturating_sub(1);
        let is_inside = |v: Value| outside > 0 && self.primal.depth(v) >= outside;
        let varies = runs.iter().flat_map(Size::values).any(is_inside);
        if let Some(scope) = self.scopes.last_mut() {
            scope.of = Some(inst);
            scope.runs = runs.to_vec();
            scope.ragged |= varies;
        }
    }

    /// Makes the arrays that the linear region reads after its loop those that the primal's loop leaves.
    pub fn load_left(&mut self, region: &RegionLinear, outputs: &[Value]) -> Result<(), RuleError> {
        for &(number, stand_in) in &region.left {
            let Some(&output) = outputs.get(number) else {
                continue;
            };
            let array = self.residual(output)?;
            self.lin.load(crate::ops::Index.into(), &[array], stand_in);
        }
        Ok(())
    }

    /// Adds a parameter of the region to both functions: an index, the same in both.
    pub fn index_param(&mut self, source: Value) -> Value {
        let primal = self.plain_param(source);
        let ty = self.primal.ty(primal).clone();
        let name = self.primal.func().values[primal].name.clone();
        let index = self.lin.param(ty, name);
        self.import(primal, index);
        self.note_index(primal);
        index
    }

    fn note_index(&mut self, index: Value) {
        if let Some(scope) = self.scopes.last_mut()
            && let Some(runs) = scope.runs.get(scope.indices.len())
        {
            scope.indices.push((index, runs.clone()));
        }
    }

    /// Adds an index parameter that the source's region does not have.
    pub fn new_index_param(&mut self) -> Value {
        let ty = Type::scalar(crate::scalar::DType::I64);
        let primal = self.primal.param(ty.clone(), None);
        let index = self.lin.param(ty, None);
        self.import(primal, index);
        index
    }

    /// Adds a parameter of the region to the primal alone.
    pub fn plain_param(&mut self, source: Value) -> Value {
        let map = &self.map;
        let ty = self
            .source
            .ty(source)
            .rename(|v| super::clone::renamed(map, v));
        let primal = self
            .primal
            .param(ty, self.source.values[source].name.clone());
        self.map.insert(source, primal);
        primal
    }

    /// Adds a parameter of the region to the primal, and its tangent to the linear function.
    pub fn active_param(&mut self, source: Value) -> Result<Value, RuleError> {
        let primal = self.plain_param(source);
        let ty = self.lin_type(&self.primal.ty(primal).clone())?;
        let tangent = self.lin.param(ty, self.tangent_name(primal));
        self.tangents.insert(primal, tangent);
        Ok(tangent)
    }

    /// Ends the walk of a region. The primal's block is to be closed by the caller with the saved values
    /// among its results; the linear region is still open.
    pub fn leave_region(&mut self) -> RegionLinear {
        let scope = self.scopes.pop().unwrap_or_default();
        let (saved, placeholders) = scope.saved.into_iter().unzip();
        RegionLinear {
            saved,
            placeholders,
            left: scope.left,
        }
    }

    /// Makes the placeholders of an open linear region elements `indices` of the stacks that the primal
    /// gives as `stacks`.
    pub fn load_residuals(
        &mut self,
        region: &RegionLinear,
        stacks: &[Value],
        indices: &[Value],
    ) -> Result<(), RuleError> {
        for (&placeholder, &stack) in region.placeholders.iter().zip(stacks) {
            let stack = self.residual(stack)?;
            let mut args = vec![stack];
            args.extend(indices);
            self.lin.load(crate::ops::Index.into(), &args, placeholder);
        }
        Ok(())
    }

    /// Everything under construction, to return to with [`Linearize::restore`].
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            primal: self.primal.clone(),
            lin: self.lin.clone(),
            map: self.map.clone(),
            tangents: self.tangents.clone(),
            scopes: self.scopes.clone(),
            supplies: self.supplies.clone(),
        }
    }

    /// Returns to an earlier state.
    pub(crate) fn restore(&mut self, snapshot: Snapshot) {
        let Snapshot {
            primal,
            lin,
            map,
            tangents,
            scopes,
            supplies,
        } = snapshot;
        (self.primal, self.lin) = (primal, lin);
        (self.map, self.tangents, self.scopes) = (map, tangents, scopes);
        self.supplies = supplies;
    }
}
