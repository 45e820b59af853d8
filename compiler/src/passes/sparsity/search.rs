//! Which elements of the columns an element of a value depends on: a search from the value towards the
//! parameters, over states that are never visited twice.
//!
//! Each operation's step is an upper bound: what is not followed exactly is taken to depend on every
//! element. A loop's carry that is met again at another index loses that index, so the search ends.

use super::atoms::{Atom, Counters, Expr};
use super::frames::{FrameId, Frames, ROOT};
use super::solved::Solved;
use dfn_ir::function::{Inst, Value};
use dfn_ir::ty::Type;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// An index along each axis; none where it may be any.
pub(super) type Indices = Vec<Option<Expr>>;

/// If all searches for a pattern together meet more states than this, they are given up.
const MAX_STATES: usize = 100_000;

/// Whether too many states were met.
pub(super) fn is_exhausted(frames: &Frames<'_>) -> bool {
    frames.searched > MAX_STATES
}

/// An element, or elements, of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) frame: FrameId,
    pub(super) value: Value,
    pub(super) at: Indices,
    pub(super) solved: Rc<Solved>,
}

/// Elements of a column parameter that are met: an index along each axis, where these equations hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Term {
    /// Which column parameter.
    pub(super) column: usize,
    pub(super) at: Vec<Expr>,
    pub(super) solved: Rc<Solved>,
}

/// A carry of a loop: the loop, in the frame around it, and the number of the carry.
type Carry = (FrameId, Inst, usize);

/// Where a carry was met, and along which axes that is forgotten.
#[derive(Debug, Default)]
struct Met {
    visits: Vec<(Indices, Rc<Solved>)>,
    wide: Vec<bool>,
}

/// One search.
#[derive(Debug)]
pub(super) struct Search<'s, 'a> {
    pub(super) frames: &'s mut Frames<'a>,
    columns: &'s [Value],
    /// Counters that mean something outside of the search.
    reserved: Counters,
    open: Vec<State>,
    seen: HashSet<State>,
    carries: HashMap<Carry, Met>,
    found: Vec<Term>,
}

/// The elements of the parameters `columns` that `start` depends on. `reserved` are counters that mean
/// something to the caller.
pub(super) fn dependencies(
    frames: &mut Frames<'_>,
    columns: &[Value],
    start: State,
    reserved: &Counters,
) -> Vec<Term> {
    let mut search = Search {
        frames,
        columns,
        reserved: reserved.clone(),
        open: Vec::new(),
        seen: HashSet::new(),
        carries: HashMap::new(),
        found: Vec::new(),
    };
    let origin = start.clone();
    search.push(start);
    while let Some(state) = search.open.pop() {
        search.frames.searched += 1;
        if is_exhausted(search.frames) {
            search.everything(&origin);
            break;
        }
        search.step(&state);
    }
    let found = search.found;
    fewest(frames, found)
}

/// So many comparisons of terms take as long as a state.
const COMPARISONS: usize = 16;

/// The terms without those that others contain.
fn fewest(frames: &mut Frames<'_>, mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_by_key(|t| t.solved.len());
    let mut kept: Vec<Term> = Vec::new();
    for term in terms {
        frames.searched += kept.len() / COMPARISONS;
        if is_exhausted(frames) {
            break;
        }
        let same = |k: &Term| k.column == term.column && k.at == term.at;
        if !kept
            .iter()
            .any(|k| same(k) && k.solved.is_within(&term.solved))
        {
            kept.push(term);
        }
    }
    kept
}

impl Search<'_, '_> {
    /// Adds a state; one without tangent has no dependencies.
    pub(super) fn push(&mut self, mut state: State) {
        let frame = self.frames.home(state.frame, state.value);
        if !self.frames.func(frame).ty(state.value).is_differentiable() {
            return;
        }
        state.frame = frame;
        for index in state.at.iter_mut().flatten() {
            *index = state.solved.apply(index);
        }
        if self.seen.insert(state.clone()) {
            self.open.push(state);
        }
    }

    /// A state of another value in the same frame with the same equations.
    pub(super) fn push_at(&mut self, from: &State, value: Value, at: Indices) {
        self.push(State {
            value,
            at,
            ..from.clone()
        });
    }

    /// Every element of a value.
    pub(super) fn push_all(&mut self, from: &State, value: Value) {
        let ty = self.frames.func(from.frame).ty(value).clone();
        let extents = self.extents(from.frame, &ty);
        let at = self.fresh(from, &extents);
        self.push_at(from, value, at);
    }

