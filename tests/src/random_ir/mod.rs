//! Random well-typed functions of the SSA IR, from a seed.
//!
//! Numbers stay in the domain of every operation and bounded (by at most 8), sizes are symbolic and small,
//! indices are in bounds: what a generated program does is defined, so that whatever a pass, a derivative
//! or an engine makes of it can be compared with `==`, or with differences in double-double.

mod arrays;
mod calls;
mod numbers;
mod random;
mod regions;
mod scope;
mod sums;
mod wanted;

pub mod check;
pub mod shrink;

pub use calls::Signature;
pub use random::Random;
pub use scope::{Bound, Known};

use dfn_ir::function::{FuncId, Value};
use dfn_ir::interp::Array;
use dfn_ir::ops::{Add, Order, Reduce, ReduceKind};
use dfn_ir::{Builder, DType, Module, Scalar, Size, Type};
use std::collections::HashMap;

/// What programs are made of.
#[derive(Clone, Debug)]
pub struct Policy {
    /// A word.
    pub name: &'static str,
    /// How often: elementwise, structural, reduction, contraction, map, for, while, if, call, accumulate.
    weights: [usize; 10],
    /// Whether most indices are elements of index arrays.
    gathers: bool,
    /// Whether functions with kinks are as frequent as others.
    kinks: bool,
}

/// The policies; a seed uses one after the other.
pub const POLICIES: [Policy; 6] = [
    policy("mixed", [10, 6, 2, 2, 3, 2, 1, 2, 3, 1]),
    policy("loops", [8, 3, 1, 1, 2, 6, 3, 1, 1, 1]),
    Policy {
        gathers: true,
        ..policy("gathers", [6, 8, 1, 1, 6, 2, 0, 1, 1, 4])
    },
    policy("calls", [8, 4, 1, 1, 2, 1, 1, 1, 9, 1]),
    policy("branches", [8, 3, 1, 1, 2, 2, 2, 8, 1, 1]),
    Policy {
        kinks: true,
        ..policy("kinks", [14, 6, 3, 2, 3, 2, 1, 3, 2, 1])
    },
];

const fn policy(name: &'static str, weights: [usize; 10]) -> Policy {
    Policy {
        name,
        weights,
        gathers: false,
        kinks: false,
    }
}

/// A generated function with arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it came from.
    pub seed: u64,
    /// The function and those that it calls.
    pub module: Module,
    /// The function.
    pub func: FuncId,
    /// The sizes it is run on.
    pub sizes: Vec<i64>,
    /// The arguments it is run on.
    pub args: Vec<Array>,
}

/// A function under construction.
pub struct Gen<'a> {
    pub(crate) random: Random,
    pub(crate) b: Builder,
    module: &'a Module,
    callees: &'a [Signature],
    policy: Policy,
    known: Vec<Known>,
    sizes: Vec<Size>,
    ranges: HashMap<Value, (i64, i64)>,
    budget: usize,
}

/// The program of a seed.
pub fn generate(seed: u64) -> Program {
    let mut random = Random(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let policy = POLICIES[seed as usize % POLICIES.len()].clone();
    let mut module = Module::new();
    let mut callees: Vec<Signature> = Vec::new();
    for k in 0..random.below(3) {
        let seed = Random(random.bits());
        let name = format!("g{k}");
        let (func, params, results) = function(seed, &module, &callees, &policy, &name);
        let func = module.add(func);
        callees.push(Signature {
            func,
            params,
            results,
        });
    }
    let seed_of_f = Random(random.bits());
    let (func, bounds, _) = function(seed_of_f, &module, &callees, &policy, "f");
    let func = module.add(func);
    let f = module.get(func).clone();
    let sizes: Vec<i64> = f
        .size_params()
        .iter()
        .map(|v| match f.name(*v) {
            Some("z") => random.below(3) as i64,
            _ => 1 + random.below(3) as i64,
        })
        .collect();
    let args = arguments(&mut random, &f, &bounds, &sizes);
    Program {
        seed,
        module,
        func,
        sizes,
        args,
    }
}

/// Arguments within the bounds.
fn arguments(
    random: &mut Random,
    f: &dfn_ir::Function,
    bounds: &[Bound],
    sizes: &[i64],
) -> Vec<Array> {
    let of = |v: Value| {
        let place = f.size_params().iter().position(|s| *s == v);
        place.map_or(0, |k| sizes[k])
    };
    let mut args = Vec::new();
    for (&param, bound) in f.params().iter().zip(bounds) {
        let ty = f.ty(param);
        let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(of) as usize).collect();
        let element = |random: &mut Random| match bound {
            Bound::Float(size) => Scalar::F64(random.unit() * size),
            Bound::Below(limit) => Scalar::I64(random.below(limit.evaluate(of) as usize) as i64),
            Bound::Any => Scalar::Bool(random.chance(50)),
        };
        let elements = (0..dims.iter().product())
            .map(|_| element(random))
            .collect();
        args.push(Array::new(ty.dtype, &dims, elements).unwrap());
    }
    args
}

