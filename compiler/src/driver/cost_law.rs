//! `@cost`: a build fails where a derivative costs more than its function's attribute allows.

use super::Result;
use super::optimise::{optimise_for, plan};
use super::report::{At, shown};
use crate::build::{CostLaw, Counted, Derivative, Export, Program};
use crate::cost::{Atom, Costs, Poly};
use crate::diagnostic::codes::libraries as codes;
use crate::diagnostic::{Diagnostic, SourceMap};
use dfn_ir::ops::transform::Target;
use dfn_ir::ops::{Jvp, Vjp};
use dfn_ir::{Builder, FuncId, Module, Scalar, Size, Type, TypeError, Value};
use std::collections::HashMap;

/// The sizes, and integers among the inputs, at which costs are compared.
const SIZES: [f64; 3] = [16.0, 256.0, 4096.0];

/// Refuses a program with an export whose derivative costs more than it may.
pub(super) fn check_costs(program: &Program, sources: &SourceMap) -> Result<()> {
    let mut refused = Vec::new();
    for export in &program.exports {
        for law in &export.laws {
            let mut module = program.module.clone();
            let derived = match derivative(&mut module, export.func, law.derivative) {
                Ok(Some(derived)) => derived,
                Ok(None) => {
                    refused.push(no_derivative(export, law));
                    continue;
                }
                Err(error) => return Err(vec![super::place::internal(&error.0)]),
            };
            let roots = [export.func, derived];
            optimise_for(&mut module, &roots, sources)?;
            let planned = plan(&module, &roots, sources)?;
            let costs = Costs::of(&planned.program, &planned.temporaries);
            let counts = roots.map(|root| {
                let inner = planned.functions.get(&root);
                let counts = inner
                    .and_then(|inner| costs.get(inner.run))
                    .map(|c| &c.counts);
                counts.map_or_else(Poly::default, |counts| match law.counted {
                    Counted::Operations => counts.operations.clone(),
                    Counted::Bytes => counts.read.sum(&counts.written),
                })
            });
            let inner = planned.functions.get(&derived).map(|inner| inner.run);
            let function = inner.and_then(|run| planned.program.functions.get(run));
            let names = function.map_or_else(Vec::new, |function| {
                let name = |var: &_| function.vars.get(*var).map_or("", |data| &data.name);
                function
                    .params
                    .iter()
                    .map(|var| name(var).to_owned())
                    .collect()
            });
            refused.extend(compare(export, law, &counts, &names));
        }
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(refused),
    }
}

/// A function that gives what `func` gives, with its gradient or a directional derivative in all
/// parameters that have one; nothing if there is none.
fn derivative(
    module: &mut Module,
    func: FuncId,
    which: Derivative,
) -> std::result::Result<Option<FuncId>, TypeError> {
    let source = module.get(func).clone();
    let floats = |values: &[Value]| -> Vec<Type> {
        let types = source.types(values).into_iter();
        types.filter(Type::is_differentiable).collect()
    };
    let results = floats(&source.body.results);
    let active: Vec<bool> = source
        .params()
        .iter()
        .map(|&v| source.ty(v).is_differentiable())
        .collect();
    let is_number = matches!(results.as_slice(), [ty] if ty.is_scalar());
    if !active.contains(&true) || results.is_empty() || which == Derivative::Grad && !is_number {
        return Ok(None);
    }
    let mut b = Builder::new(format!("{}.cost", source.name));
    let mut map: HashMap<Value, Value> = HashMap::new();
    let renamed = |map: &HashMap<Value, Value>, v: Value| map.get(&v).copied().unwrap_or(v);
    for (k, &param) in source.body.params.iter().enumerate() {
        let ty = source.ty(param).rename(|v| renamed(&map, v));
        let name = source.name(param).unwrap_or("n").to_owned();
        let new = match k < source.sizes {
            true => b.size_param(name),
            false => b.param(ty, Some(name.into())),
        };
        map.insert(param, new);
    }
    let sizes: Vec<Size> = source
        .size_params()
        .iter()
        .map(|&v| Size::value(renamed(&map, v)))
        .collect();
    let mut args: Vec<Value> = source.params().iter().map(|&v| renamed(&map, v)).collect();
    let inst = match which {
        Derivative::Grad => {
            let one = Scalar::F64(1.0);
            let number = results.first().map(|ty| ty.dtype);
            let one = number.and_then(|dtype| {
                dfn_ir::scalar::eval(dfn_ir::scalar::ScalarOp::Convert(dtype), &[one])
            });
            args.push(b.constant(one.unwrap_or(Scalar::F64(1.0)))?);
            Vjp::emit(Target { func, active }, &mut b, module, &sizes, args)?
        }
        Derivative::Jvp => {
            for ty in floats(source.params()) {
                args.push(b.param(ty.rename(|v| renamed(&map, v)), None));
            }
            Jvp::emit(Target { func, active }, &mut b, module, &sizes, args)?
        }
    };
    let results = b.results(inst).to_vec();
    Ok(Some(module.add(b.finish(results))))
}

