//! The steps of the search: from an element of a result to elements of the operands.

use super::atoms::{Expr, Kind};
use super::frames::{Bound, Branch, FrameId, ROOT};
use super::search::{Indices, Search, State};
use dfn_ir::function::{InstData, Value};
use dfn_ir::ops::{Cumulate, Dot, Map};
use dfn_ir::{Inst, Op};
use std::rc::Rc;

impl Search<'_, '_> {
    /// Follows one state.
    pub(super) fn step(&mut self, state: &State) {
        match self.frames.definition(state.frame, state.value) {
            Some((inst, result)) => self.instruction(state, inst, result),
            None => self.parameter(state),
        }
    }

    fn parameter(&mut self, state: &State) {
        let Some(frame) = self.frames.get(state.frame).cloned() else {
            return;
        };
        if let Some(Bound::Outer(outer)) = self.frames.bound(state.frame, state.value) {
            let (outer, parent) = (*outer, frame.parent.unwrap_or(ROOT));
            let frame = parent;
            return self.push(State {
                frame,
                value: outer,
                ..state.clone()
            });
        }
        let (Some(parent), Some(inst)) = (frame.parent, frame.owner) else {
            if let Some(column) = self.column(state.value) {
                self.reached(state, column);
            }
            return;
        };
        let number = frame.params.iter().position(|(v, _)| *v == state.value);
        let func = self.frames.func(parent);
        // What an accumulator of a map holds already is followed where the map is.
        match (&func.insts[inst].op, number) {
            (Op::For(_), Some(k)) => self.carry((parent, inst, k.saturating_sub(1)), state),
            (Op::While(_), Some(k)) => self.carry((parent, inst, k), state),
            _ => {}
        }
    }

    /// A carry of a loop after any number of runs: what it begins with, and what a run makes of it.
    fn carry(&mut self, (frame, inst, k): (FrameId, Inst, usize), state: &State) {
        let mut state = state.clone();
        if !self.is_new_carry((frame, inst, k), &mut state) {
            return;
        }
        let data = &self.frames.func(frame).insts[inst];
        let outside = State {
            frame,
            ..state.clone()
        };
        if let Some(&start) = data.args.get(k) {
            self.push_at(&outside, start, state.at.clone());
        }
        let (number, counters) = match &data.op {
            Op::For(_) => {
                let extent = data
                    .sizes
                    .first()
                    .and_then(|size| self.frames.size(frame, size));
                (0, self.fresh(&outside, &[extent]))
            }
            _ => (1, Vec::new()),
        };
        let inner = self.frames.region(frame, inst, number, counters);
        if let Some(&value) = self.frames.block(inner).results.get(k) {
            self.push(State {
                frame: inner,
                value,
                ..state
            });
        }
    }

    fn instruction(&mut self, state: &State, inst: Inst, result: usize) {
        let data: &InstData = &self.frames.func(state.frame).insts[inst];
        match &data.op {
            Op::Map(map) => self.map(state, (inst, data), map, result),
            Op::For(_) => {
                let carries = data.args.len();
                if result < carries {
                    return self.carry((state.frame, inst, result), state);
                }
                let (counter, at) = split(&state.at, 1);
                self.region(state, (inst, 0), counter, result, at);
            }
            Op::While(_) => self.carry((state.frame, inst, result), state),
            Op::If(_) => {
                for number in 0..2 {
                    if let Some(state) = self.arm(state, data, number == 0) {
                        let at = state.at.clone();
                        self.region(&state, (inst, number), Vec::new(), result, at);
                    }
                }
            }
            Op::Call(call) => {
                let rule = self.frames.module.get(call.func).marks.rule.is_some();
                match self.frames.callee(state.frame, inst) {
                    Some(inner) if !rule => {
                        if let Some(&value) = self.frames.block(inner).results.get(result) {
                            let frame = inner;
                            self.push(State {
                                frame,
                                value,
                                ..state.clone()
                            });
                        }
                    }
                    _ => self.all_of(state, data),
                }
            }
            _ => self.plain(state, data),
        }
    }

