//! What derivatives cost: counted, so free of noise.

use crate::case::{Case, Random, narrow};
use crate::compose;
use dfn_ir::interp::run_counted;
use dfn_ir::op::Example;

/// A loop that updates one element a step: neither it nor its derivatives copy an array a step.
#[test]
fn a_step_that_updates_one_element_is_cheap_to_differentiate() {
    let source = "func @f[%n](%u: f64[%n]) -> (f64[%n]) {
        %x = sin %u : f64[%n]
        %y = for [%n] %x {direction = up} : f64[%n] do {
          (%i: i64, %a: f64[%n]):
          %e = index %a, %i : f64
          %d = mul %e, %e : f64
          %b = update %a, %d, %i : f64[%n]
          yield %b
        }
        return %y }";
    let cost = |n: i64, which: usize| {
        let example = Example::module(source).sizes(&[n]);
        let mut case = Case::new(&example, 1).unwrap();
        let derived = compose::derived(&mut case, &[true], &mut Random::new(1)).unwrap();
        let case = &derived[which];
        let args: Vec<_> = case.args.iter().map(narrow).collect();
        let run = run_counted(&case.module, case.f, &case.sizes, &args, &mut ());
        let (_, counts) = run.unwrap();
        counts.loads + counts.stores + counts.copies + counts.float_ops + counts.int_ops
    };
    for which in [0, 1] {
        let (small, large) = (cost(100, which), cost(200, which));
        assert!(
            large < small * 21 / 10,
            "{small} for 100, {large} for 200 steps"
        );
    }
}
