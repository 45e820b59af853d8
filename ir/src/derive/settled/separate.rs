//! That a read and a later write never meet.
//!
//! Along one axis the distance between them must be at least one, whatever the indices of the regions around
//! each are. The distance is a polynomial in these indices. Index by index, the innermost first, it is
//! replaced by the bound at which the distance is least; a read is at least one run of a loop before a
//! write that comes after it, which relates the indices of the two in that loop. What is left is a sum of
//! sizes, none of which is negative: Fourier's and Motzkin's elimination, for bounds of this simple kind.

#![allow(
    clippy::indexing_slicing,
    reason = "entity maps are indexed by ids made for them"
)]

use super::chain::Path;
use super::place::Place;
use crate::function::{Function, Value};
use crate::op::Op;
use crate::size::Size;
use cranelift_entity::EntityRef;
use std::collections::{HashMap, HashSet};

/// One way in which a write can come after a version of an array.
#[derive(Clone, Debug)]
pub(super) struct Later {
    /// The indices that both have in common.
    common: Vec<Value>,
    /// The index of the loop in which the write is in a later run, and whether that loop runs downwards.
    run: Option<(Value, bool)>,
}

impl Later {
    /// The ways in which what stands at `write` can come after the version at `version`.
    pub(super) fn of(func: &Function, version: &Path, write: &Path) -> Vec<Later> {
        let mut ways = Vec::new();
        let mut common = Vec::new();
        for (a, b) in version.iter().zip(write) {
            if a.region != b.region {
                break;
            }
            let data = &func.insts[a.region.of];
            if let Op::For(op) = &data.op
                && let Some(&index) = data.blocks.first().and_then(|block| block.params.first())
            {
                ways.push(Later {
                    common: common.clone(),
                    run: Some((index, op.reverse)),
                });
                common.push(index);
            }
            if b.at > a.at {
                ways.push(Later { common, run: None });
                break;
            }
            if a.at > b.at {
                break;
            }
        }
        ways
    }
}

/// Whose index a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Both,
    Read,
    Write,
}

/// The stand-in of `value` on one side.
fn sided(value: Value, side: Side) -> Value {
    Value::new(value.index() * 3 + side as usize)
}

/// What is known of the values inside of a loop.
#[derive(Clone, Debug, Default)]
pub(super) struct Inside {
    /// All values that are defined there.
    pub(super) defined: HashSet<Value>,
    /// Sizes of the function: not negative.
    pub(super) sizes: HashSet<Value>,
    /// The indices of loops and maps, with the number of runs.
    extents: HashMap<Value, Size>,
}

impl Inside {
    /// Takes note of an index that runs below `extent`.
    pub(super) fn nest(&mut self, index: Value, extent: Size) {
        self.extents.insert(index, extent);
    }

    /// Whether a read at `read` and a write at `write` that comes `later` are apart.
    pub(super) fn are_apart(&self, read: &Place, write: &Place, later: &Later) -> bool {
        let proof = Proof {
            inside: self,
            read,
            write,
            later,
        };
        let mut axes = read.axes.iter().zip(&write.axes);
        axes.any(|(a, b)| {
            let (a, b) = (proof.on(a, Side::Read), proof.on(b, Side::Write));
            let above = b.checked_sub(&a);
            let below = a.checked_sub(&b);
            [above, below]
                .into_iter()
                .flatten()
                .any(|distance| proof.is_positive(distance, 0))
        })
    }
}

/// How many indices are replaced at most.
const STEPS: usize = 24;

struct Proof<'p> {
    inside: &'p Inside,
    read: &'p Place,
    write: &'p Place,
    later: &'p Later,
}

