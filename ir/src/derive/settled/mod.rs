//! Elements of arrays that a loop does not change any more.
//!
//! A loop that fills a table reads elements that it has written before, or that it never writes. From the
//! read to the end of the loop such an element stays as it is: it is *settled*, and the linear function can
//! read it from the array as the loop leaves it. No step then saves what it has read, and not the array as it
//! was, which is what there is to save where the number of elements read differs from step to step and no
//! stack can hold them. Cholesky's factorisation, the solution of a triangular system and the tables of
//! dynamic programming are such loops.
//!
//! Here the settled reads and stores of a function are found ([`chain`] follows an array through a loop,
//! [`place`] says where an access lies, [`separate`] that two accesses never meet); [`supply`] gives them to
//! the linear function.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

mod chain;
mod place;
mod separate;
mod supply;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use crate::function::{Block, Function, Inst, Value};
use crate::op::Op;
use chain::{Chain, Path, Region};
use place::Places;
use std::collections::{HashMap, HashSet};
pub(super) use supply::Supply;

/// A carry of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Carry {
    /// The loop.
    pub(super) of: Inst,
    /// Which of its carries.
    pub(super) number: usize,
}

/// The settled elements of a function.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    /// Parts that are read from an array, and the carry in which they can be read after the loop.
    pub(super) reads: HashMap<Value, Carry>,
    /// The same for the parts that an `update` writes.
    pub(super) stores: HashMap<Inst, Carry>,
}

impl Settled {
    /// Finds the settled elements of `func` that are read or written in a region that is repeated in a step
    /// of their loop: one element for each step can be stacked for the same price.
    pub(super) fn of(func: &Function) -> Settled {
        let mut settled = Settled::default();
        let mut places = None;
        let mut followed = HashSet::new();
        let mut open: Vec<&Block> = vec![&func.body];
        while let Some(block) = open.pop() {
            for &inst in &block.insts {
                let data = &func.insts[inst];
                // From the outside in: what is settled in an outer loop is not looked at again.
                open.extend(data.blocks.iter());
                let carries = match data.op {
                    Op::For(_) => data.args.len(),
                    _ => 0,
                };
                for number in 0..carries {
                    let carry = Carry { of: inst, number };
                    if func.ty(data.args[number]).rank() == 0
                        || followed.contains(&data.args[number])
                    {
                        continue;
                    }
                    let Some(chain) = Chain::of(func, carry) else {
                        continue;
                    };
                    followed.extend(chain.versions.keys().copied());
                    let places = places.get_or_insert_with(|| Places::of(func));
                    settled.add(func, carry, &chain, places);
                }
            }
        }
        settled
    }

    fn add(&mut self, func: &Function, carry: Carry, chain: &Chain, places: &mut Places<'_>) {
        let inside = places.enter(carry.of);
        for write in chain
            .writes
            .iter()
            .filter(|write| is_repeated(func, &write.path))
        {
            let Some(place) = places.of_write(write.inst) else {
                continue;
            };
            if chain.is_settled(&place, &write.path, &inside, places) {
                self.stores.insert(write.inst, carry);
            }
        }
        for read in reads(func, carry, chain) {
            let Some((_, place)) = places.of_read(read.value) else {
                continue;
            };
            let Some(version) = chain.versions.get(&read.version) else {
                continue;
            };
            if chain.is_settled(&place, version, &inside, places) {
                self.reads.insert(read.value, carry);
            }
        }
    }
}

/// Whether what `path` leads to runs more than once in a step of the outermost loop.
fn is_repeated(func: &Function, path: &Path) -> bool {
    let is_loop = |region: &Region| matches!(func.insts[region.of].op, Op::For(_) | Op::Map(_));
    path.iter().skip(1).any(|step| is_loop(&step.region))
}

/// A part that is read from one of the arrays of a chain.
struct Read {
    value: Value,
    version: Value,
}

/// The reads of the arrays of `chain` in regions that are repeated in a step of its loop.
fn reads(func: &Function, carry: Carry, chain: &Chain) -> Vec<Read> {
    let mut found = Vec::new();
    let mut open: Vec<(&Block, bool)> = func.insts[carry.of]
        .blocks
        .iter()
        .map(|b| (b, false))
        .collect();
    while let Some((block, repeated)) = open.pop() {
        for &inst in &block.insts {
            let data = &func.insts[inst];
            let again = matches!(data.op, Op::For(_) | Op::Map(_));
            // How often a `while` runs is not known, nor which values its indices take.
            if !matches!(data.op, Op::While(_)) {
                open.extend(data.blocks.iter().map(|b| (b, repeated || again)));
            }
            let (Op::Index(_) | Op::Slice(_), Some(&value)) = (&data.op, data.results.first())
            else {
                continue;
            };
            let version = place::source(func, &chain.definitions, value);
            if repeated && chain.versions.contains_key(&version) {
                found.push(Read { value, version });
            }
        }
    }
    found
}
