//! Derivatives of whole functions against fourth-order differences in double-double arithmetic: forward,
//! reverse by the inner product with forward, and both again on the derived functions.
//!
//! The derived functions are run in double-double too: what is compared is then the mathematics of the
//! rules, without rounding, and a tolerance of 1e-13 asks for all of it.

use dfn::passes::Manager;
use dfn_ir::function::{FuncId, Value};
use dfn_ir::interp::{Array, Direction, Number, Wide, derivative, run_with};
use dfn_ir::numeric::DD;
use dfn_ir::ops::transform::Target;
use dfn_ir::ops::{Jvp, Vjp};
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{Builder, Function, Module, Size, Type};
use std::collections::HashMap;

/// Of the largest of all numbers of a derivative.
pub const TOLERANCE: f64 = 1e-13;

/// A direction of differentiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Tangents of parameters to tangents of results.
    Forward,
    /// Cotangents of results to cotangents of parameters.
    Reverse,
}

/// A function, with its derivatives as functions of its parameters and of (co)tangents, which give the
/// function's own results first.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The function.
    pub func: FuncId,
    /// Which of its parameters are active.
    pub active: Vec<bool>,
    /// The forward derivative.
    pub forward: FuncId,
    /// The reverse derivative.
    pub reverse: FuncId,
    /// How often a derivative was taken to get `func`.
    pub order: usize,
    /// The arguments of `func`.
    pub args: Vec<Array>,
    /// The tangents of the active ones.
    pub tangents: Vec<Array>,
    /// The cotangents of the results.
    pub cotangents: Vec<Array>,
}

/// Adds to `module` the derivatives of `func`, and of these, to `order`. `seed` chooses directions, and
/// which parameters are active: all in two of three cases.
pub fn derive(
    module: &mut Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
    (order, seed): (usize, u64),
) -> Vec<Derived> {
    let mut random = crate::random_ir::Random(seed);
    let mut todo = vec![(func, args.to_vec(), 1)];
    let mut all = Vec::new();
    while let Some((func, args, level)) = todo.pop() {
        let source = module.get(func).clone();
        let active = choose(&source, &mut random);
        let forward = wrap(module, func, Mode::Forward, &active);
        let reverse = wrap(module, func, Mode::Reverse, &active);
        let params = source.params().iter().zip(&active).filter(|(_, a)| **a);
        let known = (sizes, args.as_slice());
        let tangents = params.map(|(&v, _)| array(source.ty(v), known, &source, &mut random));
        let tangents: Vec<Array> = tangents.collect();
        let results = source.body.results.iter().map(|&v| source.ty(v));
        let results = results.filter(|ty| ty.is_differentiable());
        let cotangents = results.map(|ty| array(ty, known, &source, &mut random));
        let cotangents: Vec<Array> = cotangents.collect();
        if level < order {
            let with = |more: &[Array]| args.iter().chain(more).cloned().collect::<Vec<_>>();
            todo.push((forward, with(&tangents), level + 1));
            todo.push((reverse, with(&cotangents), level + 1));
        }
        all.push(Derived {
            func,
            active,
            forward,
            reverse,
            order: level,
            args,
            tangents,
            cotangents,
        });
    }
    all
}

fn choose(source: &Function, random: &mut crate::random_ir::Random) -> Vec<bool> {
    let can = |v: &Value| source.ty(*v).is_differentiable();
    let all: Vec<bool> = source.params().iter().map(can).collect();
    if random.chance(65) {
        return all;
    }
    let some: Vec<bool> = all.iter().map(|a| *a && random.chance(60)).collect();
    if some.contains(&true) { some } else { all }
}

/// A function of `func`'s parameters and of a direction that gives `func`'s results and the derivative.
pub fn wrap(module: &mut Module, func: FuncId, mode: Mode, active: &[bool]) -> FuncId {
    let source = module.get(func).clone();
    let suffix = match mode {
        Mode::Forward => "jvp",
        Mode::Reverse => "vjp",
    };
    let mut b = Builder::new(format!("{}.{suffix}", source.name));
    let mut map: HashMap<Value, Value> = HashMap::new();
    for (k, &param) in source.body.params.iter().enumerate() {
        let ty = source.ty(param).rename(|v| map[&v]);
        let new = match k < source.sizes {
            true => b.size_param(source.name(param).unwrap_or("s").to_owned()),
            false => b.param(ty, None),
        };
        map.insert(param, new);
    }
    let sizes = source.size_params().iter().map(|v| Size::value(map[v]));
    let sizes: Vec<Size> = sizes.collect();
    let mut args: Vec<Value> = source.params().iter().map(|v| map[v]).collect();
    let directions: Vec<Type> = match mode {
        Mode::Reverse => source.types(&source.body.results),
        Mode::Forward => {
            let params = source.params().iter().zip(active).filter(|(_, a)| **a);
            params.map(|(&v, _)| source.ty(v).clone()).collect()
        }
    };
    for ty in directions.iter().filter(|ty| ty.is_differentiable()) {
        args.push(b.param(ty.rename(|v| map[&v]), None));
    }
    let active = active.to_vec();
    let target = Target { func, active };
    let inst = match mode {
        Mode::Forward => Jvp::emit(target, &mut b, module, &sizes, args),
        Mode::Reverse => Vjp::emit(target, &mut b, module, &sizes, args),
    };
    let results = b.results(inst.unwrap()).to_vec();
    module.add(b.finish(results))
}