fn name(law: &CostLaw) -> &'static str {
    match law.derivative {
        Derivative::Grad => "gradient",
        Derivative::Jvp => "directional derivative",
    }
}

fn no_derivative(export: &Export, law: &CostLaw) -> Diagnostic {
    let title = format!(
        "`{}` has no {} whose cost could be compared",
        export.name,
        name(law)
    );
    let help = "a gradient is that of one number, in parameters of floats";
    Diagnostic::error(codes::COST, title)
        .at(law.span, "asked for here")
        .help(help)
}

/// What is to be said if the law is broken at some sizes.
fn compare(
    export: &Export,
    law: &CostLaw,
    counts: &[Poly; 2],
    names: &[String],
) -> Option<Diagnostic> {
    let [primal, derived] = counts;
    let mut atoms: Vec<Atom> = primal.atoms().chain(derived.atoms()).collect();
    atoms.sort_unstable();
    atoms.dedup();
    // All sizes alike, then each larger than the others.
    let at = |base: f64, large: Option<Atom>, atom: Atom| match large == Some(atom) {
        true => base * 64.0,
        false => base,
    };
    let choices = atoms.iter().copied().map(Some).chain([None]);
    let mut points = SIZES
        .iter()
        .flat_map(|&base| choices.clone().map(move |large| (base, large)));
    let (base, large) = points.find(|&(base, large)| {
        let value = |poly: &Poly| poly.evaluate(&|atom| at(base, large, atom));
        value(derived) > law.factor * value(primal)
    })?;
    let value = |poly: &Poly| poly.evaluate(&|atom| at(base, large, atom)).round();
    let what = match law.counted {
        Counted::Operations => "operations",
        Counted::Bytes => "bytes",
    };
    let (name, factor) = (name(law), law.factor);
    let title = format!(
        "the {name} of `{}` costs more than {factor} times the function",
        export.name
    );
    let none = At::new();
    let label = format!(
        "{:.2} times the {what}",
        value(derived) / value(primal).max(1.0)
    );
    let diagnostic = Diagnostic::error(codes::COST, title).at(law.span, &label);
    let formula =
        |of: &str, poly: &Poly| format!("{what} of the {of}: {}", shown(poly, names, &none));
    let mut sizes = Vec::new();
    for &atom in &atoms {
        if let Atom::Param(k) = atom
            && let Some(name) = names.get(k)
        {
            sizes.push(format!("{name} = {}", at(base, large, atom)));
        }
    }
    let place = match sizes.is_empty() {
        true => String::new(),
        false => format!("where {}, ", sizes.join(", ")),
    };
    let numbers = format!("{place}{} against {}", value(derived), value(primal));
    Some(
        diagnostic
            .note(formula("function", primal))
            .note(formula(name, derived))
            .note(numbers)
            .help("`dfn build --report` says which lines keep arrays for the derivative"),
    )
}
