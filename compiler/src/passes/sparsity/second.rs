//! Pairs of elements in which a function is not linear together: where each operation that is not linear
//! mixes its operands, every element that one depends on is paired with every element that the other does.

use super::atoms::{Counters, Expr};
use super::frames::{FrameId, Frames, ROOT, uses};
use super::search::{Indices, State, Term, dependencies, is_exhausted};
use super::solved::Solved;
use super::step::dot_indices;
use dfn_ir::function::{InstData, Value};
use dfn_ir::ops::{Dot, ReduceKind};
use dfn_ir::ty::Type;
use dfn_ir::{Inst, Op};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// An element of a row and one of a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pair {
    pub(super) row: (usize, Vec<Expr>),
    pub(super) column: (usize, Vec<Expr>),
    pub(super) solved: Rc<Solved>,
}

/// More instructions than this, those of called functions counted at each call, are too many to follow.
const MAX_VISITS: usize = 50_000;

/// So are more pairs than this.
const MAX_PAIRS: usize = 2_000;

struct Walk<'w, 'a> {
    frames: &'w mut Frames<'a>,
    columns: &'w [Value],
    found: Vec<Pair>,
    known: HashSet<Pair>,
    visits: usize,
}

/// An operand of an operation with the indices that are looked at.
type Operand = (Value, Indices);

/// The pairs of the root; `None` if there are too many to follow. Where a pair is found, the one turned
/// around is meant too.
pub(super) fn pairs(frames: &mut Frames<'_>, columns: &[Value]) -> Option<Vec<Pair>> {
    let mut walk = Walk {
        frames,
        columns,
        found: Vec::new(),
        known: HashSet::new(),
        visits: 0,
    };
    walk.block(ROOT);
    (!walk.gives_up()).then_some(walk.found)
}

impl Walk<'_, '_> {
    /// Whether this takes too long.
    fn gives_up(&self) -> bool {
        self.visits > MAX_VISITS || self.known.len() > MAX_PAIRS || is_exhausted(self.frames)
    }

    fn block(&mut self, frame: FrameId) {
        let block = self.frames.block(frame);
        for &inst in &block.insts {
            self.visits += 1;
            if self.gives_up() {
                return;
            }
            self.instruction(frame, inst);
        }
    }

    fn instruction(&mut self, frame: FrameId, inst: Inst) {
        let func = self.frames.func(frame);
        let data: &InstData = &func.insts[inst];
        match &data.op {
            Op::Map(_) | Op::For(_) => {
                let extents: Vec<Option<Expr>> = data
                    .sizes
                    .iter()
                    .map(|size| self.frames.size(frame, size))
                    .collect();
                let counters = self.counters(&self.frames.over(frame), &extents);
                self.inner(frame, inst, 0, counters);
            }
            Op::While(_) => self.inner(frame, inst, 1, Vec::new()),
            Op::If(_) => {
                self.inner(frame, inst, 0, Vec::new());
                self.inner(frame, inst, 1, Vec::new());
            }
            Op::Call(call) => {
                let rule = self.frames.module.get(call.func).marks.rule.is_some();
                match self.frames.callee(frame, inst) {
                    Some(inner) if !rule => self.block(inner),
                    _ => self.mixed(frame, &data.args),
                }
            }
            op if op.kernel().is_some() => self.elementwise(frame, data),
            _ => self.structural(frame, data),
        }
    }

    fn inner(&mut self, frame: FrameId, inst: Inst, number: usize, counters: Indices) {
        let inner = self.frames.region(frame, inst, number, counters);
        self.block(inner);
    }

    /// New counters with these extents beside those in use.
    fn counters(&mut self, in_use: &Counters, extents: &[Option<Expr>]) -> Indices {
        let mut in_use = in_use.clone();
        let mut made = Vec::new();
        for extent in extents {
            made.push(extent.as_ref().map(|extent| {
                let counter = self.frames.atoms.fresh(extent, &in_use);
                in_use.extend(self.frames.atoms.over(counter));
                Expr::value(counter)
            }));
        }
        made
    }

    /// Counters for every element of a type.
    fn each(&mut self, frame: FrameId, ty: &Type, in_use: &Counters) -> Indices {
        let sizes = ty.shape.iter();
        let extents: Vec<_> = sizes.map(|size| self.frames.size(frame, size)).collect();
        self.counters(in_use, &extents)
    }

