//! Random programs of the language: `DFN_RANDOM_SOURCES` of them (200), from seed `DFN_RANDOM_SEED` (0).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use dfn::backend::Level;
use dfn_tests::engines::Engine;
use dfn_tests::random_dfn::check::{Depth, check, check_source, patterns};
use dfn_tests::random_dfn::tree::shrink;
use dfn_tests::random_dfn::{Program, generate};
use dfn_tests::random_ir::check::Failure;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |n| n.parse().unwrap())
}

/// Second derivatives are more code, so not always.
fn depth(seed: u64) -> Depth<'static> {
    const JIT: &[Engine] = &[Engine::Interpreter, Engine::Cranelift(Level::O3)];
    const INTERPRETER: &[Engine] = &[Engine::Interpreter];
    Depth {
        order: if seed % 5 == 4 { 2 } else { 1 },
        engines: if seed.is_multiple_of(3) {
            JIT
        } else {
            INTERPRETER
        },
    }
}

fn report(program: &Program, found: &Failure) -> String {
    let depth = depth(program.seed);
    let tries = number("DFN_RANDOM_TRIES", 600) as usize;
    let small = shrink(&program.tree, tries, |tree| {
        check_source(tree, program, depth).is_err_and(|other| other.is_like(found))
    });
    let found = check_source(&small, program, depth)
        .err()
        .unwrap_or(found.clone());
    let message: String = found.message.chars().take(3000).collect();
    let (seed, stage, sizes) = (program.seed, &found.stage, &program.sizes);
    format!("seed {seed}: {stage}: {message}\nsizes {sizes:?}\n{small}")
}

#[test]
fn random_programs() {
    let start = number("DFN_RANDOM_SEED", 0);
    let count = number("DFN_RANDOM_SOURCES", 200);
    let shown = number("DFN_RANDOM_SHOWN", 1) as usize;
    std::panic::set_hook(Box::new(|_| {}));
    let mut failures = Vec::new();
    for seed in start..start + count {
        let program = generate(seed);
        if let Err(found) = check(&program, depth(seed)) {
            let first = found.message.lines().next().unwrap_or_default();
            println!("seed {seed}: {}: {first:.160}", found.stage);
            failures.push((program, found));
        }
    }
    let shown = failures.iter().take(shown).map(|(p, f)| report(p, f));
    let shown: Vec<String> = shown.collect();
    let _ = std::panic::take_hook();
    let n = failures.len();
    assert!(
        shown.is_empty(),
        "{n} of {count} fail\n{}",
        shown.join("\n")
    );
}

#[test]
fn patterns_have_every_derivative() {
    let start = number("DFN_RANDOM_SEED", 0);
    let count = number("DFN_RANDOM_PATTERNS", 30);
    let (mut nonzero, mut entries, mut dense) = (0, 0, 0);
    let mut failures = Vec::new();
    for seed in start..start + count {
        let program = generate(seed);
        match patterns(&program) {
            Ok(found) => {
                nonzero += found.nonzero;
                entries += found.entries;
                dense += found.dense;
            }
            Err(found) => {
                let Failure { stage, message } = found;
                failures.push(format!("seed {seed}: {stage}: {message}\n{}", program.tree));
            }
        }
    }
    println!("{nonzero} of {dense} are not zero; {entries} entries");
    let n = failures.len();
    let first = failures.first().cloned().unwrap_or_default();
    assert!(n == 0, "{n} of {count} fail\n{first}");
}