impl Proof<'_> {
    /// A polynomial with the values of one side.
    fn on(&self, size: &Size, side: Side) -> Size {
        size.rename(|v| {
            let is_common = self.later.common.contains(&v);
            let is_own = self.inside.defined.contains(&v) || self.extent_of_span(v).is_some();
            sided(
                v,
                if is_own && !is_common {
                    side
                } else {
                    Side::Both
                },
            )
        })
    }

    fn extent_of_span(&self, value: Value) -> Option<&Size> {
        let mut spans = self.read.spans.iter().chain(&self.write.spans);
        spans
            .find(|(span, _)| *span == value)
            .map(|(_, extent)| extent)
    }

    /// The number of runs of an index, with the values of its side.
    fn extent(&self, value: Value) -> Option<Size> {
        let plain = Value::new(value.index() / 3);
        let side = [Side::Both, Side::Read, Side::Write][value.index() % 3];
        let extent = self
            .inside
            .extents
            .get(&plain)
            .or_else(|| self.extent_of_span(plain))?;
        Some(self.on(extent, side))
    }

    /// Whether `distance` is at least 1 for all that the indices can be.
    fn is_positive(&self, distance: Size, steps: usize) -> bool {
        if steps > STEPS {
            return false;
        }
        let Some(index) = self.innermost(&distance) else {
            return self.is_sum_of_sizes(&distance);
        };
        match self.later.run {
            Some((run, down)) if index.index() / 3 == run.index() => {
                let (least, most) = match down {
                    false => (sided(run, Side::Read), sided(run, Side::Write)),
                    true => (sided(run, Side::Write), sided(run, Side::Read)),
                };
                self.by_order(&distance, least, most, steps)
            }
            _ => {
                let bound = coefficient(&distance, index).and_then(|k| match k > 0 {
                    true => Some(Size::default()),
                    false => self.extent(index)?.checked_sub(&Size::constant(1)),
                });
                bound.is_some_and(|bound| self.with(&distance, index, &bound, steps))
            }
        }
    }

    /// Whether `distance` is positive where `least + 1 <= most`, two indices of one loop.
    fn by_order(&self, distance: &Size, least: Value, most: Value, steps: usize) -> bool {
        let (Some(low), Some(high)) = (coefficient(distance, least), coefficient(distance, most))
        else {
            return false;
        };
        let one = Size::constant(1);
        // Each index is as near to the other as it can be, then what is left is at an end of the loop.
        let up = Size::value(least).checked_add(&one);
        let down = Size::value(most).checked_sub(&one);
        let upwards = (high >= 0).then_some(up).flatten().and_then(|up| {
            let joined = replaced(distance, most, &up)?;
            let bound = match coefficient(&joined, least)? >= 0 {
                true => Size::default(),
                false => self.extent(least)?.checked_sub(&Size::constant(2))?,
            };
            Some(self.with(&joined, least, &bound, steps))
        });
        let downwards = (low <= 0).then_some(down).flatten().and_then(|down| {
            let joined = replaced(distance, least, &down)?;
            let bound = match coefficient(&joined, most)? >= 0 {
                true => one.clone(),
                false => self.extent(most)?.checked_sub(&one)?,
            };
            Some(self.with(&joined, most, &bound, steps))
        });
        upwards == Some(true) || downwards == Some(true)
    }

    /// Whether `distance` is positive with `bound` for `index`.
    fn with(&self, distance: &Size, index: Value, bound: &Size, steps: usize) -> bool {
        let next = replaced(distance, index, bound);
        next.is_some_and(|next| self.is_positive(next, steps + 1))
    }

    /// An index in `distance` on whose bound no other index in it rests.
    fn innermost(&self, distance: &Size) -> Option<Value> {
        let indices: Vec<Value> = distance
            .values()
            .filter(|&v| self.extent(v).is_some())
            .collect();
        let rests_on = |inner: Value, outer: Value| {
            let plain = |v: Value| Value::new(v.index() / 3);
            let mut open = vec![inner];
            let mut steps = 0;
            while let Some(v) = open.pop() {
                steps += 1;
                let extent = self.extent(v).filter(|_| steps < STEPS);
                for below in extent.iter().flat_map(Size::values) {
                    if plain(below) == plain(outer) {
                        return true;
                    }
                    open.push(below);
                }
            }
            false
        };
        let is_free = |&&v: &&Value| !indices.iter().any(|&other| rests_on(other, v));
        indices.iter().find(is_free).copied()
    }

    /// Whether `distance` is at least 1 as a sum of sizes and a number.
    fn is_sum_of_sizes(&self, distance: &Size) -> bool {
        let is_size = |v: &Value| {
            v.index() % 3 == Side::Both as usize
                && self.inside.sizes.contains(&Value::new(v.index() / 3))
        };
        let mut number = 0;
        for (monomial, k) in distance.terms() {
            match monomial.is_empty() {
                true => number = k,
                false if k > 0 && monomial.iter().all(is_size) => {}
                false => return false,
            }
        }
        number >= 1
    }
}

/// The factor of `value` in `size`, if it is linear in that.
fn coefficient(size: &Size, value: Value) -> Option<i64> {
    let mut found = 0;
    for (monomial, k) in size.terms() {
        match monomial {
            [v] if *v == value => found = k,
            other if other.contains(&value) => return None,
            _ => {}
        }
    }
    Some(found)
}

fn replaced(size: &Size, value: Value, with: &Size) -> Option<Size> {
    size.substitute(|v| {
        if v == value {
            with.clone()
        } else {
            Size::value(v)
        }
    })
}
