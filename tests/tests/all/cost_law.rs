//! The cost law: a value with its gradient costs at most 5 times the function, a directional derivative at
//! most 3 times, in operations on floats and in elements loaded, stored and copied, besides each input and
//! result once; and neither ratio grows with the size. Counted on loop programs whose memory is planned.

use dfn_tests::counted::{Counted, Counter};
use std::path::Path;

/// A program of `tests/cost`: its name, two lists of sizes, and the integers among its inputs at each.
struct Case {
    name: &'static str,
    sizes: [&'static [i64]; 2],
    integers: [&'static [i64]; 2],
}

const fn case(name: &'static str, small: &'static [i64], large: &'static [i64]) -> Case {
    Case {
        name,
        sizes: [small, large],
        integers: [&[], &[]],
    }
}

const CASES: &[Case] = &[
    case("asian", &[64, 16], &[256, 16]),
    case("ba", &[4, 8, 64], &[16, 32, 512]),
    case("cart_pole", &[64], &[256]),
    case("gaussian_process", &[24], &[72]),
    case("gmm", &[64, 8, 8, 28], &[256, 8, 8, 28]),
    case("kalman", &[32, 8], &[128, 8]),
    case("kmeans", &[64, 16, 8], &[512, 16, 8]),
    case("logistic", &[64, 32], &[512, 64]),
    case("lse", &[1024], &[8192]),
    case("lstm", &[2, 16, 16], &[2, 64, 32]),
    Case {
        name: "ode",
        sizes: [&[32], &[64]],
        integers: [&[16], &[128]],
    },
    case("regression", &[64, 32], &[512, 64]),
    Case {
        name: "sweeps",
        sizes: [&[64], &[192]],
        integers: [&[4], &[8]],
    },
    case("tiny", &[], &[]),
];

/// Residuals of long expressions of numbers, each stored once and loaded once.
const REGISTERS: &str =
    "the function keeps what it computes in registers and moves little but its inputs";
/// What exceeds the law: program, derivative, count, and the ratio that it keeps to at every size, with the
/// reason.
const EXCEPTIONS: &[(&str, &str, &str, f64, &str)] = &[
    ("cart_pole", "gradient", "moved", 13.0, REGISTERS),
    ("gaussian_process", "tangent", "operations", 3.3, FUSED),
    ("kalman", "tangent", "operations", 3.3, FUSED),
    ("ode", "gradient", "moved", 5.5, STAGES),
    ("ode", "gradient", "operations", 5.7, MASKED),
    ("ode", "tangent", "moved", 5.2, STAGES),
    ("ode", "tangent", "operations", 6.4, MASKED),
    ("sweeps", "tangent", "operations", 6.1, STRONG),
];

/// Products of which both factors have tangents.
const FUSED: &str = "a fused multiply-add is one operation, and its tangent two or three";
/// Coefficients that may be infinite.
const STRONG: &str = "a product in which a tangent of zero wins over an infinite factor is three operations, and \
    there are two of them for a product and a sum";
/// The stages of a step.
const STAGES: &str =
    "the function keeps the stages of a step in registers, its derivative saves what they read";
/// A branch in each element.
const MASKED: &str = "both arms are computed for each element of a vector, and selected, in the function \
    once, in its derivative for each tangent";

/// How much a ratio may grow from the small size to the large one.
const GROWTH: f64 = 0.15;

/// Programs whose ratios may grow more, with the reason: to a limit, which the table above holds them to.
const GROWING: &[(&str, f64, &str)] = &[
    (
        "gaussian_process",
        0.45,
        "at 24 points the kernel's exponentials, of order n², still count beside Cholesky's factor, of order n³",
    ),
    (
        "sweeps",
        0.3,
        "the order of a sum has a cost that does not depend on its length, which counts beside short sums",
    ),
];

/// How much the ratios of a program may grow.
fn growth(name: &str) -> f64 {
    let known = GROWING.iter().find(|known| known.0 == name);
    known.map_or(GROWTH, |known| known.1)
}

fn ratio(derived: u64, primal: u64, given: u64) -> f64 {
    derived.saturating_sub(given) as f64 / primal.max(1) as f64
}

/// The ratios of a derivative to its function: of operations, and of elements moved.
fn ratios(derived: &Counted, primal: &Counted) -> [(&'static str, f64); 2] {
    let operations = ratio(derived.counts.float_ops, primal.counts.float_ops, 0);
    let moved = ratio(derived.moved(), primal.moved(), derived.given);
    [("operations", operations), ("moved", moved)]
}

/// The most that a ratio may be, if it is an exception.
fn exception(name: &str, derived: &str, count: &str) -> Option<f64> {
    let mut known = EXCEPTIONS.iter();
    let found = known.find(|e| (e.0, e.1, e.2) == (name, derived, count));
    found.map(|e| e.3)
}

#[test]
fn derivatives_keep_to_the_cost_law() {
    let mut broken = Vec::new();
    for case in CASES {
        let path = format!("{}/cost/{}.dfn", env!("CARGO_MANIFEST_DIR"), case.name);
        let counter = Counter::new(Path::new(&path));
        let run = |name: &str, k: usize| counter.run(name, case.sizes[k], case.integers[k]);
        let primal = [run("primal", 0), run("primal", 1)];
        for (derived, law) in [("gradient", 5.0), ("tangent", 3.0)] {
            let found = [0, 1].map(|k| ratios(&run(derived, k), &primal[k]));
            for ((count, small), (_, large)) in found[0].into_iter().zip(found[1]) {
                let line = format!(
                    "{:18} {derived:9} {count:11} {small:.2} {large:.2}",
                    case.name
                );
                println!("{line}");
                let known = exception(case.name, derived, count);
                let most = known.unwrap_or(law);
                let grows = large > small * (1.0 + growth(case.name));
                if small > most || large > most || grows {
                    broken.push(line);
                }
            }
        }
    }
    assert!(
        broken.is_empty(),
        "ratios at two sizes that exceed the law, or grow:\n{}",
        broken.join("\n")
    );
}

/// The memory and the work of a loop of `n` steps with snapshots.
#[test]
fn snapshots_bound_the_memory_of_a_loop() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/cost/checkpoint.dfn");
    let counter = Counter::new(Path::new(path));
    let (d, small, large) = (16, 100, 1600);
    let run = |name: &str, n: i64| counter.run(name, &[d], &[n]);
    for name in [
        "primal",
        "plain",
        "root",
        "count",
        "budget",
        "plain_hvp",
        "root_hvp",
    ] {
        let (a, b) = (run(name, small), run(name, large));
        println!(
            "{name:10} {:8} {:8} bytes, {:9} {:9} operations",
            a.workspace, b.workspace, a.counts.float_ops, b.counts.float_ops
        );
    }
    let state = 8 * d as u64;
    let steps = |n: i64| n as u64 * run("primal", 1600).counts.float_ops / 1600;
    // All that is saved grows as the steps do.
    assert!(run("plain", large).workspace > 12 * run("plain", small).workspace);
    // Sixteen times the steps, four times the memory; one more run of the loop.
    let root = [run("root", small), run("root", large)];
    assert!(root[1].workspace < 5 * root[0].workspace);
    assert!(root[1].workspace < 8 * 40 * state);
    let plain = run("plain", large);
    let more = root[1].counts.float_ops - plain.counts.float_ops;
    assert!(more < steps(large) * 11 / 10, "{more}");
    // Six snapshots and little else, however many steps; C(6 + 8, 8) = 3003 steps run 8 times more at most.
    let six = [run("count", small), run("count", large)];
    assert_eq!(six[0].workspace, six[1].workspace);
    assert!(six[1].workspace < 16 * state);
    assert!(six[1].counts.float_ops < plain.counts.float_ops + 8 * steps(large));
    // The budget is met, and what else is needed does not depend on it.
    let budget = run("budget", large);
    assert!(budget.workspace < 8192 + 8 * state, "{}", budget.workspace);
    let hvp = [run("root_hvp", small), run("root_hvp", large)];
    assert!(hvp[1].workspace < 5 * hvp[0].workspace);
}
