//! Sparsity patterns against derivatives: wherever a first or second derivative is not zero, the pattern has
//! an entry.

use crate::derivatives::{Mode, wrap};
use dfn::passes::{Manager, PassError};
use dfn_ir::function::{FuncId, Value};
use dfn_ir::interp::{Array, run};
use dfn_ir::ops::Sparsity;
use dfn_ir::{Builder, Module, Scalar, Size};
use std::collections::{HashMap, HashSet};

/// So many pairs of directions are tried for second derivatives.
const MOST: usize = 150;

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// Derivatives that are not zero.
    pub nonzero: usize,
    /// Entries of the patterns.
    pub entries: usize,
    /// Entries that dense patterns would have.
    pub dense: usize,
}

/// Compares the patterns of orders 1 and 2 of `func` with its derivatives at these arguments, in all float
/// parameters. An error says what is missing.
pub fn compare(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
) -> Result<Compared, String> {
    let mut module = module.clone();
    let source = module.get(func).clone();
    let can = |v: &Value| source.ty(*v).is_differentiable();
    let active: Vec<bool> = source.params().iter().map(can).collect();
    let columns: Vec<usize> = (0..active.len()).filter(|&k| active[k]).collect();
    if columns.is_empty() {
        return Ok(Compared::default());
    }
    let patterns = [1, 2].map(|order| pattern(&mut module, func, &columns, order));
    let forward = wrap(&mut module, func, Mode::Forward, &active);
    let added = module.get(forward).params().len() - active.len();
    let first: Vec<bool> = active.iter().copied().chain(vec![false; added]).collect();
    let second = wrap(&mut module, forward, Mode::Forward, &first);
    let mut manager = Manager::new(None).always_verify();
    match manager.run_all(&mut module) {
        Ok(()) => {}
        // It is said that there is none.
        Err(PassError::NoPattern { .. }) => return Ok(Compared::default()),
        Err(error) => return Err(error.to_string()),
    }
    let seeds = basis(&columns, args);
    let mut compared = Compared::default();
    let found = entries(&module, patterns[0], sizes, args)?;
    for (column, seed) in seeds.iter().enumerate() {
        let tangents = tangents(&module, forward, sizes, &[args, seed].concat(), 1)?;
        compared.dense += tangents.len();
        for row in nonzero(&tangents) {
            compared.nonzero += 1;
            if !found.contains(&(row as i64, column as i64)) {
                return Err(format!("no entry for row {row}, column {column}"));
            }
        }
    }
    compared.entries += found.len();
    let found = entries(&module, patterns[1], sizes, args)?;
    let n = seeds.len();
    let all = (0..n).flat_map(|a| (a..n).map(move |b| (a, b)));
    for (a, b) in all.step_by((n * n / 2 / MOST).max(1)) {
        let args = [args, &seeds[a], &seeds[b]].concat();
        let tangents = tangents(&module, second, sizes, &args, 2)?;
        let (row, column) = (a as i64, b as i64);
        let both = found.contains(&(row, column)) && found.contains(&(column, row));
        if nonzero(&tangents).next().is_some() && !both {
            return Err(format!("no entry of order 2 for {a} and {b}"));
        }
    }
    Ok(compared)
}

/// A function of the parameters of `func` that gives its pattern.
fn pattern(module: &mut Module, func: FuncId, columns: &[usize], order: usize) -> FuncId {
    let source = module.get(func).clone();
    let mut b = Builder::new(format!("{}.pattern", source.name));
    let mut map: HashMap<Value, Value> = HashMap::new();
    for (k, &param) in source.body.params.iter().enumerate() {
        let ty = source.ty(param).rename(|v| map[&v]);
        let new = match k < source.sizes {
            true => b.size_param("s"),
            false => b.param(ty, None),
        };
        map.insert(param, new);
    }
    let sizes = source.size_params().iter().map(|v| Size::value(map[v]));
    let sizes: Vec<Size> = sizes.collect();
    let args: Vec<Value> = source.params().iter().map(|v| map[v]).collect();
    let op = Sparsity {
        func,
        columns: columns.to_vec(),
        order,
    };
    let inst = op.emit(&mut b, &sizes, &args);
    let results = b.results(inst).to_vec();
    module.add(b.finish(results))
}

fn entries(
    module: &Module,
    pattern: FuncId,
    sizes: &[i64],
    args: &[Array],
) -> Result<HashSet<(i64, i64)>, String> {
    let found = run(module, pattern, sizes, args, &mut ()).map_err(|e| format!("{e:?}"))?;
    let list = |k: usize| -> Vec<i64> {
        let elements: &[Scalar] = found[k].elements();
        elements.iter().filter_map(|x| x.as_i64()).collect()
    };
    let (rows, columns) = (list(1), list(2));
    assert_eq!(list(0), [rows.len() as i64]);
    Ok(rows.into_iter().zip(columns).collect())
}

/// A tangent for each element of each active argument.
fn basis(columns: &[usize], args: &[Array]) -> Vec<Vec<Array>> {
    let mut all = Vec::new();
    for &active in columns {
        for place in 0..args[active].elements().len() {
            let of = |&k: &usize| {
                let array = &args[k];
                let zero = Scalar::zero(array.dtype());
                let mut elements = vec![zero; array.elements().len()];
                if k == active {
                    elements[place] = match zero {
                        Scalar::F32(_) => Scalar::F32(1.0),
                        _ => Scalar::F64(1.0),
                    };
                }
                Array::new(array.dtype(), array.dims(), elements).expect("an array of its shape")
            };
            all.push(columns.iter().map(of).collect());
        }
    }
    all
}

/// The last tangents that a forward derivative of this order gives, one result after another.
fn tangents(
    module: &Module,
    func: FuncId,
    sizes: &[i64],
    args: &[Array],
    order: u32,
) -> Result<Vec<f64>, String> {
    let found = run(module, func, sizes, args, &mut ()).map_err(|e| format!("{e:?}"))?;
    let floats: Vec<&Array> = found.iter().filter(|a| a.dtype().is_float()).collect();
    // Each order gives what there was before and as many tangents.
    let kept = floats.len() - floats.len() / (1 << order);
    let number = |x: &Scalar| match *x {
        Scalar::F64(x) => x,
        Scalar::F32(x) => f64::from(x),
        _ => 0.0,
    };
    let last = floats.into_iter().skip(kept);
    Ok(last
        .flat_map(|array| array.elements().iter().map(number).collect::<Vec<_>>())
        .collect())
}

fn nonzero(tangents: &[f64]) -> impl Iterator<Item = usize> {
    let places = tangents.iter().enumerate();
    places
        .filter(|(_, x)| x.is_finite() && **x != 0.0)
        .map(|(k, _)| k)
}
