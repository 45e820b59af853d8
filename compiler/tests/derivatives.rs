//! Derivatives of whole functions, with regions nested in each other, against fourth-order differences
//! in double-double arithmetic: forward, reverse, and every combination of two.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use dfn::passes::Manager;
use dfn_ir::function::{FuncId, Value};
use dfn_ir::interp::{Array, run};
use dfn_ir::ops::transform::Target;
use dfn_ir::ops::{Differences, Jvp, Vjp};
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{Builder, Module, Size, Type};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Forward,
    Reverse,
    Differences,
}

/// A function of `func`'s parameters and directions that gives the derivative alone.
fn wrap(module: &mut Module, func: FuncId, kind: Kind) -> FuncId {
    let source = module.get(func).clone();
    let mut b = Builder::new(format!("{}.{}", source.name, kind as usize));
    let mut map = std::collections::HashMap::new();
    for (k, &param) in source.body.params.iter().enumerate() {
        let ty = source.ty(param).rename(|v| map[&v]);
        let new = if k < source.sizes {
            b.size_param("s")
        } else {
            b.param(ty, None)
        };
        map.insert(param, new);
    }
    let sizes: Vec<Size> = source
        .size_params()
        .iter()
        .map(|v| Size::value(map[v]))
        .collect();
    let mut args: Vec<Value> = source.params().iter().map(|v| map[v]).collect();
    let active: Vec<bool> = args.iter().map(|&v| b.ty(v).is_differentiable()).collect();
    let directions: Vec<Type> = match kind {
        Kind::Reverse => source.types(&source.body.results),
        _ => source.types(source.params()),
    };
    for ty in directions.iter().filter(|ty| ty.is_differentiable()) {
        args.push(b.param(ty.rename(|v| map[&v]), None));
    }
    let target = Target { func, active };
    let inst = match kind {
        Kind::Forward => Jvp::emit(target, &mut b, module, &sizes, args),
        Kind::Reverse => Vjp::emit(target, &mut b, module, &sizes, args),
        Kind::Differences => Differences::emit(target, &mut b, module, &sizes, args),
    };
    let results = b.results(inst.unwrap()).to_vec();
    let primal = if kind == Kind::Differences {
        0
    } else {
        source.body.results.len()
    };
    module.add(b.finish(results[primal..].to_vec()))
}

/// Numbers between -1 and 1 from a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    fn array(&mut self, ty: &Type, sizes: &[i64], func: &dfn_ir::Function) -> Array {
        let of = |v: Value| {
            func.size_params()
                .iter()
                .position(|s| *s == v)
                .map_or(0, |k| sizes[k])
        };
        let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(of) as usize).collect();
        let n = dims.iter().product();
        let elements = (0..n).map(|k| match ty.dtype {
            DType::F64 => Scalar::F64(self.next()),
            DType::I64 => Scalar::I64(k as i64 * 7 % 3),
            DType::Bool => Scalar::Bool(k % 2 == 0),
            other => panic!("no random {other}"),
        });
        Array::new(ty.dtype, &dims, elements.collect()).unwrap()
    }
}

fn numbers(arrays: &[Array]) -> Vec<f64> {
    let float = |x: &Scalar| match *x {
        Scalar::F64(x) => Some(x),
        _ => None,
    };
    arrays
        .iter()
        .flat_map(|a| a.elements().iter().filter_map(float))
        .collect()
}

fn floats(func: &dfn_ir::Function, values: &[Value]) -> Vec<Type> {
    func.types(values)
        .into_iter()
        .filter(Type::is_differentiable)
        .collect()
}

