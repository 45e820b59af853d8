//! The laws of derivatives, for one function and one choice of active parameters.

use crate::case::{Case, Random, wide};
use dfn_ir::derive::{Deriver, Linearized, Memo, Residual};
use dfn_ir::interp::{Array, Direction, Number, derivative};
use dfn_ir::numeric::DD;
use dfn_ir::op::{Example, Special};
use dfn_ir::text::module_to_string;
use dfn_ir::verify::verify;

/// How far a derivative may be from its value, relative to it or to 1.
pub(crate) struct Tolerance(f64);

impl Tolerance {
    /// Constants in rules are rounded to the type of the function.
    pub(crate) fn of(example: &Example) -> Tolerance {
        let single = example.source.contains("f32");
        Tolerance(if single { 1e-6 } else { 1e-13 })
    }

    fn close(&self, a: DD, b: DD) -> bool {
        let gap = (a - b).abs().to_f64();
        gap <= self.0 * (1.0 + b.abs().to_f64())
    }
}

/// What a linear function gives at a point: tangents of the results that have one.
struct Forward {
    made: Linearized,
    results: Vec<Array<Number>>,
    lin_args: Vec<Array<Number>>,
}

fn linearize(case: &mut Case, active: &[bool]) -> Result<Forward, String> {
    let mut memo = Memo::default();
    let made = Deriver::new(&mut case.module, &mut memo).linearize(case.f, active);
    let made = made.map_err(|e| e.to_string())?;
    check(case)?;
    let all = case.run(made.fwd, &case.args)?;
    let count = case.module.get(case.f).body.results.len();
    let (results, saved) = all.split_at(count);
    let lin_args = made.residuals.iter().map(|residual| match *residual {
        Residual::Input(k) => case.args[k].clone(),
        Residual::Output(k) => results[k].clone(),
        Residual::Saved(k) => saved[k].clone(),
    });
    let lin_args = lin_args.collect();
    let results = results.to_vec();
    Ok(Forward {
        made,
        results,
        lin_args,
    })
}

/// The derived functions verify.
fn check(case: &Case) -> Result<(), String> {
    let errors: Vec<String> = verify(&case.module)
        .iter()
        .map(ToString::to_string)
        .collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "{}\n{}",
            errors.join("\n"),
            module_to_string(&case.module)
        )),
    }
}

fn tangent(
    case: &Case,
    forward: &Forward,
    tangents: &[Array<Number>],
) -> Result<Vec<Array<Number>>, String> {
    let args: Vec<_> = forward.lin_args.iter().chain(tangents).cloned().collect();
    case.run(forward.made.lin, &args)
}

/// Tangents agree with differences, cotangents with tangents.
pub(crate) fn first_order(
    case: &mut Case,
    active: &[bool],
    within: &Tolerance,
) -> Result<(), String> {
    let forward = linearize(case, active)?;
    let plain = case.run(case.f, &case.args)?;
    for (a, b) in plain.iter().zip(&forward.results) {
        let same = |(x, y): (&Number, &Number)| {
            let (x, y) = (wide(x), wide(y));
            x == y || x.is_nan() && y.is_nan()
        };
        if !a.elements().iter().zip(b.elements()).all(same) {
            return Err("the primal changes the results".to_owned());
        }
    }
    let mut random = Random::new(99);
    let args = case.args.iter().zip(active).filter(|(_, active)| **active);
    let tangents: Vec<_> = args.map(|(arg, _)| random.array_like(arg)).collect();
    let found = tangent(case, &forward, &tangents)?;
    let along = Direction {
        sizes: &case.sizes,
        args: &case.args,
        active,
        tangents: &tangents,
    };
    let differences = derivative(&case.module, case.f, &along).map_err(|e| e.to_string())?;
    let mut found_iter = found.iter();
    let mut differences = differences.iter();
    for (k, result) in forward.results.iter().enumerate() {
        let has_tangent = forward.made.outputs[k];
        if !result.dtype().is_float() || !active.contains(&true) {
            assert!(!has_tangent);
            continue;
        }
        let difference = differences.next().ok_or("a difference is missing")?;
        let zeros = Array::new(
            result.dtype(),
            result.dims(),
            vec![Number::Float(DD::ZERO); result.elements().len()],
        );
        let zeros = zeros.ok_or("a wrong shape")?;
        let found = match has_tangent {
            true => found_iter.next().ok_or("a tangent is missing")?,
            false => &zeros,
        };
        compare(found, difference, within).map_err(|e| format!("tangent of result {k}: {e}"))?;
    }
    adjoint(case, &forward, &tangents, &found, &mut random)
}

