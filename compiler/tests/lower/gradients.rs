//! What the gradient of a loop costs that reads the array which it updates, counted in the loop program:
//! a step costs the same whatever the size of the array, and the bits are those of the SSA IR.

use super::run::{numbers, planned, run_loops};
use dfn::build::{Prelude, Source, build};
use dfn::diagnostic::SourceMap;
use dfn::passes::Manager;
use dfn::passes::lower::Cause;
use dfn::stack::with_deep_stack;
use dfn::syntax::parse;
use dfn_ir::interp::{Array, run};
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{FuncId, Module};

/// The module of a program after all passes, and its function `run`.
fn compiled(text: &str) -> (Module, FuncId) {
    let mut sources = SourceMap::new();
    let id = sources.add("test.dfn", text);
    let (module, found) = parse(sources.get(id).unwrap());
    assert!(found.is_empty(), "{text}\n{found:?}");
    let (prelude, _) = Prelude::read(&mut sources);
    let source = Source {
        module: &module,
        imports: &[],
        standard: false,
    };
    let built = build(&[source], &prelude);
    assert!(
        built.diagnostics.is_empty(),
        "{text}\n{:?}",
        built.diagnostics
    );
    let mut program = built.program.unwrap();
    Manager::new(None).run_all(&mut program.module).unwrap();
    let export = program.exports.iter().find(|e| e.name == "run").unwrap();
    (program.module, export.func)
}

/// How many elements `run(x, steps)` loads, stores and copies for `n` numbers.
fn moved((module, root): &(Module, FuncId), n: usize, steps: i64) -> u64 {
    let x = numbers(7, n).into_iter().map(Scalar::F64).collect();
    let args = [
        Array::new(DType::F64, &[n], x).unwrap(),
        Array::of(Scalar::I64(steps)),
    ];
    let sizes = [n as i64];
    let wanted = run(module, *root, &sizes, &args, &mut ()).unwrap();
    let shapes: Vec<_> = wanted
        .iter()
        .map(|a| (a.dtype(), a.dims().to_vec()))
        .collect();
    let lowered = planned(module, *root);
    assert_eq!(lowered.copies, []);
    let found = run_loops(&lowered, *root, &sizes, &args, &shapes);
    assert_eq!(found.status, 0);
    assert_eq!(found.results, wanted, "{}", lowered.program);
    let counts = found.counts;
    counts.loads + counts.stores + counts.copies
}

/// A function of a state that a loop changes, and its gradient.
fn program(state: &str, step: &str, result: &str) -> String {
    format!(
        "struct Model[n] {{ w: f64[n], b: f64 }}
         fn f[n](x: f64[n], at: i64[2], steps: i64) -> f64 {{
             {state}
             for t in 0..steps {{ {step} }}
             {result}
         }}
         export fn run[n](x: f64[n], steps: i64) -> f64[n] {{ grad(f)(x, [1, 2], steps) }}"
    )
}

/// Checks that a step costs the same with 80 and with 400 elements.
fn assert_constant_step(text: &str) {
    with_deep_stack(|| {
        let program = compiled(text);
        let step = |n: usize| (moved(&program, n, 60) - moved(&program, n, 20)) as f64 / 40.0;
        let (small, large) = (step(80), step(400));
        assert!(
            small == large && small < 250.0,
            "{text}\n{small} and {large} in a step"
        );
    });
}

const ARRAY: &str = "let mut a = x;";

#[test]
fn elements_of_the_updated_array() {
    for step in [
        "a[t + 1] += a[t];",
        "a[t + 2] = a[t + 1] * a[t] + sin(a[t + 2]);",
        "(a[t], a[t + 1]) = (a[t + 1] * x[t], a[t]);",
        "a[at] += a[3] * x[at];",
        "a[t] *= a[t];",
    ] {
        assert_constant_step(&program(ARRAY, step, "sum(a)"));
    }
}

#[test]
fn slices_and_sums_of_the_updated_array() {
    for step in [
        "a[t..t + 3] = a[t + 1..t + 4] * x[t..t + 3];",
        "a[t] = sum(a[t + 1..t + 4]);",
        "a[..5 step 2] += x[1] * a[1];",
        "a[t] = dot(a[t + 1..t + 4], a[t + 2..t + 5]);",
    ] {
        assert_constant_step(&program(ARRAY, step, "sum(a)"));
    }
}