/// Compares the derivatives of `func`, and of its derivatives to `order`.
fn check(module: &mut Module, func: FuncId, sizes: &[i64], args: &[Array], order: usize) {
    let wrapped: Vec<FuncId> = [Kind::Forward, Kind::Reverse, Kind::Differences]
        .into_iter()
        .map(|kind| wrap(module, func, kind))
        .collect();
    let source = module.get(func).clone();
    let mut random = Random(order as u64 * 77 + 1);
    let tangents: Vec<Array> = floats(&source, source.params())
        .iter()
        .map(|ty| random.array(ty, sizes, &source))
        .collect();
    let cotangents: Vec<Array> = floats(&source, &source.body.results)
        .iter()
        .map(|ty| random.array(ty, sizes, &source))
        .collect();
    let mut expanded = module.clone();
    Manager::new(None)
        .always_verify()
        .run_all(&mut expanded)
        .unwrap();
    let call = |id: FuncId, extra: &[Array]| {
        let all: Vec<Array> = args.iter().chain(extra).cloned().collect();
        run(&expanded, id, sizes, &all, &mut ()).unwrap()
    };
    let forward = numbers(&call(wrapped[0], &tangents));
    let expected = numbers(&call(wrapped[2], &tangents));
    let scale = expected.iter().fold(1.0f64, |m, x| m.max(x.abs()));
    assert_eq!(forward.len(), expected.len());
    for (a, b) in forward.iter().zip(&expected) {
        assert!(
            (a - b).abs() <= 1e-12 * scale,
            "forward {a} differences {b} in @{}",
            source.name
        );
    }
    let reverse = numbers(&call(wrapped[1], &cotangents));
    let left: f64 = forward
        .iter()
        .zip(numbers(&cotangents))
        .map(|(a, b)| a * b)
        .sum();
    let right: f64 = reverse
        .iter()
        .zip(numbers(&tangents))
        .map(|(a, b)| a * b)
        .sum();
    assert!(
        (left - right).abs() <= 1e-12 * scale * left.abs().max(10.0),
        "forward {left} reverse {right} in @{}",
        source.name
    );
    if order > 1 {
        let with = |extra: &[Array]| args.iter().chain(extra).cloned().collect::<Vec<_>>();
        check(module, wrapped[0], sizes, &with(&tangents), order - 1);
        check(module, wrapped[1], sizes, &with(&cotangents), order - 1);
    }
}

/// Checks function `f` of `source` at random arguments.
fn program(source: &str, sizes: &[i64], order: usize) {
    let mut module = dfn_ir::text::parse(source).unwrap();
    let func = module.named("f").unwrap();
    let f = module.get(func).clone();
    let mut random = Random(42);
    let args: Vec<Array> = f
        .params()
        .iter()
        .map(|&v| random.array(f.ty(v), sizes, &f))
        .collect();
    check(&mut module, func, sizes, &args, order);
}

#[test]
fn loop_in_a_map_with_gathers() {
    program(
        "func @f[%n, %m](%x: f64[%n, %m], %c: f64, %k: i64[%n]) -> (f64[%n]) {
           %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
             (%i: i64):
             %j = index %k, %i : i64
             %row = index %x, %j : f64[%m]
             %last = for [%m] %c {direction = up} : f64 do {
               (%t: i64, %s: f64):
               %v = index %row, %t : f64
               %w = index %x, %i, %t : f64
               %p = mul %v, %s : f64
               %q = sin %p : f64
               %r = fma %w, %q, %s : f64
               yield %r
             }
             yield %last
           }
           return %y
         }",
        &[3, 4],
        2,
    );
}

#[test]
fn branches_in_loops() {
    program(
        "func @f[%n](%x: f64[%n], %c: f64) -> (f64, f64[%n]) {
           %zero = const {value = f64 0.0} : f64
           %last, %all = for [%n] %c {direction = down} : f64, f64[%n] do {
             (%i: i64, %s: f64):
             %v = index %x, %i : f64
             %up = compare %zero, %v {how = lt} : bool
             %r = if %up : f64 do {
               %e = exp %v : f64
               %p1 = mul %e, %s : f64
               yield %p1
             } else {
               %small = compare %s, %zero {how = lt} : bool
               %inner = if %small : f64 do {
                 %p2 = mul %v, %c : f64
                 yield %p2
               } else {
                 %t = tanh %v : f64
                 %p3 = add %t, %s : f64
                 yield %p3
               }
               yield %inner
             }
             %half = const {value = f64 0.5} : f64
             %next = mul %half, %r : f64
             yield %next, %r
           }
           return %last, %all
         }",
        &[6],
        2,
    );
}

#[test]
fn nested_loops_with_array_carries() {
    program(
        "func @f[%n, %m](%a: f64[%n, %n], %x: f64[%n]) -> (f64[%n], f64[%m]) {
           %y, %sums = for [%m] %x {direction = up} : f64[%n], f64[%m] do {
             (%k: i64, %v: f64[%n]):
             %av = dot %a, %v {batch = [], contract = [1, 0]} : f64[%n]
             %w = tanh %av : f64[%n]
             %zero = const {value = f64 0.0} : f64
             %s = for [%n] %zero {direction = up} : f64 do {
               (%i: i64, %acc: f64):
               %wi = index %w, %i : f64
               %vi = index %v, %i : f64
               %next = fma %wi, %vi, %acc : f64
               yield %next
             }
             %sb = broadcast %s {axes = []} : f64[%n]
             %u = fma %w, %sb, %v : f64[%n]
             yield %u, %s
           }
           return %y, %sums
         }",
        &[3, 2],
        2,
    );
}

