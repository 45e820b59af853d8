//! What assignments cost, counted: one element is O(1), of an array of any size, in the derivative too.

use super::support::counted;

/// A loop of `steps` steps that assigns parts of an array of `n` elements, with its gradient.
fn program(state: &str, step: &str, result: &str) -> String {
    format!(
        "struct Model[n] {{ w: f64[n], b: f64 }}
         fn f[n](x: f64[n], at: i64[2], steps: i64) -> f64 {{
             {state}
             for t in 0..steps {{ {step} }}
             {result}
         }}
         export fn run[n](x: f64[n], steps: i64) -> (f64, f64[n]) {{
             value_and_grad(f)(x, [1, 2], steps)
         }}"
    )
}

/// Elements that are loaded, stored and copied in a step: with `n` elements, 100 steps against 20.
fn moved_in_a_step(source: &str, n: i64) -> u64 {
    let moved = |steps| counted(source, "run", &[n], steps);
    (moved(100) - moved(20)) / 80
}

#[test]
fn a_step_costs_the_same_for_all_sizes() {
    let array = "let mut a = x;";
    let model = "let mut m = Model { w: x, b: 0.0 };";
    let cases = [
        (array, "a[t] = a[t + 1] * x[t];", "sum(a)"),
        (array, "a[1..4] += a[0] * x[2..5];", "sum(a)"),
        (array, "a[..5 step 2] = x[1] * a[1];", "sum(a)"),
        (array, "a[at] += a[3] * x[at];", "sum(a)"),
        (
            array,
            "(a[t], a[t + 1]) = (a[t + 1] * x[t], a[t]);",
            "sum(a)",
        ),
        (model, "m.w[t] *= x[t]; m.b += m.w[t];", "m.b * sum(m.w)"),
    ];
    for (state, step, result) in cases {
        let source = program(state, step, result);
        let (small, large) = (
            moved_in_a_step(&source, 200),
            moved_in_a_step(&source, 2000),
        );
        assert!(
            small == large && small < 150,
            "{step}: {small} and {large} in a step"
        );
    }
}
