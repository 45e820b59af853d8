//! The laws of derivatives, for one function and one choice of active parameters.

use crate::adjoint::{Linear, adjoint};
use crate::case::{Case, Random, wide};
use dfn_ir::derive::{Deriver, Linearized, Memo, Residual};
use dfn_ir::interp::{Array, Direction, Number, derivative};
use dfn_ir::numeric::DD;
use dfn_ir::op::{Example, Special};
use dfn_ir::text::module_to_string;
use dfn_ir::verify::verify;

/// How far a derivative may be from its value, relative to it or to 1.
pub(crate) struct Tolerance(pub(crate) f64);

impl Tolerance {
    /// Constants in rules are rounded to the type of the function.
    pub(crate) fn of(example: &Example) -> Tolerance {
        let single = example.source.contains("f32");
        Tolerance(if single { 1e-6 } else { 1e-13 })
    }

    pub(crate) fn close(&self, a: DD, b: DD) -> bool {
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
pub(crate) fn check(case: &Case) -> Result<(), String> {
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
    same_primal(case, &forward)?;
    if !active.contains(&true) {
        assert!(!forward.made.outputs.contains(&true));
        return Ok(());
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
    agree(&forward, &found, &differences, within)?;
    transposes(case, &forward, &tangents, &found)
}

/// The primal gives what the function gives.
fn same_primal(case: &Case, forward: &Forward) -> Result<(), String> {
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
    Ok(())
}

/// The tangents are the differences; a result without tangent does not change.
fn agree(
    forward: &Forward,
    found: &[Array<Number>],
    differences: &[Array<Number>],
    within: &Tolerance,
) -> Result<(), String> {
    let (mut found, mut differences) = (found.iter(), differences.iter());
    for (k, result) in forward.results.iter().enumerate() {
        let has_tangent = forward.made.outputs[k];
        if !result.dtype().is_float() {
            assert!(!has_tangent);
            continue;
        }
        let difference = differences.next().ok_or("a difference is missing")?;
        let zero = Number::Float(DD::ZERO);
        let zeros = vec![zero; result.elements().len()];
        let zeros = Array::new(result.dtype(), result.dims(), zeros).ok_or("a wrong shape")?;
        let tangent = match has_tangent {
            true => found.next().ok_or("a tangent is missing")?,
            false => &zeros,
        };
        compare(tangent, difference, within).map_err(|e| format!("tangent of result {k}: {e}"))?;
    }
    Ok(())
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

/// Cotangents agree with tangents.
fn transposes(
    case: &mut Case,
    forward: &Forward,
    tangents: &[Array<Number>],
    results: &[Array<Number>],
) -> Result<(), String> {
    let linear = Linear {
        func: forward.made.lin,
        fixed: &forward.lin_args,
        tangents,
        results,
    };
    adjoint(case, &linear, &mut Random::new(7))
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
        true => transposes(case, &forward, &tangents, &found),
        false => Ok(()),
    }
}
