//! A linear function and its transpose: `⟨ct, A x⟩ = ⟨Aᵀ ct, x⟩`, nearly exactly.

use crate::case::{Case, Random, wide};
use crate::derivative::{Tolerance, check};
use dfn_ir::derive::{Deriver, Memo};
use dfn_ir::interp::{Array, Number};
use dfn_ir::numeric::DD;
use dfn_ir::{FuncId, Value};

/// A linear function at a point.
pub(crate) struct Linear<'a> {
    pub(crate) func: FuncId,
    /// Arguments that are not linear.
    pub(crate) fixed: &'a [Array<Number>],
    /// Linear arguments.
    pub(crate) tangents: &'a [Array<Number>],
    /// What the function gives for them.
    pub(crate) results: &'a [Array<Number>],
}

/// The law for one linear function.
pub(crate) fn adjoint(
    case: &mut Case,
    linear: &Linear<'_>,
    random: &mut Random,
) -> Result<(), String> {
    let Linear {
        tangents, results, ..
    } = *linear;
    let mut memo = Memo::default();
    let back = Deriver::new(&mut case.module, &mut memo).transpose(linear.func);
    let back = back.map_err(|e| e.to_string())?.bwd;
    check(case)?;
    let cotangents: Vec<_> = results.iter().map(|t| random.array_like(t)).collect();
    let starts = starts(case, linear, random);
    let args = linear
        .fixed
        .iter()
        .chain(&cotangents)
        .chain(starts.iter().flatten());
    let args: Vec<_> = args.cloned().collect();
    let pulled = case.run(back, &args)?;
    if pulled.len() != tangents.len() {
        let (n, m) = (pulled.len(), tangents.len());
        return Err(format!("{n} cotangents for {m} tangents"));
    }
    let pairs = results.iter().zip(&cotangents);
    let left = pairs.fold(DD::ZERO, |sum, (a, b)| sum + inner(a, b));
    let mut right = DD::ZERO;
    for ((pulled, start), tangent) in pulled.iter().zip(&starts).zip(tangents) {
        right = right + inner(pulled, tangent);
        if let Some(start) = start {
            right = right - inner(start, tangent);
        }
    }
    if Tolerance(1e-24).close(left, right) {
        return Ok(());
    }
    let (left, right) = (left.to_f64(), right.to_f64());
    Err(format!("⟨ct, A x⟩ = {left}, ⟨Aᵀ ct, x⟩ = {right}"))
}

/// Arrays come back as accumulators, which need not start from zero: what each starts from.
fn starts(case: &Case, linear: &Linear<'_>, random: &mut Random) -> Vec<Option<Array<Number>>> {
    let lin = case.module.get(linear.func);
    let pairs = lin.linear_params().iter().zip(linear.tangents);
    let mut start = |(&param, tangent): (&Value, &Array<Number>)| {
        let ty = lin.ty(param);
        (!ty.is_accumulator() && ty.rank() > 0).then(|| random.array_like(tangent))
    };
    pairs.map(&mut start).collect()
}

fn inner(a: &Array<Number>, b: &Array<Number>) -> DD {
    assert_eq!(a.dims(), b.dims());
    let pairs = a.elements().iter().zip(b.elements());
    let products = pairs.map(|(x, y)| wide(x) * wide(y));
    products.fold(DD::ZERO, |sum, p| sum + p)
}

/// The only instruction of the function, taken as a linear function of the operands marked, in which it
/// claims to be linear.
pub(crate) fn claimed(case: &mut Case, marked: &[bool], random: &mut Random) -> Result<(), String> {
    let mut func = case.module.get(case.f).clone();
    let sizes = func.size_params().to_vec();
    let params = func.params().iter().copied().zip(marked);
    let (linear, fixed): (Vec<_>, Vec<_>) = params.partition(|(_, marked)| **marked);
    let values = |list: &[(Value, &bool)]| list.iter().map(|(v, _)| *v).collect::<Vec<_>>();
    func.body.params = [sizes, values(&fixed), values(&linear)].concat();
    func.linear = linear.len();
    let func = case.module.add(func);
    check(case)?;
    let pick = |wanted: bool| {
        let args = case.args.iter().zip(marked).filter(|(_, m)| **m == wanted);
        args.map(|(arg, _)| arg.clone()).collect::<Vec<_>>()
    };
    let (fixed, tangents) = (pick(false), pick(true));
    let args: Vec<_> = fixed.iter().chain(&tangents).cloned().collect();
    let results = case.run(func, &args)?;
    let linear = Linear {
        func,
        fixed: &fixed,
        tangents: &tangents,
        results: &results,
    };
    adjoint(case, &linear, random)
}
