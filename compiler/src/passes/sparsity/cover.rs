//! Whether the pairs of one nest are among those of another: counters of the other one may be constants or
//! other counters.

use super::atoms::{Atom, Atoms, Expr, Kind};
use super::emit::Nest;
use std::collections::HashMap;

/// The nests without those whose pairs others have.
pub(super) fn fewest(atoms: &Atoms, mut nests: Vec<Nest>) -> Vec<Nest> {
    nests.sort_by_key(|nest| nest.solved.len());
    let mut kept: Vec<Nest> = Vec::new();
    for nest in nests {
        if kept.iter().any(|k| covers(atoms, k, &nest)) {
            continue;
        }
        kept.retain(|k| !covers(atoms, &nest, k));
        kept.push(nest);
    }
    kept
}

/// Whether `a` has all pairs of `b`.
fn covers(atoms: &Atoms, a: &Nest, b: &Nest) -> bool {
    if !a.solved.is_within(&b.solved) {
        return false;
    }
    let straight = a.parameters == b.parameters && matches(atoms, a, &a.at, &b.at);
    let turned = a.both && (a.parameters.1, a.parameters.0) == b.parameters && {
        let (row, column) = b.at.split_at_checked(b.rank).unwrap_or_default();
        matches(atoms, a, &a.at, &[column, row].concat())
    };
    (a.both || !b.both) && (straight || turned)
}

/// Whether the indices `a`, with something in its extent in the place of each counter, are `b`. Counters
/// that conditions of `a` or integers in its indices depend on stay.
fn matches(atoms: &Atoms, nest: &Nest, a: &[Expr], b: &[Expr]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut fixed = nest.solved.mentioned(atoms);
    for atom in a.iter().flat_map(Expr::values) {
        match atoms.kind(atom) {
            Some(Kind::Counter(extent, _)) => fixed.extend(atoms.counters(extent)),
            _ => fixed.extend(atoms.over(atom)),
        }
    }
    let mut chosen: HashMap<Atom, Expr> = HashMap::new();
    for (a, b) in a.iter().zip(b) {
        let Some(difference) = b.checked_sub(a) else {
            return false;
        };
        if difference.is(0) {
            continue;
        }
        let known = |v| chosen.contains_key(&v) || fixed.contains(&v) || atoms.extent(v).is_none();
        let Some(counter) = a.values().find(|&v| !known(v)) else {
            continue;
        };
        let instead = difference.checked_add(&Expr::value(counter));
        let (Some(instead), Some(extent)) = (instead, atoms.extent(counter)) else {
            return false;
        };
        if !atoms.in_range(&instead, extent) {
            return false;
        }
        chosen.insert(counter, instead);
    }
    a.iter().zip(b).all(|(a, b)| {
        let with = a.substitute(|v| chosen.get(&v).cloned().unwrap_or_else(|| Expr::value(v)));
        with.as_ref() == Some(b)
    })
}