fn compare(a: &Array<Number>, b: &Array<Number>, within: &Tolerance) -> Result<(), String> {
    if a.dims() != b.dims() {
        return Err(format!("shape {:?}, not {:?}", a.dims(), b.dims()));
    }
    for (i, (x, y)) in a.elements().iter().zip(b.elements()).enumerate() {
        if !within.close(wide(x), wide(y)) {
            let (x, y) = (wide(x).to_f64(), wide(y).to_f64());
            return Err(format!("element {i} is {x}, not {y}"));
        }
    }
    Ok(())
}

/// `⟨ct, J dx⟩ = ⟨Jᵀ ct, dx⟩`, nearly exactly.
fn adjoint(
    case: &mut Case,
    forward: &Forward,
    tangents: &[Array<Number>],
    found: &[Array<Number>],
    random: &mut Random,
) -> Result<(), String> {
    let mut memo = Memo::default();
    let back = Deriver::new(&mut case.module, &mut memo).transpose(forward.made.lin);
    let back = back.map_err(|e| e.to_string())?.bwd;
    check(case)?;
    let cotangents: Vec<_> = found.iter().map(|t| random.array_like(t)).collect();
    let mut args = forward.lin_args.clone();
    args.extend(cotangents.iter().cloned());
    // Arrays come back as accumulators, which need not start from zero.
    let lin = case.module.get(forward.made.lin);
    let mut starts = Vec::new();
    for (&param, tangent) in lin.linear_params().iter().zip(tangents) {
        let ty = lin.ty(param);
        let start = (!ty.is_accumulator() && ty.rank() > 0).then(|| random.array_like(tangent));
        args.extend(start.clone());
        starts.push(start);
    }
    let pulled = case.run(back, &args)?;
    if pulled.len() != tangents.len() {
        return Err(format!(
            "{} cotangents for {} tangents",
            pulled.len(),
            tangents.len()
        ));
    }
    let left = found
        .iter()
        .zip(&cotangents)
        .fold(DD::ZERO, |sum, (a, b)| sum + inner(a, b));
    let mut right = DD::ZERO;
    for ((pulled, start), tangent) in pulled.iter().zip(&starts).zip(tangents) {
        right = right + inner(pulled, tangent);
        if let Some(start) = start {
            right = right - inner(start, tangent);
        }
    }
    match Tolerance(1e-24).close(left, right) {
        true => Ok(()),
        false => Err(format!(
            "⟨ct, J dx⟩ = {}, ⟨Jᵀ ct, dx⟩ = {}",
            left.to_f64(),
            right.to_f64()
        )),
    }
}

fn inner(a: &Array<Number>, b: &Array<Number>) -> DD {
    assert_eq!(a.dims(), b.dims());
    let products = a
        .elements()
        .iter()
        .zip(b.elements())
        .map(|(x, y)| wide(x) * wide(y));
    products.fold(DD::ZERO, |sum, p| sum + p)
}

/// The derivative at a special point is the one that is defined there, forward and in reverse.
pub(crate) fn known(case: &mut Case, special: &Special) -> Result<(), String> {
    let active = case.float_params();
    let forward = linearize(case, &active)?;
    let like = |lists: &[Vec<f64>], arrays: &[Array<Number>]| -> Vec<Array<Number>> {
        let each = |(list, array): (&Vec<f64>, &Array<Number>)| {
            let elements = list.iter().map(|&x| Number::Float(DD::from(x))).collect();
            Array::new(array.dtype(), array.dims(), elements).unwrap()
        };
        lists.iter().zip(arrays).map(each).collect()
    };
    let tangents = like(&special.tangents, &case.args);
    let found = tangent(case, &forward, &tangents)?;
    let expected = like(&special.expected, &forward.results);
    let mut found_iter = found.iter();
    for (k, expected) in expected.iter().enumerate() {
        match forward.made.outputs[k] {
            true => compare(found_iter.next().unwrap(), expected, &Tolerance(1e-14))?,
            false => assert!(expected.elements().iter().all(|x| wide(x).to_f64() == 0.0)),
        }
    }
    let finite = special.args.iter().flatten().all(|x| x.is_finite());
    match finite {
        true => adjoint(case, &forward, &tangents, &found, &mut Random::new(7)),
        false => Ok(()),
    }
}
