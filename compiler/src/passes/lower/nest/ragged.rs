//! The end of the innermost loop, where fewer elements are left than a vector has lanes.
//!
//! Where running an element twice changes nothing, the last vector overlaps the one before it: it starts
//! so that it ends with the axis. Long chains of operations run in two such vectors at a time. An axis
//! shorter than a vector runs in one whose lanes beyond the end
//! repeat the last element, if a point is much code. What is combined in order leaves these lanes out.
//! What has no sum in order and is little code, or changes what it reads and has no elementary function, runs
//! in ever shorter vectors. Otherwise the rest runs one by one.

use std::collections::HashSet;

use dfn_ir::derive::free_values;
use dfn_ir::function::InstData;
use dfn_ir::loops::{ForSpec, Var};
use dfn_ir::ops::Kernel;
use dfn_ir::scalar::{Compare, ScalarOp};
use dfn_ir::{Op, Size, Value};

use super::{Effect, Nest, Walk};
use crate::passes::lower::cx::{Cx, Val};
use crate::passes::lower::error::Done;

impl<'a> Cx<'a> {
    /// Whether points of a nest may run again: they only write, and nothing that the nest reads.
    pub(super) fn runs_again(&self, nest: &Nest<'a>) -> bool {
        let mut read = HashSet::new();
        let mut written = HashSet::new();
        let mut seen = HashSet::new();
        for effect in &nest.effects {
            match effect {
                Effect::Update(..) => return false,
                Effect::Body(data) => {
                    let mut adds = false;
                    for block in &data.blocks {
                        self.func.walk(block, &mut |_, data| {
                            adds |= matches!(data.op, Op::AccAdd(_))
                        });
                    }
                    if adds {
                        return false;
                    }
                    for value in free_values(self.func, &data.blocks) {
                        self.buffers_of(value, &mut read, &mut seen);
                    }
                }
                Effect::Eval(value) | Effect::Alias(_, value) => {
                    self.buffers_of(*value, &mut read, &mut seen);
                }
                Effect::Store(value, view) => {
                    self.buffers_of(*value, &mut read, &mut seen);
                    written.insert(view.buffer);
                }
                Effect::Put(_, view) => {
                    written.insert(view.buffer);
                }
            }
        }
        for reduction in &nest.reductions {
            for value in reduction.part.values() {
                self.buffers_of(value, &mut read, &mut seen);
            }
        }
        read.is_disjoint(&written)
    }

    /// The memory that a value is read from, through what is computed or has no memory of its own.
    fn buffers_of(&self, value: Value, read: &mut HashSet<Var>, seen: &mut HashSet<Value>) {
        let mut work = vec![value];
        while let Some(value) = work.pop() {
            if !seen.insert(value) {
                continue;
            }
            match (self.vals.get(&value), self.def(value)) {
                (Some(Val::View(view)), _) => {
                    read.insert(view.buffer);
                }
                (Some(Val::Scalar(_)), _) | (None, None) => {}
                (None, Some(data)) => {
                    work.extend(&data.args);
                    work.extend(free_values(self.func, &data.blocks));
                }
            }
        }
    }

    /// The innermost loop of a nest without carried reductions whose points may run again.
    pub(super) fn windows(&mut self, walk: &Walk<'_, 'a>, size: &Size) -> Done {
        let width = walk.nest.width;
        let (zero, hi) = (self.size(&Size::default())?, self.size(size)?);
        match size.as_constant() {
            Some(n) if n % i64::from(width) == 0 => {
                self.strip(walk, (zero, hi), width, &[])?;
            }
            Some(n) if n > i64::from(width) => self.window_loop(walk, hi)?,
            Some(n) => self.short(walk, n, (zero, hi))?,
            None => {
                let full = self.size(&Size::constant(i64::from(width)))?;
                let long = self.b.compare(Compare::Le, full, hi);
                self.open_if(long);
                self.window_loop(walk, hi)?;
                self.open_else(&[]);
                self.rest(walk, (zero, hi), &[])?;
                self.close_if(&[]);
            }
        }
        Ok(())
    }

    /// An axis of `n` elements, fewer than a vector has lanes.
    fn short(&mut self, walk: &Walk<'_, 'a>, n: i64, (zero, hi): (Var, Var)) -> Done {
        match u16::try_from(n) {
            Ok(lanes) if lanes > 1 && lanes.is_power_of_two() => {
                self.chunk(walk, (zero, lanes), &mut [], None)
            }
            _ => self.rest(walk, (zero, hi), &[]).map(|_| ()),
        }
    }