    fn elementwise(&mut self, frame: FrameId, data: &InstData) {
        let func = self.frames.func(frame);
        let mixing = mixing(data, |v| func.ty(v).is_differentiable());
        let (Some(&first), false) = (data.args.first(), mixing.is_empty()) else {
            return;
        };
        let in_use = self.frames.over(frame);
        let at = self.each(frame, func.ty(first), &in_use);
        for (a, b) in mixing {
            self.cross(frame, &(a, at.clone()), &(b, at.clone()));
        }
    }

    fn structural(&mut self, frame: FrameId, data: &InstData) {
        let func = self.frames.func(frame);
        let first = data.args.first().copied();
        match (&data.op, first) {
            (Op::Dot(op), _) => self.dot(frame, data, op),
            (Op::Reduce(op), Some(x)) if op.kind == ReduceKind::Prod => {
                self.along(frame, &[x], &op.axes);
            }
            (Op::Cumulate(op), Some(x)) if op.kind == ReduceKind::Prod => {
                self.along(frame, &[x], &[op.axis]);
            }
            (Op::Recur(op), _) => self.along(frame, &data.args, &[op.axis]),
            (op, _) if is_linear(op) => {}
            _ => {
                let used = uses(func, data);
                self.mixed(frame, &used);
            }
        }
    }

    fn dot(&mut self, frame: FrameId, data: &InstData, op: &Dot) {
        let (&[x, y], Some(&result)) = (data.args.as_slice(), data.results.first()) else {
            return;
        };
        let func = self.frames.func(frame);
        let mut in_use = self.frames.over(frame);
        let at = self.each(frame, func.ty(result), &in_use);
        in_use.extend(
            at.iter()
                .flatten()
                .flat_map(|e| self.frames.atoms.counters(e)),
        );
        let axes = op.contract.iter();
        let sizes: Vec<_> = axes
            .filter_map(|&(a, _)| func.ty(x).shape.get(a).cloned())
            .collect();
        let extents: Vec<_> = sizes
            .iter()
            .map(|size| self.frames.size(frame, size))
            .collect();
        let summed = self.counters(&in_use, &extents);
        let left = (x, dot_indices(op, 0, func, (x, y), &at, &summed));
        let right = (y, dot_indices(op, 1, func, (x, y), &at, &summed));
        self.cross(frame, &left, &right);
    }

    /// All pairs of elements of `values` that differ along `axes` only.
    fn along(&mut self, frame: FrameId, values: &[Value], axes: &[usize]) {
        let func = self.frames.func(frame);
        let Some(&first) = values.first() else { return };
        let mut in_use = self.frames.over(frame);
        let at = self.each(frame, func.ty(first), &in_use);
        in_use.extend(
            at.iter()
                .flatten()
                .flat_map(|e| self.frames.atoms.counters(e)),
        );
        let mut other = self.each(frame, func.ty(first), &in_use);
        for (axis, (index, same)) in other.iter_mut().zip(&at).enumerate() {
            if !axes.contains(&axis) {
                index.clone_from(same);
            }
        }
        for (k, &a) in values.iter().enumerate() {
            for &b in values.iter().skip(k) {
                self.cross(frame, &(a, at.clone()), &(b, other.clone()));
            }
        }
    }

    /// All pairs of elements of `values`.
    fn mixed(&mut self, frame: FrameId, values: &[Value]) {
        let func = self.frames.func(frame);
        let outside = self.frames.over(frame);
        for (k, &a) in values.iter().enumerate() {
            let at = self.each(frame, func.ty(a), &outside);
            let mut in_use = outside.clone();
            in_use.extend(
                at.iter()
                    .flatten()
                    .flat_map(|e| self.frames.atoms.counters(e)),
            );
            for &b in values.iter().skip(k) {
                let other = self.each(frame, func.ty(b), &in_use);
                self.cross(frame, &(a, at.clone()), &(b, other));
            }
        }
    }

