//! Indices as polynomials over *atoms*: counters of loops, and integers that the function computes.
//!
//! A polynomial is a [`Size`] whose values are the numbers of atoms. Equality of indices is equality of
//! normal forms; what is not known to be equal is taken for different, which costs precision and is never
//! wrong.

use super::frames::FrameId;
use cranelift_entity::EntityRef;
use dfn_ir::function::Value;
use dfn_ir::size::Size;
use std::collections::{BTreeSet, HashMap};

/// An index: a polynomial over atoms.
pub(super) type Expr = Size;

/// An atom of an index.
pub(super) type Atom = Value;

/// A set of counters.
pub(super) type Counters = BTreeSet<Atom>;

/// What an atom is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Runs from 0 to the extent. There are several with the same extent, by number.
    Counter(Expr, usize),
    /// An integer that the function computes, in a frame.
    Integer(FrameId, Value),
    /// The first divided by the second, downwards; both are natural.
    Quotient(Expr, Expr),
    /// The remainder of that.
    Remainder(Expr, Expr),
}

/// All atoms.
#[derive(Debug, Default)]
pub(super) struct Atoms {
    kinds: Vec<Kind>,
    /// The counters that each depends on, directly or through extents.
    over: Vec<Counters>,
    known: HashMap<Kind, Atom>,
    natural: BTreeSet<Atom>,
}

impl Atoms {
    /// The atom of this kind; an integer depends on the counters `over`.
    pub(super) fn atom(&mut self, kind: Kind, over: Counters) -> Atom {
        if let Some(&atom) = self.known.get(&kind) {
            return atom;
        }
        let atom = Atom::new(self.kinds.len());
        let mut over = over;
        match &kind {
            Kind::Counter(extent, _) => {
                over.extend(self.counters(extent));
                over.insert(atom);
            }
            Kind::Quotient(a, b) | Kind::Remainder(a, b) => {
                over.extend(self.counters(a));
                over.extend(self.counters(b));
            }
            Kind::Integer(..) => {}
        }
        self.kinds.push(kind.clone());
        self.over.push(over);
        self.known.insert(kind, atom);
        atom
    }

    /// A counter with this extent that is not in use.
    pub(super) fn fresh(&mut self, extent: &Expr, in_use: &Counters) -> Atom {
        let mut number = 0;
        loop {
            let atom = self.atom(Kind::Counter(extent.clone(), number), Counters::new());
            if !in_use.contains(&atom) {
                return atom;
            }
            number += 1;
        }
    }

    /// What it is.
    pub(super) fn kind(&self, atom: Atom) -> Option<&Kind> {
        self.kinds.get(atom.index())
    }

    /// Its extent, if it is a counter.
    pub(super) fn extent(&self, atom: Atom) -> Option<&Expr> {
        match self.kind(atom) {
            Some(Kind::Counter(extent, _)) => Some(extent),
            _ => None,
        }
    }

    /// Says that it is never negative.
    pub(super) fn is_natural(&mut self, atom: Atom) {
        self.natural.insert(atom);
    }

    /// The counters that an atom depends on, itself included.
    pub(super) fn over(&self, atom: Atom) -> Counters {
        self.over.get(atom.index()).cloned().unwrap_or_default()
    }

    /// The counters that an index depends on.
    pub(super) fn counters(&self, expr: &Expr) -> Counters {
        expr.values().flat_map(|atom| self.over(atom)).collect()
    }

    /// Whether an index lies in an extent whatever the counters are.
    pub(super) fn in_range(&self, expr: &Expr, extent: &Expr) -> bool {
        let above = extent
            .checked_sub(expr)
            .and_then(|e| e.checked_sub(&Expr::constant(1)));
        self.never_negative(expr) && above.is_some_and(|e| self.never_negative(&e))
    }

    /// Whether a polynomial is natural for all counters in their extents, none of which is empty then.
    ///
    /// A counter with a positive factor is at least 0, one with a negative factor at most its extent less 1;
    /// what remains must have natural factors only.
    pub(super) fn never_negative(&self, expr: &Expr) -> bool {
        let mut lower = expr.clone();
        for _ in 0..4 {
            match self.without_counters(&lower) {
                Some(next) if next == lower => break,
                Some(next) => lower = next,
                None => return false,
            }
        }
        lower
            .terms()
            .all(|(atoms, k)| k >= 0 && atoms.iter().all(|a| self.natural.contains(a)))
    }

    fn without_counters(&self, expr: &Expr) -> Option<Expr> {
        let mut sum = Expr::default();
        for (atoms, k) in expr.terms() {
            let mut term = Expr::constant(k);
            for &atom in atoms {
                let factor = match (self.extent(atom), k > 0) {
                    (None, _) => Expr::value(atom),
                    (Some(_), true) => Expr::default(),
                    (Some(extent), false) => extent.checked_sub(&Expr::constant(1))?,
                };
                term = term.checked_mul(&factor)?;
            }
            sum = sum.checked_add(&term)?;
        }
        Some(sum)
    }
}
