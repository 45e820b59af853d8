//! Derivatives of functions that mask infinite slopes: finite, and zero where the mask is.

use crate::case::{Case, Random, narrow};
use crate::compose;
use dfn_ir::interp::{Array, Number};
use dfn_ir::numeric::DD;
use dfn_ir::op::{Example, Special};

/// `where(c, value, 0)` with `c` and `value` computed from `x` by instructions; `%zero` is there.
fn masked(condition: &str, value: &str) -> String {
    format!(
        "func @root[%n](%u: f64[%n]) -> (f64[%n]) {{ %s = sqrt %u : f64[%n] return %s }}
         func @f(%x: f64[3]) -> (f64[3]) {{
           %zero = const {{value = f64 0.0}} : f64[3]
           %one = const {{value = f64 1.0}} : f64[3]
           {condition}
           {value}
           %y = select %c, %v, %zero : f64[3]
           return %y
         }}"
    )
}

/// Masked functions, a point where the first element is masked, and the derivative there.
fn functions() -> Vec<(String, [f64; 3], [f64; 3])> {
    let positive = "%c = compare %zero, %x {how = lt} : bool[3]";
    let small = "%c = compare %x, %one {how = lt} : bool[3]";
    let at = [0.0, 4.0, 1.0];
    let of = |value: &str, slopes: [f64; 3]| (masked(positive, value), at, slopes);
    vec![
        of("%v = sqrt %x : f64[3]", [0.0, 0.25, 0.5]),
        of(
            "%l = log %x : f64[3] %v = mul %x, %l : f64[3]",
            [0.0, 1.0 + 4f64.ln(), 1.0],
        ),
        of("%v = div %one, %x : f64[3]", [0.0, -0.0625, -1.0]),
        of("%v = powi %x {n = -2} : f64[3]", [0.0, -2.0 / 64.0, -2.0]),
        of(
            "%k = const {value = f64 0.5} : f64[3] %v = pow %x, %k : f64[3]",
            [0.0, 0.25, 0.5],
        ),
        of(
            "%s = sqrt %x : f64[3] %v = fma %s, %x, %s : f64[3]",
            [0.0, 3.25, 2.0],
        ),
        // The slope is infinite in a function that knows nothing of the mask.
        of("%v = call [3] %x {func = @root} : f64[3]", [0.0, 0.25, 0.5]),
        // The infinite slope is inside another one: d √log x.
        of(
            "%l = log1p %x : f64[3] %v = sqrt %l : f64[3]",
            [0.0, 0.1 / 5f64.ln().sqrt(), 0.25 / 2f64.ln().sqrt()],
        ),
        (
            masked(
                small,
                "%k = const {value = f64 1000.0} : f64[3] %t = mul %k, %x : f64[3] %v = exp %t : f64[3]",
            ),
            [20.0, 0.0, -0.001],
            [0.0, 1000.0, 1000.0 * (-1f64).exp()],
        ),
        // The mask is a maximum.
        (
            "func @f(%x: f64[3]) -> (f64[3]) {
               %two = const {value = f64 1.0} : f64[3]
               %s = sqrt %x : f64[3]
               %y = max %s, %two : f64[3]
               return %y
             }"
            .to_owned(),
            [0.0, 4.0, 9.0],
            [0.0, 0.25, 1.0 / 6.0],
        ),
        // The mask is an assignment.
        (
            "func @f(%x: f64[3]) -> (f64[3]) {
               %zero = const {value = f64 0.0} : f64
               %first = const {value = i64 0} : i64
               %s = sqrt %x : f64[3]
               %y = update %s, %zero, %first : f64[3]
               return %y
             }"
            .to_owned(),
            at,
            [0.0, 0.25, 0.5],
        ),
        // The mask is a branch.
        (
            "func @f(%x: f64[3]) -> (f64[3]) {
               %y = map [3] {yields = 1, sums = 0, accs = 0} : f64[3] do {
                 (%i: i64):
                 %e = index %x, %i : f64
                 %s = sqrt %e : f64
                 %zero = const {value = f64 0.0} : f64
                 %c = compare %zero, %e {how = lt} : bool
                 %v = if %c : f64 do { yield %s } else { yield %zero }
                 yield %v
               }
               return %y
             }"
            .to_owned(),
            at,
            [0.0, 0.25, 0.5],
        ),
    ]
}

fn numbers(list: &[f64]) -> Array<Number> {
    let elements = list.iter().map(|&x| Number::Float(DD::from(x))).collect();
    Array::new(dfn_ir::DType::F64, &[list.len()], elements).unwrap()
}

fn case(source: &str, point: &[f64; 3]) -> Case {
    let special = Special {
        args: vec![point.to_vec()],
        tangents: Vec::new(),
        expected: Vec::new(),
    };
    Case::at(&Example::module(source), &special).unwrap()
}

#[test]
fn masked_infinities_do_not_reach_the_gradient() {
    for (source, point, slopes) in functions() {
        let mut case = case(&source, &point);
        for mut derived in compose::derived(&mut case, &[true], &mut Random::new(1)).unwrap() {
            derived.args[1] = numbers(&[1.0; 3]);
            let results = derived.run(derived.f, &derived.args).unwrap();
            for (found, expected) in crate::case::floats(&narrow(&results[0])).iter().zip(slopes) {
                let gap = (found - expected).abs();
                assert!(
                    gap <= 1e-14 * (1.0 + expected.abs()),
                    "{found} {expected}\n{source}"
                );
            }
        }
    }
}

#[test]
fn nor_second_derivatives() {
    for (source, point, _) in functions() {
        let mut case = case(&source, &point);
        for mut first in compose::derived(&mut case, &[true], &mut Random::new(1)).unwrap() {
            let seconds = compose::derived(&mut first, &[true, true], &mut Random::new(2)).unwrap();
            assert_eq!(seconds.len(), 2);
            for second in seconds {
                for result in second.run(second.f, &second.args).unwrap() {
                    let result = crate::case::floats(&narrow(&result));
                    assert!(result.iter().all(|x| x.is_finite()), "{result:?}\n{source}");
                }
            }
        }
    }
}

#[test]
fn straight_code_is_not_made_slower() {
    let source = "func @f(%x: f64[3], %y: f64[3]) -> (f64[3]) {
        %l = log %x : f64[3] %p = mul %l, %y : f64[3] return %p }";
    let mut case = Case::new(&Example::module(source).within(1.0, 2.0), 1).unwrap();
    let derived = compose::derived(&mut case, &[true, true], &mut Random::new(1)).unwrap();
    for case in derived {
        let text = dfn_ir::text::module_to_string(&case.module);
        assert!(!text.contains(" scale "), "{text}");
    }
}
