//! The laws: what must hold of every primitive, tested on every example of each.
//!
//! Derivatives are compared in double-double with fourth-order differences, so that a rule that is
//! wrong in the tenth digit is seen. Each law runs for every subset of active parameters: symbolic zeros
//! are the commonest place for a mistake.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod adjoint;
mod case;
mod compose;
mod cost;
mod derivative;
mod masks;

use case::{Case, Random};
use derivative::Tolerance;
use dfn_ir::interp::{Array, Reference, Wide, run_with};
use dfn_ir::op::Example;
use dfn_ir::ops::Op;
use dfn_ir::text::{module_to_string, parse};
use dfn_ir::verify::verify;

/// Every example with the name of its primitive.
fn examples() -> Vec<(&'static str, Example)> {
    let all = Op::all_examples().into_iter();
    all.flat_map(|(name, examples, _)| examples.into_iter().map(move |e| (name, e)))
        .collect()
}

/// Runs a law on every example; all that fail are said together.
fn for_all(law: impl Fn(&Example) -> Result<(), String>) {
    let mut failures = Vec::new();
    for (name, example) in examples() {
        if let Err(message) = law(&example) {
            failures.push(format!("{name}: {message}\n    {}", example.source));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_primitive_has_examples_and_refused_ones() {
    for (name, examples, refused) in Op::all_examples() {
        assert!(!examples.is_empty(), "{name} has no example");
        assert!(!refused.is_empty(), "{name} refuses nothing");
        for example in examples {
            let mnemonic = format!(" {name} ");
            assert!(example.source.contains(&mnemonic), "{}", example.source);
        }
    }
}

#[test]
fn examples_verify_and_round_trip() {
    for_all(|example| {
        let module = parse(&example.source).map_err(|e| e.to_string())?;
        let errors: Vec<String> = verify(&module).iter().map(ToString::to_string).collect();
        if !errors.is_empty() {
            return Err(errors.join("; "));
        }
        let text = module_to_string(&module);
        let again = parse(&text).map_err(|e| format!("{e} in {text}"))?;
        match module_to_string(&again) == text {
            true => Ok(()),
            false => Err(format!("read back as\n{}", module_to_string(&again))),
        }
    });
}

#[test]
fn wrong_uses_are_refused() {
    for (name, _, refused) in Op::all_examples() {
        for example in refused {
            let Ok(module) = parse(&example.source) else {
                continue;
            };
            assert!(
                !verify(&module).is_empty(),
                "{name}: nothing is said about {}",
                example.source
            );
        }
    }
}

/// The wide arithmetic computes the same function as the reference.
#[test]
fn arithmetics_agree() {
    for_all(|example| {
        let Some(case) = Case::new(example, 1) else {
            return Ok(());
        };
        let plain: Vec<_> = case.args.iter().map(case::narrow).collect();
        let reference = Reference::<()>::default();
        let run = run_with(
            reference,
            &case.module,
            case.f,
            &case.sizes,
            &plain,
            &mut (),
        );
        let (plain, _) = run.map_err(|e| e.to_string())?;
        let run = run_with(
            Wide::default(),
            &case.module,
            case.f,
            &case.sizes,
            &case.args,
            &mut (),
        );
        let (wide, _) = run.map_err(|e| e.to_string())?;
        let single = example.source.contains("f32");
        let tolerance = if single { 1e-5 } else { 1e-13 };
        let mut pairs = plain.iter().zip(&wide);
        pairs.try_for_each(|(plain, wide)| near(plain, &case::narrow(wide), tolerance))
    });
}

fn near(a: &Array, b: &Array, tolerance: f64) -> Result<(), String> {
    if a.dims() != b.dims() || a.dtype() != b.dtype() {
        return Err("shapes differ".to_owned());
    }
    if !a.dtype().is_float() {
        return Ok(());
    }
    for (x, y) in case::floats(a).iter().zip(case::floats(b)) {
        let same = x == &y || x.is_nan() && y.is_nan();
        if !same && (x - y).abs() > tolerance * (1.0 + y.abs()) {
            return Err(format!("{x} is not {y}"));
        }
    }
    Ok(())
}

/// Where linearity is claimed, it holds at every point and the operation can be transposed; where it is
/// not claimed, it fails at some point.
#[test]
fn linearity_is_as_claimed() {
    for_all(|example| {
        let cases = (2..14).filter_map(|seed| Case::new(example, seed));
        let cases: Vec<Case> = cases.collect();
        let Some(first) = cases.first().filter(|_| example.derivatives > 0) else {
            return Ok(());
        };
        for subset in subsets(&first.float_params()) {
            let Some(claimed) = first.claims_linear(&subset) else {
                continue;
            };
            let mut holds = true;
            for (k, case) in cases.iter().enumerate() {
                holds &= case.is_linear_in(&subset, &mut Random::new(k as u64))?;
            }
            if claimed != holds {
                return Err(format!("in {subset:?}: claimed {claimed}, found {holds}"));
            }
            if claimed {
                let law = adjoint::claimed(&mut first.clone(), &subset, &mut Random::new(8));
                law.map_err(|e| format!("linear in {subset:?}: {e}"))?;
            }
        }
        Ok(())
    });
}

#[test]
fn tangents_agree_with_differences_and_cotangents_with_tangents() {
    for_all(|example| {
        let Some(case) = Case::new(example, 4) else {
            return Ok(());
        };
        let floats = case.float_params();
        for subset in subsets(&floats) {
            let made = derivative::first_order(&mut case.clone(), &subset, &Tolerance::of(example));
            match (made, example.derivatives == 0 && subset.contains(&true)) {
                (Err(message), false) => return Err(format!("active {subset:?}: {message}")),
                (Ok(()), true) => return Err("the derivative is not refused".to_owned()),
                _ => {}
            }
        }
        Ok(())
    });
}

#[test]
fn second_derivatives_obey_the_same_laws() {
    for_all(|example| {
        let Some(case) = Case::new(example, 5).filter(|_| example.derivatives > 0) else {
            return Ok(());
        };
        let floats = case.float_params();
        if case.has_accumulators() || !floats.contains(&true) {
            return Ok(());
        }
        for subset in subsets(&floats).into_iter().filter(|s| s.contains(&true)) {
            for derived in compose::derived(&mut case.clone(), &subset, &mut Random::new(6))? {
                let all = derived.float_params();
                for active in subsets(&all) {
                    let mut derived = derived.clone();
                    let law =
                        derivative::first_order(&mut derived, &active, &Tolerance::of(example));
                    match (law, example.derivatives == 1 && active[0]) {
                        (Err(e), false) => return Err(format!("{subset:?} then {active:?}: {e}")),
                        (Ok(()), true) => return Err("the second derivative is not refused".into()),
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    });
}

/// Third order, on the operations that hold others together and those that are not smooth everywhere.
#[test]
fn third_derivatives_obey_the_same_laws() {
    let names = [
        "call", "for", "if", "map", "while", "update", "mul", "pow", "reduce", "dot",
    ];
    let chosen = examples()
        .into_iter()
        .filter(|(name, _)| names.contains(name));
    let mut seen = 0;
    for (name, example) in chosen {
        let Some(mut case) = Case::new(&example, 9) else {
            continue;
        };
        let active = case.float_params();
        if !active.contains(&true) {
            continue;
        }
        for mut first in compose::derived(&mut case, &active, &mut Random::new(1)).unwrap() {
            let active = first.float_params();
            for mut second in compose::derived(&mut first, &active, &mut Random::new(2)).unwrap() {
                let active = second.float_params();
                let law = derivative::first_order(&mut second, &active, &Tolerance::of(&example));
                law.unwrap_or_else(|e| panic!("{name}: {e}\n{}", example.source));
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn derivatives_at_special_points_are_as_defined() {
    let mut points = 0;
    for (_, example) in examples() {
        points += example.special.len();
    }
    assert!(points > 10);
    for_all(|example| {
        for special in &example.special {
            let Some(mut case) = Case::at(example, special) else {
                return Err("the point does not fit".to_owned());
            };
            derivative::known(&mut case, special)?;
        }
        Ok(())
    });
}

/// All choices among the positions that are marked in `of`; at most 32 of them.
fn subsets(of: &[bool]) -> Vec<Vec<bool>> {
    let marked: Vec<usize> = (0..of.len()).filter(|k| of[*k]).collect();
    let mut all = Vec::new();
    for bits in 0..1usize << marked.len().min(5) {
        let mut subset = vec![false; of.len()];
        for (k, &position) in marked.iter().enumerate() {
            subset[position] = bits >> k.min(4) & 1 == 1;
        }
        all.push(subset);
    }
    all
}