/// Random numbers in an array of type `ty`.
fn array(
    ty: &Type,
    (sizes, args): (&[i64], &[Array]),
    func: &Function,
    random: &mut crate::random_ir::Random,
) -> Array {
    // A size is a size parameter, or an argument that the type mentions.
    let of = |v: Value| {
        let place = func.size_params().iter().position(|s| *s == v);
        let argument = || {
            let place = func.params().iter().position(|p| *p == v)?;
            args.get(place)?.elements().first()?.as_i64()
        };
        place.map_or_else(|| argument().unwrap_or(0), |k| sizes[k])
    };
    let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(of) as usize).collect();
    let element = |k: usize, random: &mut crate::random_ir::Random| match ty.dtype {
        DType::F64 => Scalar::F64(random.unit()),
        DType::F32 => Scalar::F32(random.unit() as f32),
        DType::I64 => Scalar::I64(k as i64 * 7 % 3),
        DType::Bool => Scalar::Bool(k.is_multiple_of(2)),
        other => panic!("no random {other}"),
    };
    let elements = (0..dims.iter().product()).map(|k| element(k, random));
    Array::new(ty.dtype, &dims, elements.collect()).unwrap()
}

/// An array in double-double.
pub fn widen(array: &Array) -> Array<Number> {
    let number = |x: &Scalar| match *x {
        Scalar::F64(x) => Number::Float(DD::from(x)),
        Scalar::F32(x) => Number::Float(DD::from(f64::from(x))),
        other => Number::Other(other),
    };
    let elements = array.elements().iter().map(number).collect();
    Array::new(array.dtype(), array.dims(), elements).unwrap()
}

/// Runs in double-double.
pub fn run_wide(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
) -> Result<Vec<Array<Number>>, String> {
    let args: Vec<Array<Number>> = args.iter().map(widen).collect();
    let ran = run_with(Wide::default(), module, func, sizes, &args, &mut ());
    ran.map(|(results, _)| results).map_err(|e| e.to_string())
}

/// The floats of arrays.
pub fn floats(arrays: &[Array<Number>]) -> Vec<DD> {
    let float = |x: &Number| match *x {
        Number::Float(x) => Some(x),
        Number::Other(_) => None,
    };
    let all = arrays.iter().flat_map(|a| a.elements());
    all.filter_map(float).collect()
}

fn largest(numbers: &[DD]) -> f64 {
    numbers.iter().fold(1.0, |m, x| m.max(x.abs().to_f64()))
}

/// Compares numbers relative to the largest.
pub fn compare(found: &[DD], wanted: &[DD], tolerance: f64) -> Result<(), String> {
    if found.len() != wanted.len() {
        return Err(format!("{} numbers, not {}", found.len(), wanted.len()));
    }
    let scale = largest(wanted);
    for (k, (&a, &b)) in found.iter().zip(wanted).enumerate() {
        let gap = (a - b).abs().to_f64();
        if gap.is_nan() || gap > tolerance * scale {
            let (a, b) = (a.to_f64(), b.to_f64());
            return Err(format!(
                "number {k} is {a:e}, not {b:e}, of at most {scale:e}"
            ));
        }
    }
    Ok(())
}

/// Compares one derivative, in a module without derivatives to be expanded, with differences; `tolerance` is
/// of the largest of all its numbers.
pub fn check_one(
    module: &Module,
    sizes: &[i64],
    derived: &Derived,
    tolerance: f64,
) -> Result<(), String> {
    let Derived {
        func,
        active,
        args,
        tangents,
        cotangents,
        ..
    } = derived;
    let wide: Vec<Array<Number>> = args.iter().map(widen).collect();
    let wide_tangents: Vec<Array<Number>> = tangents.iter().map(widen).collect();
    let along = Direction {
        sizes,
        args: &wide,
        active,
        tangents: &wide_tangents,
    };
    let expected = derivative(module, *func, &along).map_err(|e| e.to_string())?;
    let expected = floats(&expected);
    let primals = module.get(*func).body.results.len();
    let call = |func, more: &[Array]| {
        let all: Vec<Array> = args.iter().chain(more).cloned().collect();
        run_wide(module, func, sizes, &all).map(|mut all| floats(&all.split_off(primals)))
    };
    let forward = call(derived.forward, tangents)?;
    compare(&forward, &expected, tolerance).map_err(|e| format!("forward: {e}"))?;
    let reverse = call(derived.reverse, cotangents)?;
    let product = |a: &[DD], b: &[Array]| {
        let b: Vec<DD> = floats(&b.iter().map(widen).collect::<Vec<_>>());
        let terms = a.iter().zip(&b).map(|(&a, &b)| a * b);
        let terms: Vec<DD> = terms.collect();
        (terms.iter().fold(DD::ZERO, |s, &t| s + t), largest(&terms))
    };
    let (left, scale) = product(&forward, cotangents);
    let (right, more) = product(&reverse, tangents);
    let gap = (left - right).abs().to_f64();
    if gap.is_nan() || gap > tolerance * scale.max(more) {
        let (left, right) = (left.to_f64(), right.to_f64());
        return Err(format!("reverse: {right:e}, but forward {left:e}"));
    }
    Ok(())
}

/// Compares the derivatives of `func` to `order`, expanded by the whole pipeline.
pub fn check(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
    order: usize,
) -> Result<(), String> {
    let mut module = module.clone();
    let all = derive(&mut module, func, sizes, args, (order, 42));
    let mut manager = Manager::new(None).always_verify();
    manager.run_all(&mut module).map_err(|e| e.to_string())?;
    for derived in &all {
        let name = &module.get(derived.func).name;
        check_one(&module, sizes, derived, TOLERANCE).map_err(|e| format!("@{name}: {e}"))?;
    }
    Ok(())
}

/// Random arguments of `func`.
pub fn arguments(func: &Function, sizes: &[i64], seed: u64) -> Vec<Array> {
    let mut random = crate::random_ir::Random(seed);
    let params = func.params().iter();
    params
        .map(|&v| array(func.ty(v), (sizes, &[]), func, &mut random))
        .collect()
}
