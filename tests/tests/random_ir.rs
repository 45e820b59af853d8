//! Random functions of the SSA IR: `DFN_RANDOM_PROGRAMS` of them (200), from seed `DFN_RANDOM_SEED` (0).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use dfn_tests::random_ir::check::{Failure, Outcome, check};
use dfn_tests::random_ir::shrink::shrink;
use dfn_tests::random_ir::{Program, generate};
use dfn_tests::sparsity::{Compared, compare};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

/// To which order derivatives are checked: the second one is more code, so not always.
fn order(seed: u64) -> usize {
    if seed.is_multiple_of(5) { 2 } else { 1 }
}

fn failure(program: &Program) -> Option<Failure> {
    check(program, order(program.seed)).err()
}

fn report(program: &Program, found: &Failure) -> String {
    let small = shrink(program, found, failure);
    let found = failure(&small).unwrap_or(found.clone());
    format!(
        "seed {}: {}: {}\nsizes {:?}\n{}",
        program.seed,
        found.stage,
        found.message,
        small.sizes,
        dfn_ir::text::module_to_string(&small.module)
    )
}

#[test]
fn random_functions() {
    let start = number("DFN_RANDOM_SEED", 0);
    let count = number("DFN_RANDOM_PROGRAMS", 200);
    let shown = number("DFN_RANDOM_SHOWN", 1) as usize;
    std::panic::set_hook(Box::new(|_| {}));
    let (mut skipped, mut failures) = (0, Vec::new());
    for seed in start..start + count {
        let program = generate(seed);
        match check(&program, order(seed)) {
            Ok(Outcome::Passed) => {}
            Ok(Outcome::Skipped) => skipped += 1,
            Err(found) => failures.push((program, found)),
        }
    }
    let _ = std::panic::take_hook();
    for (program, found) in &failures {
        let first = found.message.lines().next().unwrap_or_default();
        println!("seed {}: {}: {first:.120}", program.seed, found.stage);
    }
    std::panic::set_hook(Box::new(|_| {}));
    let shown = failures.iter().take(shown).map(|(p, f)| report(p, f));
    let shown: Vec<String> = shown.collect();
    let _ = std::panic::take_hook();
    let n = failures.len();
    assert!(
        shown.is_empty(),
        "{n} of {count} fail\n{}",
        shown.join("\n")
    );
    // A generator whose programs are mostly not checked would test nothing.
    assert!(skipped * 10 <= count, "{skipped} of {count} are skipped");
}

#[test]
fn patterns_have_every_derivative() {
    let start = number("DFN_RANDOM_SEED", 0);
    let count = number("DFN_RANDOM_PATTERNS", 60);
    let mut missing = Vec::new();
    let mut total = Compared::default();
    for seed in start..start + count {
        let program = generate(seed);
        let (sizes, args) = (&program.sizes, &program.args);
        match compare(&program.module, program.func, sizes, args) {
            Ok(found) => {
                total.nonzero += found.nonzero;
                total.entries += found.entries;
                total.dense += found.dense;
            }
            Err(error) if error.contains("cannot be differentiated") => {}
            Err(error) => {
                let text = dfn_ir::text::module_to_string(&program.module);
                missing.push(format!("seed {seed}: {error}\nsizes {sizes:?}\n{text}"));
            }
        }
    }
    println!("{total:?}");
    let n = missing.len();
    assert!(
        n == 0,
        "{n} of {count} fail\n{}",
        missing.first().unwrap_or(&String::new())
    );
}
