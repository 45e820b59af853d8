//! Each derivative rule broken on purpose, in each of its places: the laws find every fault.
//!
//! A part of the faults, which changes with the rules, is planted in each run; `DFN_MUTATE=all` plants
//! all (`cargo xtask mutate`). What is not found stands in [`SURVIVORS`] with the reason.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    reason = "a test fails by panicking; parts of the laws are used here"
)]

#[path = "../laws/adjoint.rs"]
mod adjoint;
#[path = "../laws/case.rs"]
mod case;
#[path = "../laws/derivative.rs"]
mod derivative;
mod survivors;

use case::Case;
use derivative::Tolerance;
use dfn_ir::derive::fault::{Change, Fault, Phase, Place, Seen, plant, remove};
use dfn_ir::op::Example;
use dfn_ir::ops::Op;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

/// One fault of so many is planted in an ordinary run.
const SAMPLE: usize = 16;

/// What became of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// No example comes by its place.
    Idle,
    Found,
    Survived,
}

/// Runs the laws of first order, and those at special points, on the examples until one fails.
fn fate(fault: Fault, examples: &[Example]) -> (Fate, Seen) {
    let mut all = Seen::default();
    let mut fails = |law: &dyn Fn() -> Result<(), String>| {
        plant(fault);
        let outcome = catch_unwind(AssertUnwindSafe(law));
        let seen = remove();
        all.fired += seen.fired;
        for (most, more) in all.places.iter_mut().zip(seen.places) {
            *most = (*most).max(more);
        }
        !matches!(outcome, Ok(Ok(()))) && seen.fired > 0
    };
    let mut found = false;
    for example in examples {
        let within = Tolerance::of(example);
        for case in [4, 11]
            .into_iter()
            .filter_map(|seed| Case::new(example, seed))
        {
            for active in subsets(&case.float_params()) {
                let law = || derivative::first_order(&mut case.clone(), &active, &within);
                found = found || fails(&law);
            }
        }
        for special in &example.special {
            let Some(case) = Case::at(example, special) else {
                continue;
            };
            found = found || fails(&|| derivative::known(&mut case.clone(), special));
        }
    }
    match (found, all.fired) {
        (true, _) => (Fate::Found, all),
        (false, 0) => (Fate::Idle, all),
        (false, _) => (Fate::Survived, all),
    }
}

/// All active, then each alone.
fn subsets(floats: &[bool]) -> Vec<Vec<bool>> {
    let marked: Vec<usize> = (0..floats.len()).filter(|k| floats[*k]).collect();
    let mut all = vec![floats.to_vec()];
    if marked.len() > 1 {
        all.extend(
            marked
                .iter()
                .map(|&k| (0..floats.len()).map(|j| j == k).collect()),
        );
    }
    all
}

/// The faults that a rule may have.
fn faults(op: &'static str, phase: Phase, places: [usize; 3]) -> Vec<Fault> {
    let emitted = (0..places[0]).map(Place::Emitted);
    let operands = (0..places[1]).map(Place::Operand);
    let results = (0..places[2]).map(Place::Result);
    let mut all = Vec::new();
    for place in emitted.chain(operands).chain(results) {
        for change in [Change::Scaled, Change::Negated, Change::Zero] {
            if !matches!(place, Place::Operand(_)) || change == Change::Zero {
                all.push(Fault {
                    op,
                    phase,
                    place,
                    change,
                });
            }
        }
    }
    all
}

#[test]
fn every_broken_rule_is_found() {
    let every = std::env::var_os("DFN_MUTATE").is_some();
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let (mut found, mut rules, mut survivors) = (0, 0, Vec::new());
    let mut at = 0usize;
    for (op, examples, _) in Op::all_examples() {
        for phase in [Phase::Linearize, Phase::Transpose] {
            // A place that no rule has: nothing is broken, and the places are counted.
            let none = Fault {
                op,
                phase,
                place: Place::Emitted(usize::MAX),
                change: Change::Zero,
            };
            let (_, seen) = fate(none, &examples);
            let (mut here, before) = (0, survivors.len());
            for fault in faults(op, phase, seen.places) {
                at += 1;
                if !every && !at.is_multiple_of(SAMPLE) {
                    continue;
                }
                match fate(fault, &examples).0 {
                    Fate::Idle => {}
                    Fate::Found => here += 1,
                    Fate::Survived => survivors.push(fault),
                }
            }
            found += here;
            rules += usize::from(here > 0 || survivors.len() > before);
        }
    }
    set_hook(hook);
    println!(
        "{} faults in {rules} rules: {found} found",
        found + survivors.len()
    );
    let known: BTreeMap<String, &str> = survivors::SURVIVORS
        .iter()
        .map(|&(fault, reason)| (fault.to_owned(), reason))
        .collect();
    let mut new = Vec::new();
    for fault in &survivors {
        let name = format!("{} {:?} {:?}", fault.op, fault.phase, fault.place);
        match known.get(&name) {
            Some(reason) => println!("survives: {name}: {reason}"),
            None => new.push(format!("{name} {:?}", fault.change)),
        }
    }
    assert!(
        new.is_empty(),
        "faults that nothing finds:\n{}",
        new.join("\n")
    );
}