#[test]
fn maps_in_maps_and_calls() {
    program(
        "func @g[%d](%u: f64[%d], %v: f64[%d], %s: f64) -> (f64) {
           %y = map [%d, %d] {yields = 1, sums = 0, accs = 0} : f64[%d, %d] do {
             (%i: i64, %j: i64):
             %ui = index %u, %i : f64
             %vj = index %v, %j : f64
             %p = mul %ui, %vj : f64
             %q = mul %p, %s : f64
             %e = exp %q : f64
             yield %e
           }
           %r = reduce %y {kind = sum, axes = [0, 1]} : f64
           return %r
         }
         func @f[%n, %d](%x: f64[%n, %d], %w: f64[%d], %s: f64) -> (f64[%n, %n]) {
           %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n, %n] do {
             (%i: i64):
             %xi = index %x, %i : f64[%d]
             %z = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
               (%j: i64):
               %xj = index %x, %j : f64[%d]
               %t = mul %xj, %w : f64[%d]
               %v = call [%d] %xi, %t, %s {func = @g} : f64
               yield %v
             }
             yield %z
           }
           return %y
         }",
        &[2, 3],
        2,
    );
}

#[test]
fn structure_and_reductions() {
    program(
        "func @f[%n, %m](%x: f64[%n, %m], %y: f64[%m]) -> (f64[%m, %n], f64, f64[3 + %m]) {
           %xt = transpose %x {axes = [1, 0]} : f64[%m, %n]
           %b = broadcast %y {axes = [0]} : f64[%m, %n]
           %p = mul %xt, %b : f64[%m, %n]
           %e = sin %p : f64[%m, %n]
           %s = reduce %e {kind = sum, axes = [1]} : f64[%m]
           %best = reduce %s {kind = max, axes = [0]} : f64
           %one = const {value = i64 1} : i64
           %part = slice %s, %one {axis = 0, step = 1} : f64[3]
           %both = concat %part, %y {axis = 0} : f64[3 + %m]
           %q = mul %both, %both : f64[3 + %m]
           %flat = reshape %x : f64[%n*%m]
           %total = reduce %flat {kind = sum, axes = [0]} : f64
           %r = fma %best, %total, %best : f64
           return %e, %r, %q
         }",
        &[3, 5],
        2,
    );
}

#[test]
fn carries_and_branches_without_tangent() {
    program(
        "func @f[%n](%x: f64[%n], %c: f64) -> (f64, f64) {
           %zero = const {value = f64 0.0} : f64
           %a, %b = for [%n] %c, %zero {direction = up} : f64, f64 do {
             (%i: i64, %s: f64, %t: f64):
             %v = index %x, %i : f64
             %w = round %s {to = floor} : f64
             %up = compare %zero, %v {how = lt} : bool
             %p, %q = if %up : f64, f64 do {
               %e = exp %v : f64
               %g = round %v {to = ceil} : f64
               yield %e, %g
             } else {
               %h = round %s {to = ceil} : f64
               yield %s, %h
             }
             %r = mul %p, %q : f64
             %u = mul %r, %w : f64
             %next = sub %u, %v : f64
             yield %next, %w
           }
           %y = mul %a, %b : f64
           return %y, %b
         }",
        &[4],
        2,
    );
}

#[test]
fn while_loops() {
    program(
        "func @f[%n](%x: f64[%n], %c: f64) -> (f64, f64) {
           %zero = const {value = i64 0} : i64
           %k1 = const {value = i64 1} : i64
           %y = map [%n] {yields = 1, sums = 0, accs = 0} : f64[%n] do {
             (%i: i64):
             %xi = index %x, %i : f64
             %s, %t, %runs = while %xi, %zero : f64, i64, i64 do {
               (%u: f64, %k: i64):
               %limit = const {value = i64 5} : i64
               %last = add %limit, %i : i64
               %again = compare %k, %last {how = lt} : bool
               yield %again
             } else {
               (%v: f64, %j: i64):
               %e = sin %v : f64
               %p = fma %e, %c, %v : f64
               %next = add %j, %k1 : i64
               yield %p, %next
             }
             yield %s
           }
           %sum = reduce %y {kind = sum, axes = [0]} : f64
           %one = const {value = f64 1.0} : f64
           %big = const {value = f64 100.0} : f64
           %z, %trips = while %one : f64, i64 do {
             (%a: f64):
             %c2 = compare %a, %big {how = lt} : bool
             yield %c2
           } else {
             (%b: f64):
             %m = mul %b, %sum : f64
             %q = mul %m, %m : f64
             %three = const {value = f64 3.0} : f64
             %g = fma %b, %three, %q : f64
             yield %g
           }
           return %sum, %z
         }",
        &[3],
        2,
    );
}