    /// What one operand depends on with what the other does.
    fn cross(&mut self, frame: FrameId, a: &Operand, b: &Operand) {
        let func = self.frames.func(frame);
        if ![a, b].iter().all(|(v, _)| func.ty(*v).is_differentiable()) {
            return;
        }
        let atoms = &self.frames.atoms;
        let mut reserved = self.frames.over(frame);
        for (_, at) in [a, b] {
            reserved.extend(at.iter().flatten().flat_map(|e| atoms.counters(e)));
        }
        let left = self.search(frame, a, Rc::default(), &reserved);
        let mut taken = reserved.clone();
        for term in &left {
            taken.extend(counters(self.frames, term));
        }
        let mut rights: HashMap<Rc<Solved>, Vec<Term>> = HashMap::new();
        for term in left {
            if self.gives_up() {
                return;
            }
            // What is known of the counters around both holds for the other one as well.
            if !rights.contains_key(&term.solved) {
                let right = self.search(frame, b, term.solved.clone(), &taken);
                rights.insert(term.solved.clone(), right);
            }
            for other in rights.get(&term.solved).into_iter().flatten() {
                self.add(&term, other);
            }
        }
    }

    fn search(
        &mut self,
        frame: FrameId,
        (value, at): &Operand,
        solved: Rc<Solved>,
        reserved: &Counters,
    ) -> Vec<Term> {
        let start = State {
            frame,
            value: *value,
            at: at.clone(),
            solved,
        };
        dependencies(self.frames, self.columns, start, reserved)
    }

    fn add(&mut self, a: &Term, b: &Term) {
        let row: Vec<Expr> = a.at.iter().map(|e| b.solved.apply(e)).collect();
        let pair = Pair {
            row: (a.column, row),
            column: (b.column, b.at.clone()),
            solved: b.solved.clone(),
        };
        let turned = Pair {
            row: pair.column.clone(),
            column: pair.row.clone(),
            solved: pair.solved.clone(),
        };
        if !self.known.contains(&turned) && self.known.insert(pair.clone()) {
            self.found.push(pair);
        }
    }
}

fn counters(frames: &Frames<'_>, term: &Term) -> Counters {
    let mut all = term.solved.mentioned(&frames.atoms);
    all.extend(term.at.iter().flat_map(|e| frames.atoms.counters(e)));
    all
}

/// The operands of an elementwise operation that it mixes, those with a tangent.
fn mixing(data: &InstData, has_tangent: impl Fn(Value) -> bool) -> Vec<(Value, Value)> {
    let arg = |k: usize| data.args.get(k).copied();
    let pair = |a: usize, b: usize| arg(a).zip(arg(b));
    let pairs: Vec<Option<(Value, Value)>> = match &data.op {
        Op::Add(_) | Op::Sub(_) | Op::Neg(_) | Op::Convert(_) | Op::Select(_) => Vec::new(),
        Op::Max(_) | Op::Min(_) | Op::Abs(_) | Op::Bitcast(_) => Vec::new(),
        op if op.is_locally_constant() => Vec::new(),
        Op::Mul(_) | Op::Scale(_) | Op::Fma(_) => vec![pair(0, 1)],
        Op::Div(_) => vec![pair(0, 1), pair(1, 1)],
        _ => {
            let n = data.args.len();
            let all = (0..n).flat_map(|a| (a..n).map(move |b| (a, b)));
            all.map(|(a, b)| pair(a, b)).collect()
        }
    };
    let active = |(a, b): &(Value, Value)| has_tangent(*a) && has_tangent(*b);
    pairs.into_iter().flatten().filter(active).collect()
}

/// Whether an operation that is not elementwise is linear in what has a tangent, or piecewise so.
fn is_linear(op: &Op) -> bool {
    matches!(
        op,
        Op::AccAdd(_)
            | Op::AccNew(_)
            | Op::AccRead(_)
            | Op::Broadcast(_)
            | Op::Check(_)
            | Op::Concat(_)
            | Op::Const(_)
            | Op::Cumulate(_)
            | Op::Dense(_)
            | Op::Index(_)
            | Op::Iota(_)
            | Op::Print(_)
            | Op::Reduce(_)
            | Op::Reshape(_)
            | Op::SizeOf(_)
            | Op::Slice(_)
            | Op::Sort(_)
            | Op::Stack(_)
            | Op::Transposed(_)
            | Op::Update(_)
            | Op::Window(_)
    )
}
