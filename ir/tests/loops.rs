//! The loop IR: text form and verifier.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use dfn_ir::loops::{parse, verify};

/// One of every statement and attribute.
const EVERYTHING: &str = "\
func @\"f<f64>\"(%n: i64, %x: buffer f64 class 1 readonly align 64, %s: f32) {
  %0: i32 = const 0
  return %0
}

export func @everything(%n: i64, %x: buffer f64, %p: pointer class 2, %s: f32, %u: buffer u64) {
  %zero: i64 = const 0
  %half: f64x8 = const -0.5
  %inf: f64 = const -inf
  %nan: f32 = const nan
  %yes: bool = const true
  %big: u64 = const 18446744073709551615
  %v: f64x8 = load %x[%zero]
  %t: f64x8 = fma %v, %v, %half
  %m: boolx8 = lt %v, %t
  %any: bool = any %m
  %all: bool = all %m
  %w: f64x8 = select %m, %v, %t
  %i: i64x8 = iota
  %g: f64x8 = gather %x[%i] mask %m
  %h: f64x8 = gather %x[%i]
  %lo: f64x4 = low %g
  %hi: f64x4 = high %h
  %sh: f64x4 = shuffle %g, %h [0, 8, 15, 7]
  %e: f64 = extract %lo, 3
  %sp: f64x2 = splat %e
  %c: f32x4 = convert %hi
  %b: u64x8 = bitcast %w
  store %u[%zero], %b
  %r: f64, %q: f64x2 = for %k = %zero to %n step 8 reverse parallel carry (%a: f64 = %e, %d: f64x2 = %sp) {
    %f: f64 = add %a, %a
    yield %f, %d
  }
  for %k.1 = %zero to %n {
    fill %x[%zero], %n, %r
  }
  %z: i64 = while carry (%j: i64 = %n) {
    %less: bool = lt %zero, %j
    yield %less
  } do {
    %down: i64 = sub %j, %n
    yield %down
  }
  %y: f64 = if %any rare {
    yield %r
  } else {
    yield %e
  }
  if %all {
    check %yes, 17
  }
  %always: f64 = if %yes sure {
    yield %y
  } else {
    yield %r
  }
  %tmp: buffer f64 = alloc %n
  %tmp.1: buffer f64 class 3 align 16 = alloc %n in %p at %zero
  copy %tmp[%zero] from %x[%zero], %n
  call @\"f<f64>\"(%n, %tmp, %s)
  %st: i32 = try call @\"f<f64>\"(%n, %tmp, %s)
  host \"print \\\"x\\\"\"(%y, %tmp[%n])
  %member: f64 = field %p, 16
  %inner: pointer = field %p, 8
  %array: buffer i32 = address %p, 24
  %rest: buffer i32 = advance %array, %n
  %next: pointer = advance %p, %n
  %null: bool = null %array
  %odd: bool = misaligned %inner, 8
  %own: pointer = malloc %n
  free %own
  return %st
}
";

#[test]
fn text_round_trips() {
    let text = EVERYTHING;
    let program = parse(text).unwrap();
    assert_eq!(program.to_string(), text);
    verify(&program).unwrap();
}

#[test]
fn parse_errors_name_the_place() {
    let cases = [
        (
            "func @f() { return %x }",
            "1:20: `%x` is not defined before this use",
        ),
        (
            "func @f() {\n  %x: f63 = const 1\n}",
            "2:7: expected a type, found `f63`",
        ),
        (
            "func @f(%n: i64x3) {}",
            "1:13: expected a type, found `i64x3`",
        ),
        (
            "func @f() { frobnicate }",
            "1:24: `frobnicate` is not a statement without results",
        ),
        ("func @f() {", "1:12: expected a statement, found the end"),
        (
            "func @f() { call @g() }",
            "1:18: no function `@g` stands before this one",
        ),
        (
            "func @f(%a: i64, %a: i64) {}",
            "1:18: `%a` is defined twice",
        ),
        ("func @\"f", "1:7: text without an end or with a bad escape"),
    ];
    for (text, message) in cases {
        assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
    }
    let deep = format!("func @f(%c: bool) {{ {}", "if %c { ".repeat(1_000_000));
    let error = parse(&deep).unwrap_err();
    assert!(error.message.contains("nested too deeply"), "{error}");
}

fn errors(text: &str) -> Vec<String> {
    let errors = verify(&parse(text).unwrap()).unwrap_err();
    errors.into_iter().map(|error| error.message).collect()
}

#[test]
fn the_verifier_reports_every_error() {
    let found = errors(
        "func @f(%n: i64, %x: buffer f64 readonly, %v: f64x2, %b: bool, %p: pointer) {
  %a: f64 = load %x[%b]
  %c: f64 = add %a, %n
  %d: i64 = sqrt %n
  store %x[%n], %a
  %e: f64x4 = splat %v
  %g: f64 = extract %v, 2
  %sh: f64x2 = shuffle %v, %v [3, 4]
  check %n, 0
  if %b {
    %inner: i64 = const 1
    yield %n
  }
  for %i = %n to %a step 0 carry (%s: i64 = %a) {
    yield %b
  }
  %w: buffer f64 align 3 = alloc %n
  %leak: buffer f64 = if %b {
    %t: buffer f64 = alloc %n
    yield %t
  } else {
    yield %x
  }
}",
    );
    let wanted = [
        "the parameter %v is a vector",
        "the index %b is bool, not i64",
        "the operand %a is f64, not i64",
        "the result %c is f64, not i64",
        "sqrt is not defined on i64",
        "%x is readonly and written",
        "the operand %v is f64x2, not f64",
        "there is no lane 2 in f64x2",
        "there is no lane 4 in two of f64x2",
        "the condition %n is i64, not bool",
        "the status of a check is 0",
        "0 values are handed on, not 1",
        "the bound %a is f64, not i64",
        "the step is not positive",
        "the value handed on, %a is f64, not i64",
        "the value handed on, %b is bool, not i64",
        "1 values are handed on, not 0",
        "the alignment of %w is not a power of two",
        "%t is yielded by its own block",
        "the body does not end in a return",
    ];
    for message in wanted {
        assert!(
            found.contains(&message.to_owned()),
            "missing {message}: {found:#?}"
        );
    }
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
}

#[test]
fn the_verifier_knows_scopes_and_calls() {
    let mut program = parse(
        "func @g(%n: i64) {
  %s: i32 = const 0
  return %s
}
func @f(%n: i64, %b: bool) {
  if %b {
    %t: i64 = const 1
  }
  call @g(%b)
  call @g()
  %s: i32 = const 0
  return %s
}",
    )
    .unwrap();
    let f = program.find("f").unwrap();
    // A use after the block of its definition, which the parser would take.
    let t = program.functions[f]
        .vars
        .iter()
        .find(|(_, data)| data.name == "t")
        .unwrap()
        .0;
    let stmt = dfn_ir::loops::Stmt::Return { status: t };
    program.functions[f].body.stmts.insert(1, stmt);
    let found: Vec<_> = verify(&program)
        .unwrap_err()
        .into_iter()
        .map(|error| error.to_string())
        .collect();
    let wanted = [
        "@f: %t is not defined before this use\n  in: return %t",
        "@f: the status %t is i64, not i32\n  in: return %t",
        "@f: the argument %b is bool, not i64\n  in: call @g(%b)",
        "@f: the callee takes 1 arguments, not 0\n  in: call @g()",
    ];
    assert_eq!(found, wanted);
}