    /// The state in an arm of a branch: where the condition does not depend on floats, it holds or not.
    fn arm(&mut self, state: &State, data: &InstData, holds: bool) -> Option<State> {
        let mut solved = (*state.solved).clone();
        let condition = data.args.first().copied()?;
        match self.frames.branch(state.frame, condition, holds) {
            Some(Branch::Equal(a, b)) if !solved.equate(&self.frames.atoms, &a, &b) => return None,
            Some(Branch::Guard(guard)) => solved.guard(guard),
            Some(Branch::Equal(..)) | None => {}
        }
        Some(State {
            solved: Rc::new(solved),
            ..state.clone()
        })
    }

    /// A result of a region.
    fn region(
        &mut self,
        state: &State,
        (inst, number): (Inst, usize),
        counters: Indices,
        result: usize,
        at: Indices,
    ) {
        let frame = self.frames.region(state.frame, inst, number, counters);
        if let Some(&value) = self.frames.block(frame).results.get(result) {
            let solved = state.solved.clone();
            self.push(State {
                frame,
                value,
                at,
                solved,
            });
        }
    }

    fn map(&mut self, state: &State, (inst, data): (Inst, &InstData), map: &Map, result: usize) {
        if result < map.yields {
            let (counters, at) = split(&state.at, data.sizes.len());
            return self.region(state, (inst, 0), counters, result, at);
        }
        let extents: Indices = data
            .sizes
            .iter()
            .map(|size| self.frames.size(state.frame, size))
            .collect();
        let counters = self.fresh(state, &extents);
        self.region(state, (inst, 0), counters, result, state.at.clone());
        if let Some(k) = result.checked_sub(map.yields + map.sums)
            && let Some(&before) = data.args.get(k)
        {
            self.push_at(state, before, state.at.clone());
        }
    }

    /// Everything that an instruction uses, at any index.
    fn all_of(&mut self, state: &State, data: &InstData) {
        let func = self.frames.func(state.frame);
        for value in super::frames::uses(func, data) {
            self.push_all(state, value);
        }
    }

    fn plain(&mut self, state: &State, data: &InstData) {
        let at = &state.at;
        let first = data.args.first().copied();
        match (&data.op, first) {
            (op, _) if op.is_locally_constant() => {}
            (op, _) if op.kernel().is_some() => {
                for &arg in &data.args {
                    self.push_at(state, arg, at.clone());
                }
            }
            (Op::AccNew(_) | Op::AccRead(_), Some(x)) => self.push_at(state, x, at.clone()),
            (Op::Broadcast(op), Some(x)) => {
                let at = op.axes.iter().map(|&a| at.get(a).cloned().flatten());
                self.push_at(state, x, at.collect());
            }
            (Op::Transposed(op), Some(x)) => {
                let mut moved = vec![None; at.len()];
                for (&axis, index) in op.axes.iter().zip(at) {
                    if let Some(place) = moved.get_mut(axis) {
                        *place = index.clone();
                    }
                }
                self.push_at(state, x, moved);
            }
            (Op::Slice(op), Some(x)) => {
                let start = data.args.get(1);
                let start = start.and_then(|&v| self.frames.integer(state.frame, v));
                let index = at.get(op.axis).cloned().flatten();
                let index = index.and_then(|i| start?.checked_add(&i.checked_scale(op.step)?));
                self.push_at(state, x, replaced(at, op.axis, index));
            }
            (Op::Window(op), Some(x)) => {
                let (axes, last) = at
                    .split_at_checked(at.len().saturating_sub(1))
                    .unwrap_or_default();
                let part = axes.get(op.axis).cloned().flatten();
                let inner = last.first().cloned().flatten();
                let index = part.and_then(|i| {
                    let far = inner?.checked_scale(op.dilation)?;
                    i.checked_scale(op.step)?.checked_add(&far)
                });
                self.push_at(state, x, replaced(axes, op.axis, index));
            }
            (Op::Index(_), Some(x)) => {
                let mut whole = self.indices(state, data, 1);
                let state = self.inside(state, x, &whole);
                whole.extend(at.iter().cloned());
                self.push_at(&state, x, whole);
            }
            (Op::Update(_) | Op::AccAdd(_), Some(x)) => self.update(state, data, x),
            _ => self.rearranged(state, data),
        }
    }

