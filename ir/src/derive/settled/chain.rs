//! An array on its way through a loop: the versions that it has, and the writes that make them.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::Carry;
use super::place::{Place, Places};
use super::separate::{Inside, Later};
use crate::function::{Block, Function, Inst, Value};
use crate::op::Op;
use std::collections::HashMap;

/// A region of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// The instruction.
    pub(super) of: Inst,
    /// Which of its regions.
    pub(super) number: usize,
}

/// A place in a region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// The region.
    pub(super) region: Region,
    /// How many of its instructions have run there.
    pub(super) at: usize,
}

/// A place in nested regions, from that of the loop inwards.
pub(super) type Path = Vec<Step>;

/// A write to the array.
#[derive(Clone, Debug)]
pub(super) struct Write {
    /// The `update`.
    pub(super) inst: Inst,
    /// Where it stands, itself counted.
    pub(super) path: Path,
}

/// Where a value is defined: the instruction and its number in its block.
pub(super) type Definitions = HashMap<Value, (Inst, usize)>;

/// The array that a loop carries.
#[derive(Debug)]
pub(super) struct Chain {
    /// Its versions, and from where each is the newest.
    pub(super) versions: HashMap<Value, Path>,
    /// The writes that lead from one to the next.
    pub(super) writes: Vec<Write>,
    /// Where the values of the function are defined.
    pub(super) definitions: Definitions,
}

impl Chain {
    /// Follows a carry, if all that happens to it are updates, in loops and branches too.
    pub(super) fn of(func: &Function, carry: Carry) -> Option<Chain> {
        let mut chain = Chain {
            versions: HashMap::new(),
            writes: Vec::new(),
            definitions: definitions(func, &func.insts[carry.of].blocks),
        };
        let mut path = Vec::new();
        chain.through_loop(func, carry.of, carry.number, &mut path)?;
        Some(chain)
    }

    /// Follows carry `number` of the loop `inst` through its region.
    fn through_loop(
        &mut self,
        func: &Function,
        inst: Inst,
        number: usize,
        path: &mut Path,
    ) -> Option<()> {
        let block = func.insts[inst].blocks.first()?;
        let region = Region {
            of: inst,
            number: 0,
        };
        let (&param, &result) = (block.params.get(number + 1)?, block.results.get(number)?);
        path.push(Step { region, at: 0 });
        let start = self.back(func, block, result, path)?;
        self.versions.insert(param, path.clone());
        path.pop();
        (start == param).then_some(())
    }

    /// Follows an array back from `value` at the end of `block` to what it is at its start, where `path`
    /// leads to.
    fn back(
        &mut self,
        func: &Function,
        block: &Block,
        mut value: Value,
        path: &mut Path,
    ) -> Option<Value> {
        loop {
            let here = self.definitions.get(&value).copied();
            let here = here.filter(|&(inst, at)| block.insts.get(at) == Some(&inst));
            let Some((inst, at)) = here else {
                return Some(value);
            };
            let data = &func.insts[inst];
            let number = data.results.iter().position(|&v| v == value)?;
            path.last_mut()?.at = at + 1;
            self.versions.insert(value, path.clone());
            value = match data.op {
                Op::Update(_) => {
                    let path = path.clone();
                    self.writes.push(Write { inst, path });
                    *data.args.first()?
                }
                Op::For(_) => {
                    self.through_loop(func, inst, number, path)?;
                    *data.args.get(number)?
                }
                Op::If(_) => self.through_branches(func, inst, number, path)?,
                _ => return None,
            };
            path.last_mut()?.at = 0;
        }
    }

    fn through_branches(
        &mut self,
        func: &Function,
        inst: Inst,
        result: usize,
        path: &mut Path,
    ) -> Option<Value> {
        let mut start = None;
        for (number, block) in func.insts[inst].blocks.iter().enumerate() {
            let region = Region { of: inst, number };
            path.push(Step { region, at: 0 });
            let from = self.back(func, block, *block.results.get(result)?, path)?;
            path.pop();
            if start.is_some_and(|start| start != from) {
                return None;
            }
            start = Some(from);
        }
        start
    }

    /// Whether no write that comes after the version at `version` touches `place`.
    pub(super) fn is_settled(
        &self,
        place: &Place,
        version: &Path,
        inside: &Inside,
        places: &mut Places<'_>,
    ) -> bool {
        self.writes.iter().all(|write| {
            let Some(written) = places.of_write(write.inst) else {
                return false;
            };
            let later = Later::of(places.func, version, &write.path);
            later
                .iter()
                .all(|later| inside.are_apart(place, &written, later))
        })
    }
}

/// Where the values in `blocks` are defined, those of inner regions too.
pub(super) fn definitions(func: &Function, blocks: &[Block]) -> Definitions {
    let mut found = HashMap::new();
    let mut open: Vec<&Block> = blocks.iter().collect();
    while let Some(block) = open.pop() {
        for (at, &inst) in block.insts.iter().enumerate() {
            let data = &func.insts[inst];
            found.extend(data.results.iter().map(|&v| (v, (inst, at))));
            open.extend(data.blocks.iter());
        }
    }
    found
}
