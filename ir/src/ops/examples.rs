//! The examples that families of primitives share, and operands that they refuse.

use crate::op::Example;

/// Types on which functions of floats are not defined.
pub(super) const NOT_FLOATS: &[&str] = &["i32", "i64", "u32", "u64", "bool"];
/// Types on which arithmetic is not defined.
pub(super) const NOT_NUMBERS: &[&str] = &["bool"];
/// Types on which operations on bits are not defined.
pub(super) const NOT_BITS: &[&str] = &["f32", "f64"];

/// A function of one float, on arrays of fixed and of symbolic size and on a scalar of each type.
pub(super) fn unary(inst: &str, low: f64, high: f64) -> Vec<Example> {
    let on = |params: &str, ty: &str| {
        let inst = inst.replace("OP", "%x");
        Example::one(params, &format!("%y = {inst} : {ty}")).within(low, high)
    };
    vec![
        on("(%x: f64[2, 3])", "f64[2, 3]"),
        on("[%n](%x: f64[%n])", "f64[%n]").sizes(&[4]),
        on("(%x: f64)", "f64"),
        on("(%x: f32)", "f32"),
    ]
}

/// A function of two floats, on arrays of fixed and of symbolic size and on scalars of each type.
pub(super) fn binary(name: &str, low: f64, high: f64) -> Vec<Example> {
    let on = |sizes: &str, ty: &str| {
        let params = format!("{sizes}(%x: {ty}, %y: {ty})");
        Example::one(&params, &format!("%z = {name} %x, %y : {ty}")).within(low, high)
    };
    vec![
        on("", "f64[2, 3]"),
        on("[%n]", "f64[%n]").sizes(&[4]),
        on("", "f64"),
        on("", "f32"),
        // Both operands are one value.
        Example::one("(%x: f64)", &format!("%z = {name} %x, %x : f64")).within(low, high),
    ]
}

/// An operation that has no tangent, on operands of types `types`, giving `result`.
pub(super) fn discrete(name: &str, types: &[&str], result: &str) -> Vec<Example> {
    let params: Vec<String> = types
        .iter()
        .zip("xyzw".chars())
        .map(|(t, c)| format!("%{c}: {t}"))
        .collect();
    let args: Vec<String> = types
        .iter()
        .zip("xyzw".chars())
        .map(|(_, c)| format!("%{c}"))
        .collect();
    let (params, args) = (params.join(", "), args.join(", "));
    vec![Example::one(
        &format!("({params})"),
        &format!("%r = {name} {args} : {result}"),
    )]
}

/// What an elementwise operation of `arity` operands of one type refuses: a wrong number of operands,
/// wrong types, different shapes, accumulators, a result of another type than it has.
pub(super) fn refusals(name: &str, arity: usize, not: &[&str]) -> Vec<Example> {
    let of = |types: &[&str], result: &str| discrete(name, types, result);
    let mut refused = Vec::new();
    for ty in not {
        refused.extend(of(&vec![*ty; arity], ty));
    }
    let some = if not.contains(&"f64") { "i64" } else { "f64" };
    let (vector, acc) = (format!("{some}[2]"), "acc f64[2]");
    refused.extend(of(&vec![some; arity + 1], some));
    refused.extend(of(&vec![acc; arity], acc));
    refused.extend(of(&vec![vector.as_str(); arity], &format!("{some}[3]")));
    refused.extend(of(&vec![some; arity], &vector));
    if arity > 1 {
        let mut mixed = vec![vector.as_str(); arity];
        if let Some(last) = mixed.last_mut() {
            *last = some;
        }
        refused.extend(of(&mixed, &vector));
        let mut mixed = vec![some; arity];
        if let Some(last) = mixed.last_mut() {
            *last = if some == "i64" { "u64" } else { "f32" };
        }
        refused.extend(of(&mixed, some));
    }
    refused
}