    /// The operands from the number `from` on, as indices.
    fn indices(&mut self, state: &State, data: &InstData, from: usize) -> Indices {
        let indices = data.args.iter().skip(from);
        indices
            .map(|&v| self.frames.integer(state.frame, v))
            .collect()
    }

    /// The state where these leading indices of `x` exist.
    fn inside(&mut self, state: &State, x: Value, indices: &Indices) -> State {
        let ty = self.frames.func(state.frame).ty(x).clone();
        let extents = self.extents(state.frame, &ty);
        let mut solved = (*state.solved).clone();
        for (index, extent) in indices.iter().zip(&extents) {
            if let (Some(index), Some(extent)) = (index, extent) {
                solved.within(&self.frames.atoms, index, extent);
            }
        }
        State {
            solved: Rc::new(solved),
            ..state.clone()
        }
    }

    /// What was there before; and the new part, where the element is in it.
    fn update(&mut self, state: &State, data: &InstData, x: Value) {
        let indices = self.indices(state, data, 2);
        let pairs: Vec<_> = state
            .at
            .iter()
            .cloned()
            .zip(indices.iter().cloned())
            .collect();
        if !(pairs.is_empty() && matches!(data.op, Op::Update(_))) {
            self.push_at(state, x, state.at.clone());
        }
        let (_, rest) = split(&state.at, indices.len());
        if let (Some(part), Some(&value)) = (self.with(state, &pairs), data.args.get(1)) {
            self.push_at(&part, value, rest);
        }
    }

    fn rearranged(&mut self, state: &State, data: &InstData) {
        let at = &state.at;
        let first = data.args.first().copied();
        match (&data.op, first) {
            (Op::Reshape(_), Some(x)) => self.reshape(state, x),
            (Op::Concat(op), _) => self.concat(state, data, op.axis),
            (Op::Stack(_), _) => {
                let (index, rest) = split(at, 1);
                for (k, &arg) in data.args.iter().enumerate() {
                    let here = Some(Expr::constant(k as i64));
                    let pair = (index.first().cloned().flatten(), here);
                    if let Some(part) = self.with(state, &[pair]) {
                        self.push_at(&part, arg, rest.clone());
                    }
                }
            }
            (Op::Dot(op), _) => self.dot(state, data, op),
            (Op::Reduce(op), Some(x)) => {
                let whole = self.spread(state, x, &op.axes);
                self.push_at(state, x, whole);
            }
            (Op::Cumulate(op), Some(x)) => self.cumulate(state, x, op),
            (Op::Recur(op), _) => {
                for &arg in &data.args {
                    self.push_at(state, arg, replaced(at, op.axis, None));
                }
            }
            (Op::Sort(_), Some(x)) => {
                self.push_at(state, x, replaced(at, at.len().saturating_sub(1), None));
            }
            (Op::Const(_) | Op::Dense(_) | Op::Iota(_) | Op::SizeOf(_), _) => {}
            _ => self.all_of(state, data),
        }
    }

    /// The indices of `x` for those of `x` reduced along `axes`.
    fn spread(&mut self, state: &State, x: Value, axes: &[usize]) -> Indices {
        let ty = self.frames.func(state.frame).ty(x).clone();
        let extents = self.extents(state.frame, &ty);
        let reduced: Indices = axes
            .iter()
            .map(|&a| extents.get(a).cloned().flatten())
            .collect();
        let mut counters = self.fresh(state, &reduced).into_iter();
        let mut kept = state.at.iter().cloned();
        let of = |axis: usize| match axes.contains(&axis) {
            true => counters.next().flatten(),
            false => kept.next().flatten(),
        };
        (0..ty.rank()).map(of).collect()
    }

