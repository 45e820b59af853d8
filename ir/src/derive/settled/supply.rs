//! Settled elements as residuals: the linear function reads them from the array that a loop leaves.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Carry;
use crate::derive::Linearize;
use crate::function::{Inst, InstData, Value};
use crate::op::{Op, RuleError};
use crate::ops::Index;
use crate::size::Size;
use smallvec::{SmallVec, smallvec};

/// How a value of the primal is found in an array after its loop.
#[derive(Clone, Debug)]
pub(crate) enum Supply {
    /// It is a view of the array.
    Read(Carry),
    /// It is written to the array, at these indices.
    Stored(Carry, SmallVec<[Value; 3]>),
}

/// A step on the way from an array to a part of it, in values of the primal.
struct View {
    op: Op,
    indices: SmallVec<[Value; 3]>,
    sizes: SmallVec<[Size; 1]>,
    result: Value,
}

impl Supply {
    fn carry(&self) -> Carry {
        match self {
            Supply::Read(carry) | Supply::Stored(carry, _) => *carry,
        }
    }
}

impl Linearize<'_> {
    /// Takes note of what the instruction `inst` of the source, which stands in the primal now, settles.
    pub(in crate::derive) fn note_settled(&mut self, inst: Inst, data: &InstData) {
        match (&data.op, data.results.first()) {
            (Op::Index(_) | Op::Slice(_), Some(result)) => {
                if let Some(&carry) = self.settled.reads.get(result) {
                    self.supplies
                        .insert(self.primal_of(*result), Supply::Read(carry));
                }
            }
            (Op::Update(_), _) => {
                let Some(&carry) = self.settled.stores.get(&inst) else {
                    return;
                };
                let Some(&value) = data.args.get(1) else {
                    return;
                };
                let value = self.primal_of(value);
                let indices = data
                    .args
                    .iter()
                    .skip(2)
                    .map(|&v| self.primal_of(v))
                    .collect();
                // Only what is made where it is stored is there in each run.
                if self.primal.depth(value) == self.primal.current_depth() {
                    self.supplies
                        .entry(value)
                        .or_insert(Supply::Stored(carry, indices));
                }
            }
            _ => {}
        }
    }

    /// Whether `value` can be read from the array that a loop around it leaves.
    pub(in crate::derive) fn is_supplied(&self, value: Value) -> bool {
        let Some(supply) = self.supplies.get(&value) else {
            return false;
        };
        self.depth_of(supply.carry()).is_some()
            && match supply {
                Supply::Read(_) => self.views(value).iter().all(|&view| {
                    let data = &self.primal.func().insts[view];
                    let sizes = data.sizes.iter().flat_map(Size::values);
                    let types = data
                        .results
                        .iter()
                        .flat_map(|&v| self.primal.ty(v).values());
                    let indices = data.args.iter().skip(1).copied();
                    indices
                        .chain(sizes)
                        .chain(types)
                        .all(|v| self.is_available(v))
                }),
                Supply::Stored(_, indices) => indices
                    .iter()
                    .copied()
                    .chain(self.primal.ty(value).values())
                    .all(|v| self.is_available(v)),
            }
    }

    /// The depth of the region of the loop that carries the array, while it is open.
    fn depth_of(&self, carry: Carry) -> Option<usize> {
        self.scopes
            .iter()
            .position(|scope| scope.of == Some(carry.of))
    }

    /// The instructions that make `value` of an array, the last one first.
    fn views(&self, value: Value) -> Vec<Inst> {
        let mut views = Vec::new();
        let mut array = value;
        while let Some(inst) = self.primal.definition(array) {
            let data = &self.primal.func().insts[inst];
            match (&data.op, data.args.first()) {
                (Op::Index(_) | Op::Slice(_), Some(&from)) => {
                    views.push(inst);
                    array = from;
                }
                _ => break,
            }
        }
        views
    }

    /// Reads `value`, which [`Linearize::is_supplied`], in the linear function at `depth`; as `stand_in` if
    /// it has one there.
    pub(in crate::derive) fn supply(
        &mut self,
        value: Value,
        depth: usize,
        stand_in: Option<Value>,
    ) -> Result<Option<Value>, RuleError> {
        let Some(supply) = self.supplies.get(&value).cloned() else {
            return Ok(None);
        };
        let mut array = self.left_by(supply.carry(), value)?;
        for view in self.reads(value, supply) {
            let mut parts = self.lin_parts(&view.indices, &view.sizes)?;
            parts.args.insert(0, array);
            let ty = self.lin_type(&self.primal.ty(view.result).clone())?;
            let name = self.primal.func().values[view.result].name.clone();
            array = match stand_in.filter(|_| view.result == value) {
                Some(stand_in) => stand_in,
                None => self.lin.in_prologue(depth, |lin| lin.fresh(ty, name)),
            };
            self.lin
                .in_prologue(depth, |lin| lin.push_with(view.op, parts, smallvec![array]));
        }
        Ok(Some(array))
    }

    /// The views that lead from the array to `value`.
    fn reads(&self, value: Value, supply: Supply) -> Vec<View> {
        let view = |inst: Inst| {
            let data = &self.primal.func().insts[inst];
            View {
                op: data.op.clone(),
                indices: data.args.get(1..).unwrap_or_default().into(),
                sizes: data.sizes.clone(),
                result: data.results.first().copied().unwrap_or(value),
            }
        };
        match supply {
            Supply::Read(_) => self.views(value).into_iter().rev().map(view).collect(),
            Supply::Stored(_, indices) => vec![View {
                op: Index.into(),
                indices,
                sizes: smallvec![],
                result: value,
            }],
        }
    }

    /// The array that a loop leaves as `carry`, in the linear loop; `value` is a part of it.
    fn left_by(&mut self, carry: Carry, value: Value) -> Result<Value, RuleError> {
        let depth = self.depth_of(carry).unwrap_or_default();
        let known = self.scopes[depth]
            .left
            .iter()
            .find(|(number, _)| *number == carry.number);
        if let Some(&(_, array)) = known {
            return Ok(array);
        }
        let source = &self.source.insts[carry.of];
        let param = source
            .blocks
            .first()
            .and_then(|block| block.params.get(carry.number + 1));
        let primal = self.primal_of(param.copied().unwrap_or(value));
        let ty = self.lin_type(&self.primal.ty(primal).clone())?;
        let name = self.primal.func().values[primal].name.clone();
        let array = self.lin.in_prologue(depth, |lin| lin.fresh(ty, name));
        self.scopes[depth].left.push((carry.number, array));
        Ok(array)
    }

    /// Reads what the innermost region was to save and is settled.
    pub(in crate::derive) fn supply_saved(&mut self) -> Result<(), RuleError> {
        let Some(depth) = self.scopes.len().checked_sub(1) else {
            return Ok(());
        };
        let saved = std::mem::take(&mut self.scopes[depth].saved);
        for (value, stand_in) in saved {
            match self.is_supplied(value) {
                true => drop(self.supply(value, depth, Some(stand_in))?),
                false => self.scopes[depth].saved.push((value, stand_in)),
            }
        }
        self.lin.sort_prologue();
        Ok(())
    }
}