    fn window_loop(&mut self, walk: &Walk<'_, 'a>, hi: Var) -> Done {
        let width = walk.nest.width;
        let vectors = if self.has_long_chains(walk.nest) {
            2
        } else {
            1
        };
        let zero = self.size(&Size::default())?;
        let lanes = self.size(&Size::constant(i64::from(width)))?;
        let last = self.b.sub(hi, lanes);
        let spec = ForSpec::up(zero, hi).step(i64::from(width * vectors));
        let spec = self.shared_by_rows(walk, walk.axes.len().saturating_sub(1), spec);
        let (k, mut carries) = self.open_for(spec, &[]);
        let first = self.b.op(ScalarOp::Min, &[k, last]);
        if vectors == 2 {
            let next = self.b.add(k, lanes);
            let second = self.b.op(ScalarOp::Min, &[next, last]);
            self.point.gap = Some(self.b.sub(second, first));
        }
        let outcome = self.chunk(walk, (first, width * vectors), &mut carries, None);
        self.point.gap = None;
        outcome?;
        self.close_for(&carries);
        Ok(())
    }

    /// Whether a point has no elementary function and is written a few times without much code.
    fn is_plain(&self, nest: &Nest<'a>) -> bool {
        const FEW: usize = 64;
        let (count, elementary) = self.operations(nest);
        count <= FEW && elementary == 0
    }

    /// How many operations and additions to memory a point has, and how many of them are elementary functions.
    fn operations(&self, nest: &Nest<'a>) -> (usize, usize) {
        let elementary =
            |data: &InstData| usize::from(matches!(data.op.kernel(), Some(Kernel::Elementary(_))));
        let (mut all, mut long) = (nest.reductions.len(), 0);
        for effect in &nest.effects {
            match effect {
                Effect::Eval(value) => {
                    all += 1;
                    long += self.def(*value).map_or(0, elementary);
                }
                Effect::Body(data) => {
                    for block in &data.blocks {
                        self.func.walk(block, &mut |_, data| {
                            all += 1;
                            long += elementary(data);
                        });
                    }
                }
                Effect::Update(..) => all += 1,
                Effect::Alias(..) | Effect::Store(..) | Effect::Put(..) => {}
            }
        }
        (all, long)
    }

    /// Whether a point is so long a chain of operations, each of which waits for the one before, that two
    /// vectors take little longer than one. Their instructions alternate, which needs many registers.
    fn has_long_chains(&self, nest: &Nest<'a>) -> bool {
        const LONG: usize = 3;
        let machine = self.shared.machine;
        let (_, count) = self.operations(nest);
        let fits = machine.vector >= 64 && machine.registers >= 32;
        fits && nest.reductions.is_empty() && count >= LONG
    }

    /// The elements `lo..hi`, fewer than a vector has lanes, half as many at a time, then a quarter, and so
    /// on; `emit` is given the first one and how many.
    pub(super) fn halves(
        &mut self,
        walk: &Walk<'_, 'a>,
        (lo, hi): (Var, Var),
        mut emit: impl FnMut(&mut Self, (Var, u16)) -> Done,
    ) -> Done {
        let size = self.extent_size(walk, walk.axes.len().saturating_sub(1));
        let known = size.as_constant().map(|n| n % i64::from(walk.nest.width));
        let mut width = walk.nest.width / 2;
        let mut at = lo;
        // Mostly nothing is left over: one question then, and not one for each width.
        if known.is_none() {
            let some = self.b.compare(Compare::Lt, lo, hi);
            self.open_if(some);
        }
        let len = self.b.sub(hi, lo);
        while width > 0 {
            let end = match width {
                1 => hi,
                _ => {
                    let whole = self.multiple(len, width)?;
                    self.b.add(lo, whole)
                }
            };
            if known.is_none_or(|n| n & i64::from(width) != 0) {
                let spec = ForSpec::up(at, end).step(i64::from(width));
                let (k, _) = self.open_for(spec, &[]);
                emit(self, (k, width))?;
                self.close_for(&[]);
            }
            at = end;
            width /= 2;
        }
        if known.is_none() {
            self.open_else(&[]);
            self.close_if(&[]);
        }
        Ok(())
    }

    /// The elements `lo..hi`, fewer than a vector has lanes; the carries after them.
    pub(super) fn rest(
        &mut self,
        walk: &Walk<'_, 'a>,
        (lo, hi): (Var, Var),
        inits: &[Var],
    ) -> Done<Vec<Var>> {
        let light = !walk.nest.heavy || (!walk.again && self.is_plain(walk.nest));
        if light && inits.is_empty() {
            self.halves(walk, (lo, hi), |cx, range| {
                cx.chunk(walk, range, &mut [], None)
            })?;
            return Ok(Vec::new());
        }
        if !walk.again || !walk.nest.heavy {
            return self.strip(walk, (lo, hi), 1, inits);
        }
        let some = self.b.compare(Compare::Lt, lo, hi);
        self.open_if(some);
        let one = self.size(&Size::constant(1))?;
        let last = self.b.sub(hi, one);
        let count = self.b.sub(hi, lo);
        let mut carries = inits.to_vec();
        self.point.last = Some(last);
        self.point.count = Some(count);
        let outcome = self.chunk(walk, (lo, walk.nest.width), &mut carries, None);
        self.point.last = None;
        self.point.count = None;
        outcome?;
        self.open_else(&carries);
        Ok(self.close_if(inits))
    }
}