    /// The elements up to one, or from it on.
    fn cumulate(&mut self, state: &State, x: Value, op: &Cumulate) {
        let ty = self.frames.func(state.frame).ty(x).clone();
        let size = self.extents(state.frame, &ty).get(op.axis).cloned();
        let here = state.at.get(op.axis).cloned().flatten();
        let own = Expr::constant(i64::from(!op.exclusive));
        let extent = match op.reverse {
            false => here.as_ref().and_then(|i| i.checked_add(&own)),
            true => size.flatten().and_then(|n| {
                let before = here.as_ref()?.checked_sub(&own)?;
                n.checked_sub(&before)?.checked_sub(&Expr::constant(1))
            }),
        };
        let counter = self.fresh(state, &[extent]).pop().flatten();
        let index = match op.reverse {
            false => counter,
            true => counter.and_then(|c| {
                let start = here?.checked_add(&Expr::constant(i64::from(op.exclusive)))?;
                start.checked_add(&c)
            }),
        };
        self.push_at(state, x, replaced(&state.at, op.axis, index));
    }

    fn concat(&mut self, state: &State, data: &InstData, axis: usize) {
        let func = self.frames.func(state.frame);
        let mut start = Some(Expr::default());
        for &arg in &data.args {
            let size = func.ty(arg).shape.get(axis).cloned().unwrap_or_default();
            let size = self.frames.size(state.frame, &size);
            let counter = self
                .fresh(state, std::slice::from_ref(&size))
                .pop()
                .flatten();
            let place = start.as_ref().zip(counter.as_ref());
            let place = place.and_then(|(start, c)| start.checked_add(c));
            let pair = (state.at.get(axis).cloned().flatten(), place);
            if let Some(part) = self.with(state, &[pair]) {
                self.push_at(&part, arg, replaced(&state.at, axis, counter));
            }
            start = start.and_then(|start| start.checked_add(&size?));
        }
    }

    fn dot(&mut self, state: &State, data: &InstData, op: &Dot) {
        let &[x, y] = data.args.as_slice() else {
            return;
        };
        let func = self.frames.func(state.frame);
        let left = self.extents(state.frame, func.ty(x));
        let summed: Indices = op
            .contract
            .iter()
            .map(|&(a, _)| left.get(a).cloned().flatten())
            .collect();
        let summed = self.fresh(state, &summed);
        for (side, value) in [(0, x), (1, y)] {
            let at = dot_indices(op, side, func, (x, y), &state.at, &summed);
            self.push_at(state, value, at);
        }
    }

    /// The same element by its place: where a counter runs over the place it is replaced by counters of
    /// the axes, else the place is divided.
    fn reshape(&mut self, state: &State, x: Value) {
        let func = self.frames.func(state.frame);
        let (from, to) = (func.ty(x).clone(), func.ty(state.value).clone());
        let (inner, outer) = (
            self.extents(state.frame, &from),
            self.extents(state.frame, &to),
        );
        let place = flat(&state.at, &outer);
        let (Some(place), true) = (place, inner.iter().all(Option::is_some)) else {
            return self.push_at(state, x, vec![None; from.rank()]);
        };
        if from.rank() == 1 {
            return self.push_at(state, x, vec![Some(place)]);
        }
        let counters = self.fresh(state, &inner);
        let whole = flat(&counters, &inner);
        let free = place
            .as_value()
            .filter(|&v| self.frames.atoms.extent(v).is_some());
        if free.is_some() || place.as_constant().is_some() {
            if let Some(part) = self.with(state, &[(Some(place), whole)]) {
                self.push_at(&part, x, counters);
            }
            return;
        }
        let mut at = Vec::new();
        let mut rest = place;
        for extent in inner.iter().skip(1).rev().flatten() {
            let (quotient, remainder) = self.divided(&rest, extent);
            at.push(Some(remainder));
            rest = quotient;
        }
        at.push(Some(rest));
        at.reverse();
        self.push_at(state, x, at);
    }