/// A function, the bounds of its parameters and those of its results.
fn function(
    mut random: Random,
    module: &Module,
    callees: &[Signature],
    policy: &Policy,
    name: &str,
) -> (dfn_ir::Function, Vec<Bound>, Vec<Bound>) {
    let is_main = name == "f";
    let mut cx = Gen {
        b: Builder::new(name),
        module,
        callees,
        policy: policy.clone(),
        known: Vec::new(),
        sizes: vec![Size::constant(2)],
        ranges: HashMap::new(),
        budget: 6 + random.below(if is_main { 34 } else { 12 }),
        random,
    };
    for k in 0..1 + cx.random.below(2) {
        let size = cx.b.size_param(["n", "m"][k]);
        cx.ranges.insert(size, (1, 3));
        cx.sizes.push(Size::value(size));
    }
    // A size that may be 0 is a size of parameters only where nothing is indexed by constants.
    if is_main && cx.random.chance(20) {
        let size = cx.b.size_param("z");
        cx.ranges.insert(size, (0, 2));
        cx.sizes.push(Size::value(size));
    }
    let mut bounds = Vec::new();
    for k in 0..2 + cx.random.below(4) {
        let known = match k {
            0 => cx.float_parameter(),
            _ => cx.parameter(),
        };
        bounds.push(known.bound);
    }
    while cx.budget > 0 {
        cx.steps(1);
    }
    let (results, of_results) = cx.results();
    (cx.b.finish(results), bounds, of_results)
}

impl Gen<'_> {
    fn float_parameter(&mut self) -> Known {
        let rank = 1 + self.random.below(2);
        let ty = self.array_type(rank);
        let value = self.b.param(ty, None);
        self.know(value, Bound::Float(1.5))
    }

    /// Up to `n` more instructions, regions and their contents counted as one here.
    pub fn steps(&mut self, n: usize) {
        for _ in 0..n {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.step();
        }
    }

    fn step(&mut self) {
        let mut weights = self.policy.weights;
        if self.b.current_depth() >= 3 {
            weights[4..8].fill(0);
            weights[9] = 0;
        }
        if self.callees.is_empty() {
            weights[8] = 0;
        }
        for _ in 0..8 {
            let done = match self.random.weighted(&weights) {
                0 => self.elementwise(),
                1 => self.structural(),
                2 => self.reduction(),
                3 => self.contraction(),
                4 => self.map(),
                5 => self.for_loop(),
                6 => self.while_loop(),
                7 => self.branch(),
                8 => self.call(),
                _ => self.accumulate(),
            };
            if done {
                return;
            }
        }
    }

    /// What the function returns: some of what nothing used, the rest of that added up.
    fn results(&mut self) -> (Vec<Value>, Vec<Bound>) {
        let mut results: Vec<Known> = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            results.extend(self.find(|cx, k| k.uses == 0 && cx.b.ty(k.value).dtype == DType::F64));
        }
        if self.random.chance(20) {
            results.extend(self.find(|cx, k| cx.b.ty(k.value).dtype != DType::F64));
        }
        let unused: Vec<Known> = self
            .known
            .iter()
            .filter(|k| k.uses == 0 && self.b.ty(k.value).dtype == DType::F64)
            .cloned()
            .collect();
        let mut sum: Option<(Value, f64)> = None;
        for k in unused {
            let ty = self.ty(k.value);
            let axes: Vec<usize> = (0..ty.rank()).collect();
            let (kind, order) = (ReduceKind::Sum, Order::Any);
            let total = match axes.is_empty() {
                true => k.value,
                false => self.op(Reduce { kind, axes, order }, &[k.value]),
            };
            let size = k.size() * self.volume(&ty) as f64;
            sum = Some(match sum {
                None => (total, size),
                Some((sum, before)) => (self.op(Add, &[sum, total]), before + size),
            });
        }
        if let Some((value, size)) = sum {
            results.push(self.float(value, size));
        }
        if results.is_empty() {
            results.push(self.want(&Type::scalar(DType::F64)));
        }
        let bounds = results.iter().map(|k| match &k.bound {
            Bound::Below(_) => Bound::Any,
            other => other.clone(),
        });
        (results.iter().map(|k| k.value).collect(), bounds.collect())
    }
}
