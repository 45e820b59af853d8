//! What is known of counters on a path from a result to a parameter: equations, solved for counters where
//! that is possible.

use super::atoms::{Atom, Atoms, Counters, Expr};
use super::frames::FrameId;
use dfn_ir::function::Value;

/// A condition that the function computes, what it has to be, and the counters that it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Guard {
    pub(super) frame: FrameId,
    pub(super) condition: Value,
    pub(super) holds: bool,
    pub(super) over: Counters,
}

/// Equations between indices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Solved {
    /// Counters with what they are; no right side mentions a counter that is solved, but through integers
    /// that the function computes.
    pub(super) counters: Vec<(Atom, Expr)>,
    /// Equations that no counter could be solved for.
    pub(super) checks: Vec<(Expr, Expr)>,
    /// Indices with the extents in which they must be.
    pub(super) ranges: Vec<(Expr, Expr)>,
    /// Branches that must be taken.
    pub(super) guards: Vec<Guard>,
}

impl Solved {
    /// What a counter is, if it is solved.
    pub(super) fn of(&self, counter: Atom) -> Option<&Expr> {
        let found = self.counters.iter().find(|(c, _)| *c == counter);
        found.map(|(_, expr)| expr)
    }

    /// An index with the solved counters replaced.
    pub(super) fn apply(&self, expr: &Expr) -> Expr {
        if self.counters.is_empty() {
            return expr.clone();
        }
        let replace = |atom| self.of(atom).cloned().unwrap_or_else(|| Expr::value(atom));
        expr.substitute(replace).unwrap_or_else(|| expr.clone())
    }

    /// All counters that an index depends on, by way of the equations too.
    pub(super) fn closure(&self, atoms: &Atoms, start: Counters) -> Counters {
        let mut all = start;
        loop {
            let more = all.iter().filter_map(|&c| self.of(c));
            let more: Counters = more.flat_map(|expr| atoms.counters(expr)).collect();
            let before = all.len();
            all.extend(more);
            if all.len() == before {
                return all;
            }
        }
    }

    /// The counters that the equations mention.
    pub(super) fn mentioned(&self, atoms: &Atoms) -> Counters {
        let mut all: Counters = self.counters.iter().map(|(c, _)| *c).collect();
        for (_, expr) in &self.counters {
            all.extend(atoms.counters(expr));
        }
        for (a, b) in self.checks.iter().chain(&self.ranges) {
            all.extend(atoms.counters(a));
            all.extend(atoms.counters(b));
        }
        for guard in &self.guards {
            all.extend(guard.over.iter().copied());
        }
        all
    }

    /// Whether everything that this says is said by `other`.
    pub(super) fn is_within(&self, other: &Solved) -> bool {
        self.counters.iter().all(|e| other.counters.contains(e))
            && self.checks.iter().all(|e| other.checks.contains(e))
            && self.ranges.iter().all(|e| other.ranges.contains(e))
            && self.guards.iter().all(|e| other.guards.contains(e))
    }

    /// How many conditions this is.
    pub(super) fn len(&self) -> usize {
        self.counters.len() + self.checks.len() + self.ranges.len() + self.guards.len()
    }

    /// Adds that an index is in an extent, unless that is known.
    pub(super) fn within(&mut self, atoms: &Atoms, index: &Expr, extent: &Expr) {
        let (index, extent) = (self.apply(index), self.apply(extent));
        let range = (index, extent);
        if !self.is_inside(atoms, &range) && !self.ranges.contains(&range) {
            self.ranges.push(range);
        }
    }

    /// Whether an index is in an extent because of the extents of loops; what a solved counter is may be
    /// outside of its own.
    pub(super) fn is_inside(&self, atoms: &Atoms, (index, extent): &(Expr, Expr)) -> bool {
        let is_loop = |e: &Expr| atoms.counters(e).iter().all(|c| self.of(*c).is_none());
        is_loop(index) && is_loop(extent) && atoms.in_range(index, extent)
    }

    /// Adds a branch that must be taken.
    pub(super) fn guard(&mut self, guard: Guard) {
        if !self.guards.contains(&guard) {
            self.guards.push(guard);
        }
    }

    /// Adds `a = b`. False if that cannot be.
    pub(super) fn equate(&mut self, atoms: &Atoms, a: &Expr, b: &Expr) -> bool {
        let (a, b) = (self.apply(a), self.apply(b));
        let Some(difference) = a.checked_sub(&b) else {
            return true;
        };
        match difference.as_constant() {
            Some(0) => return true,
            Some(_) => return false,
            None => {}
        }
        for counter in a.values().chain(b.values()) {
            if let Some(solution) = self.solve(atoms, &difference, counter) {
                for (_, expr) in &mut self.counters {
                    let replace = |atom| match atom == counter {
                        true => solution.clone(),
                        false => Expr::value(atom),
                    };
                    *expr = expr.substitute(replace).unwrap_or_else(|| expr.clone());
                }
                self.counters.push((counter, solution));
                self.counters.sort_unstable();
                return true;
            }
        }
        if !self.checks.contains(&(a.clone(), b.clone())) {
            self.checks.push((a, b));
        }
        true
    }

    /// `difference = 0` solved for a counter that it mentions once, with the factor 1 or -1, and on which
    /// nothing else in it depends.
    fn solve(&self, atoms: &Atoms, difference: &Expr, counter: Atom) -> Option<Expr> {
        atoms.extent(counter)?;
        let factor = difference
            .terms()
            .find(|(term, _)| *term == [counter])
            .map(|(_, k)| k)?;
        if factor.abs() != 1 {
            return None;
        }
        let alone = Expr::value(counter).checked_scale(factor)?;
        let rest = difference.checked_sub(&alone)?;
        let solution = rest.checked_scale(-factor)?;
        let needed = self.closure(atoms, atoms.counters(&solution));
        match needed.contains(&counter) {
            true => None,
            false => Some(solution),
        }
    }
}