    /// The quotient and the remainder; they are known if the index is the multiple plus a counter.
    fn divided(&mut self, index: &Expr, by: &Expr) -> (Expr, Expr) {
        for counter in index.values() {
            let one = Expr::value(counter);
            let multiple = index.checked_sub(&one).and_then(|e| exact(&e, by));
            if let (Some(extent), Some(quotient)) = (self.frames.atoms.extent(counter), multiple)
                && extent == by
            {
                return (quotient, one);
            }
        }
        let atoms = &mut self.frames.atoms;
        let kind = |kind| Expr::value(kind);
        let quotient = atoms.atom(
            Kind::Quotient(index.clone(), by.clone()),
            Default::default(),
        );
        let remainder = atoms.atom(
            Kind::Remainder(index.clone(), by.clone()),
            Default::default(),
        );
        (kind(quotient), kind(remainder))
    }
}

/// The quotient of a polynomial by a monomial, if it is one.
fn exact(expr: &Expr, by: &Expr) -> Option<Expr> {
    let mut divisors = by.terms();
    let (Some((divisor, k)), None) = (divisors.next(), divisors.next()) else {
        return None;
    };
    let mut sum = Expr::default();
    for (atoms, factor) in expr.terms() {
        let mut rest = atoms.to_vec();
        for atom in divisor {
            let place = rest.iter().position(|a| a == atom)?;
            rest.remove(place);
        }
        if factor % k != 0 {
            return None;
        }
        let mut term = Expr::constant(factor / k);
        for atom in rest {
            term = term.checked_mul(&Expr::value(atom))?;
        }
        sum = sum.checked_add(&term)?;
    }
    Some(sum)
}

/// The place of an element in an array of these sizes, row by row.
pub(super) fn flat(at: &[Option<Expr>], extents: &[Option<Expr>]) -> Option<Expr> {
    let mut place = Expr::default();
    for (index, extent) in at.iter().zip(extents) {
        let scaled = place.checked_mul(extent.as_ref()?)?;
        place = scaled.checked_add(index.as_ref()?)?;
    }
    Some(place)
}

/// The indices of one operand of a contraction.
pub(super) fn dot_indices(
    op: &Dot,
    side: usize,
    func: &dfn_ir::Function,
    (x, y): (Value, Value),
    at: &Indices,
    summed: &Indices,
) -> Indices {
    let on = |pair: &(usize, usize)| if side == 0 { pair.0 } else { pair.1 };
    let rank = func.ty(if side == 0 { x } else { y }).rank();
    let mut indices = vec![None; rank];
    let mut put = |axis: usize, index: Option<Expr>| {
        if let Some(place) = indices.get_mut(axis) {
            *place = index;
        }
    };
    for (pair, index) in op.contract.iter().zip(summed) {
        put(on(pair), index.clone());
    }
    for (pair, index) in op.batch.iter().zip(at) {
        put(on(pair), index.clone());
    }
    let before = match side {
        0 => op.batch.len(),
        _ => op.batch.len() + op.free(0, func.ty(x).rank()).len(),
    };
    for (axis, index) in op.free(side, rank).into_iter().zip(at.iter().skip(before)) {
        put(axis, index.clone());
    }
    indices
}

/// The first indices and the others.
fn split(at: &[Option<Expr>], count: usize) -> (Indices, Indices) {
    let (first, rest) = at.split_at_checked(count).unwrap_or((at, &[]));
    (first.to_vec(), rest.to_vec())
}

/// The indices with one replaced.
fn replaced(at: &[Option<Expr>], axis: usize, index: Option<Expr>) -> Indices {
    let mut at = at.to_vec();
    if let Some(place) = at.get_mut(axis) {
        *place = index;
    }
    at
}