#[test]
fn two_arrays_and_structs() {
    let two = "let mut a = x; let mut b = 2.0 * x;";
    let step = "a[t + 1] = b[t] * a[t]; b[t + 1] = a[t + 1] + b[t];";
    assert_constant_step(&program(two, step, "a[steps] * b[steps]"));
    let model = "let mut m = Model { w: x, b: 0.5 };";
    let step = "m.w[t + 1] += m.w[t] * m.b; m.b += m.w[t + 1];";
    assert_constant_step(&program(model, step, "m.b * sum(m.w)"));
}

#[test]
fn loops_in_the_loop() {
    for step in [
        "for j in 0..3 { a[t + j + 1] += 0.5 * a[t + j]; }",
        "let mut s = 0.0; for j in 0..3 { s += a[t + j] * a[t]; } a[t + 1] = s;",
        "for j in 0..3 { a[t + j + 1] += a[t] * a[t + j]; } a[t] *= a[t + 2];",
    ] {
        assert_constant_step(&program(ARRAY, step, "sum(a)"));
    }
}

#[test]
fn updates_under_a_condition() {
    for step in [
        "if x[t] > 0 { a[t + 1] += a[t]; }",
        "if a[t] > 0 { a[t + 1] = sin(a[t]); } else { a[t + 2] = a[t] * a[t + 1]; }",
        "a[t + 1] = if x[t] > 0 { a[t] } else { 2 * a[t + 1] };",
        "if x[t] > 0 { if x[t + 1] > 0 { a[t + 1] += a[t]; } a[t] *= 2; }",
        "for j in 0..3 { if x[t + j] > 0 { a[t + j + 1] += a[t]; } }",
    ] {
        assert_constant_step(&program(ARRAY, step, "sum(a)"));
    }
}

#[test]
fn rows_of_the_updated_array() {
    let rows = "let mut a = [for i in 0..n: [x[i], 2.0 * x[i], 0.5]];";
    for step in [
        "a[t + 1] += a[t];",
        "a[t + 1] = a[t];",
        "a[t + 1] = a[t] * a[t + 1] + x[t];",
        "a[t + 1, 2] += sum(a[t]);",
        "for j in 1..3 { a[t + 1, j] += a[t, j] * a[t + 1, j - 1]; }",
    ] {
        assert_constant_step(&program(rows, step, "sum(a)"));
    }
}

#[test]
fn while_loops() {
    let state = "let mut a = x; let mut k = 0;
        while k < steps { a[k + 1] += a[k] * a[k + 2]; k += 1; }";
    assert_constant_step(&program(state, "", "sum(a)"));
}

#[test]
fn copies_in_loops_are_listed() {
    let step = "let old = a; a[t] = x[t + 1]; a[t + 1] += sum(old);";
    for (state, step, wanted) in [
        (ARRAY, step, vec![Cause::Kept, Cause::Carried]),
        (ARRAY, "a[t + 1] += a[t];", vec![]),
        // Outside of the loop.
        (
            "let old = x; let mut a = 2.0 * x; a[0] = old[1];",
            "a[t] = 1.0;",
            vec![],
        ),
    ] {
        let text = program(state, step, "sum(a)")
            .replace("grad(f)(x, [1, 2], steps)", "x * f(x, [1, 2], steps)");
        with_deep_stack(|| {
            let (module, root) = compiled(&text);
            let causes: Vec<Cause> = planned(&module, root)
                .copies
                .iter()
                .map(|c| c.cause)
                .collect();
            assert_eq!(causes, wanted, "{text}");
        });
    }
}

/// The soft minimum of dynamic time warping: a table, each cell of three others.
#[test]
fn tables_of_dynamic_programming() {
    let text = "
        fn soft(a: f64, b: f64, c: f64) -> f64 { -log(exp(-a) + exp(-b) + exp(-c)) }
        fn f[n](x: f64[n], steps: i64) -> f64 {
            let mut d = [for i in 0..n + 1: [for j in 0..n + 1: if i == 0 && j == 0 { 0.0 } else { 9.0 }]];
            for i in 0..n {
                for j in 0..n {
                    d[i + 1, j + 1] = (x[i] - f64(j)) ** 2 + soft(d[i, j], d[i, j + 1], d[i + 1, j]);
                }
            }
            d[n, n]
        }
        export fn run[n](x: f64[n], steps: i64) -> f64[n] { grad(f)(x, steps) }";
    with_deep_stack(|| {
        let program = compiled(text);
        let (small, large) = (moved(&program, 8, 0), moved(&program, 24, 0));
        assert!(large < 9 * small, "{small} and {large}");
    });
}