    /// The same with `a = b` for each pair of which both are known; none if that cannot be.
    pub(super) fn with(
        &self,
        from: &State,
        pairs: &[(Option<Expr>, Option<Expr>)],
    ) -> Option<State> {
        let mut solved = (*from.solved).clone();
        for pair in pairs {
            if let (Some(a), Some(b)) = pair
                && !solved.equate(&self.frames.atoms, a, b)
            {
                return None;
            }
        }
        Some(State {
            solved: Rc::new(solved),
            ..from.clone()
        })
    }

    /// The counters that mean something at a state.
    pub(super) fn in_use(&self, state: &State) -> Counters {
        let atoms = &self.frames.atoms;
        let mut all = self.reserved.clone();
        all.extend(self.frames.over(state.frame));
        all.extend(state.at.iter().flatten().flat_map(|e| atoms.counters(e)));
        all.extend(state.solved.mentioned(atoms));
        all
    }

    /// New counters with these extents, for what runs over all of an axis; none where an extent is unknown.
    pub(super) fn fresh(&mut self, state: &State, extents: &[Option<Expr>]) -> Indices {
        let mut in_use = self.in_use(state);
        let mut made = Vec::new();
        for extent in extents {
            made.push(extent.as_ref().map(|extent| {
                let counter: Atom = self.frames.atoms.fresh(extent, &in_use);
                in_use.extend(self.frames.atoms.over(counter));
                Expr::value(counter)
            }));
        }
        made
    }

    /// The sizes of a type as indices.
    pub(super) fn extents(&mut self, frame: FrameId, ty: &Type) -> Indices {
        ty.shape
            .iter()
            .map(|size| self.frames.size(frame, size))
            .collect()
    }

    /// A column parameter is reached.
    pub(super) fn reached(&mut self, state: &State, column: usize) {
        let func = self.frames.func(ROOT);
        let ty = func.ty(state.value).clone();
        let extents = self.extents(ROOT, &ty);
        let all = self.fresh(state, &extents);
        let at = state.at.iter().zip(all);
        let at: Option<Vec<Expr>> = at.map(|(index, any)| index.clone().or(any)).collect();
        if let Some(at) = at {
            let solved = state.solved.clone();
            self.found.push(Term { column, at, solved });
        }
    }

    /// The number of a root parameter among the columns.
    pub(super) fn column(&self, value: Value) -> Option<usize> {
        self.columns.iter().position(|&column| column == value)
    }

    /// Gives up following: everything is met.
    fn everything(&mut self, origin: &State) {
        self.found.clear();
        for (k, &column) in self.columns.to_vec().iter().enumerate() {
            let rank = self.frames.func(ROOT).ty(column).rank();
            let state = State {
                frame: ROOT,
                value: column,
                at: vec![None; rank],
                solved: origin.solved.clone(),
            };
            self.reached(&state, k);
        }
    }

    /// Whether a carry is still to be followed at a state; the state loses the indices that changed since
    /// it was met first.
    pub(super) fn is_new_carry(&mut self, carry: Carry, state: &mut State) -> bool {
        let solved = state.solved.clone();
        let at = &mut state.at;
        let met = self.carries.entry(carry).or_default();
        met.wide.resize(at.len(), false);
        self.frames.searched += met.visits.len() / COMPARISONS;
        let known = |at: &Indices, visits: &[(Indices, Rc<Solved>)]| {
            let covers = |(before, by): &(Indices, Rc<Solved>)| {
                by.is_within(&solved)
                    && before.iter().zip(at).all(|(b, a)| match (b, a) {
                        (None, _) => true,
                        (Some(b), Some(a)) => solved.apply(b) == *a,
                        (Some(_), None) => false,
                    })
            };
            visits.iter().any(covers)
        };
        widen(at, &met.wide);
        if known(at, &met.visits) {
            return false;
        }
        if let Some((first, _)) = met.visits.first() {
            for (wide, (before, now)) in met.wide.iter_mut().zip(first.iter().zip(at.iter())) {
                let same = match (before, now) {
                    (Some(b), Some(a)) => solved.apply(b) == *a,
                    _ => false,
                };
                *wide |= !same;
            }
            widen(at, &met.wide);
            if known(at, &met.visits) {
                return false;
            }
        }
        met.visits.push((at.clone(), solved.clone()));
        true
    }
}

fn widen(at: &mut Indices, wide: &[bool]) {
    for (index, wide) in at.iter_mut().zip(wide) {
        if *wide {
            *index = None;
        }
    }
}
