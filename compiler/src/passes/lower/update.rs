//! Replacing a part of an array: in place where the old array is not needed afterwards, else in a copy.
//!
//! An array may be changed if its memory is a temporary or a result of this function, if this is the last
//! use of it in the block that defines it (or that it was granted to), and if nothing else that is needed
//! later lies in the same memory.

use std::collections::{HashMap, HashSet};

use dfn_ir::function::InstData;
use dfn_ir::loops::Var;
use dfn_ir::{Op, Value};

use super::copies::Cause;
use super::cx::{Cx, Val};
use super::error::{Done, internal};
use super::kind::is_free;
use super::view::View;

/// The block that is being emitted.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// For each value the last item that uses it, and how often.
    pub(super) last: HashMap<Value, (usize, usize)>,
    /// Values that the block defines, or that it may change.
    pub(super) local: HashSet<Value>,
    /// The item that is being emitted.
    pub(super) at: usize,
}

/// How deep the history of an array is followed.
const DEPTH: usize = 64;

impl Cx<'_> {
    /// Emits an `update`.
    pub(super) fn update_part(&mut self, data: &InstData, result: Value) -> Done {
        let &[x, value, ref index @ ..] = data.args.as_slice() else {
            return Err(internal("an update without operands"));
        };
        let view = match self.changeable(x)? {
            true => self.taken(x)?,
            false => self.copied(x, result)?,
        };
        let part = view.part(&self.polys(index)?)?;
        self.settle(value, &part)?;
        self.set(result, Val::View(view));
        Ok(())
    }

    /// The memory of `x`, which may be changed; nothing else that lies there is needed any more.
    pub(super) fn taken(&mut self, x: Value) -> Done<View> {
        let view = self.accumulator(x)?;
        self.claim(view.buffer);
        Ok(view)
    }

    /// A copy of `x`, where `result` is to be.
    pub(super) fn copied(&mut self, x: Value, result: Value) -> Done<View> {
        self.copies += 1;
        let from = self.view(x)?;
        self.note_copy(from.as_ref(), Cause::Kept);
        let view = self.dest(result)?;
        self.settle(x, &view)?;
        Ok(view)
    }

    /// Whether the memory of `x` may be changed by the current item, which uses it.
    pub(super) fn changeable(&mut self, x: Value) -> Done<bool> {
        let Some(view) = self.view(x)? else {
            return Ok(false);
        };
        let borrowed = self.def(x).is_some_and(|data| is_free(self, data));
        let Some(frame) = self.frames.last() else {
            return Ok(false);
        };
        let last = |v: &Value| frame.last.get(v).copied().unwrap_or_default();
        let dies = frame.local.contains(&x) && last(&x) == (frame.at, 1);
        let sharers = self.sharers.get(&view.buffer).into_iter().flatten();
        // Values of blocks that are closed are gone, and those of this block after their last use.
        let visible = |v: &Value| self.frames.iter().any(|frame| frame.local.contains(v));
        let past = |v: &Value| frame.local.contains(v) && last(v).0 < frame.at;
        let gone = |v: &Value| *v == x || is_borrowed(self, *v) || !visible(v) || past(v);
        let alone = sharers.into_iter().all(gone);
        Ok(!borrowed && dies && alone && self.mutable.contains(&view.buffer))
    }

    /// Says that nothing that lies in `buffer` is needed any more.
    pub(super) fn claim(&mut self, buffer: Var) {
        self.sharers.remove(&buffer);
    }

    /// Whether `value` is `origin` after updates and additions: of both arms of a choice, and of loops.
    pub(super) fn continues(&self, value: Value, origin: Value) -> bool {
        self.continues_within(value, origin, DEPTH)
    }

    fn continues_within(&self, mut value: Value, origin: Value, depth: usize) -> bool {
        loop {
            if value == origin {
                return true;
            }
            let Some(data) = self.def(value).filter(|_| depth > 0) else {
                return false;
            };
            let Some(k) = data.results.iter().position(|v| *v == value) else {
                return false;
            };
            let source = match &data.op {
                Op::Update(_) | Op::AccNew(_) | Op::AccAdd(_) | Op::AccRead(_) => {
                    data.args.first().copied()
                }
                Op::For(_) | Op::While(_) => data.args.get(k).copied(),
                Op::If(_) => {
                    let mut arms = data.blocks.iter().map(|block| block.results.get(k));
                    return arms.all(|inner| {
                        inner.is_some_and(|v| self.continues_within(*v, origin, depth - 1))
                    });
                }
                _ if self.func.ty(value).is_accumulator() => {
                    super::function::accumulator_operand(self.shared, data, value)
                }
                _ => None,
            };
            match source {
                Some(source) => value = source,
                None => return false,
            }
        }
    }

    /// The array from outside that result `k` of a choice may continue in place.
    pub(super) fn continued(&mut self, data: &InstData, k: usize) -> Done<Option<Value>> {
        let results: Vec<Value> = data
            .blocks
            .iter()
            .filter_map(|block| block.results.get(k).copied())
            .collect();
        let mut outer = None;
        for value in dfn_ir::derive::free_values(self.func, &data.blocks) {
            let fits = self.func.ty(value).rank() > 0
                && results.iter().all(|&result| self.continues(result, value));
            if fits {
                outer = Some(value);
            }
        }
        match outer {
            Some(value) if self.changeable(value)? => Ok(Some(value)),
            _ => Ok(None),
        }
    }
}

/// Whether a value is an index function: its uses count as uses of what it reads.
fn is_borrowed(cx: &Cx<'_>, value: Value) -> bool {
    cx.def(value).is_some_and(|data| is_free(cx, data))
}
