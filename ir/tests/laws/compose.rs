//! Derivatives as functions of their own, to be differentiated again.

use crate::case::{Case, Random};
use dfn_ir::derive::{Deriver, Linearized, Memo, Residual};
use dfn_ir::interp::Array;
use dfn_ir::ops::{AccNew, AccRead};
use dfn_ir::{Builder, FuncId, Module, Size, Type, Value};
use std::collections::HashMap;

/// `(x, dx) ↦ J(x) dx` and `(x, ct) ↦ J(x)ᵀ ct`, each with its arguments.
pub(crate) fn derived(
    case: &mut Case,
    active: &[bool],
    random: &mut Random,
) -> Result<Vec<Case>, String> {
    let mut memo = Memo::default();
    let made = Deriver::new(&mut case.module, &mut memo).linearize(case.f, active);
    let made = made.map_err(|e| e.to_string())?;
    if !made.outputs.contains(&true) {
        return Ok(Vec::new());
    }
    let back = Deriver::new(&mut case.module, &mut memo).transpose(made.lin);
    let back = back.map_err(|e| e.to_string())?.bwd;

    let chosen = case.args.iter().zip(active).filter(|(_, active)| **active);
    let tangents: Vec<_> = chosen.map(|(arg, _)| random.array_like(arg)).collect();
    let results = case.run(case.f, &case.args)?;
    let chosen = results
        .iter()
        .zip(&made.outputs)
        .filter(|(_, active)| **active);
    let cotangents: Vec<_> = chosen
        .map(|(result, _)| random.array_like(result))
        .collect();

    let jvp = jvp(&case.module, case.f, active, &made).map_err(|e| e.to_string())?;
    let vjp = vjp(&case.module, case.f, &made, back).map_err(|e| e.to_string())?;
    let mut cases = Vec::new();
    for (function, extra) in [(jvp, tangents), (vjp, cotangents)] {
        let mut module = case.module.clone();
        let f = module.add(function);
        let args: Vec<Array<_>> = case.args.iter().cloned().chain(extra).collect();
        let sizes = case.sizes.clone();
        cases.push(Case {
            module,
            f,
            sizes,
            args,
        });
    }
    Ok(cases)
}

type Built = Result<dfn_ir::Function, dfn_ir::TypeError>;

/// A function under construction that takes what `f` takes.
struct Frame {
    b: Builder,
    sizes: Vec<Size>,
    args: Vec<Value>,
    names: HashMap<Value, Value>,
}

impl Frame {
    fn new(module: &Module, f: FuncId, name: &str) -> Frame {
        let source = module.get(f);
        let mut b = Builder::new(name);
        let mut names = HashMap::new();
        let mut sizes = Vec::new();
        for &size in source.size_params() {
            let value = b.size_param("n");
            names.insert(size, value);
            sizes.push(Size::value(value));
        }
        let mut args = Vec::new();
        for &param in source.params() {
            let value = b.param(source.ty(param).rename(|v| names[&v]), None);
            names.insert(param, value);
            args.push(value);
        }
        Frame {
            b,
            sizes,
            args,
            names,
        }
    }

    fn ty(&self, module: &Module, f: FuncId, value: Value) -> Type {
        module.get(f).ty(value).rename(|v| self.names[&v])
    }

    /// Calls the primal; gives the residuals.
    fn forward(
        &mut self,
        module: &Module,
        made: &Linearized,
        results: usize,
    ) -> Result<Vec<Value>, dfn_ir::TypeError> {
        let inst = self.b.call(module, made.fwd, &self.sizes, &self.args)?;
        let outputs = self.b.results(inst).to_vec();
        let residual = |residual: &Residual| match *residual {
            Residual::Input(k) => self.args[k],
            Residual::Output(k) => outputs[k],
            Residual::Saved(k) => outputs[results + k],
        };
        Ok(made.residuals.iter().map(residual).collect())
    }
}

fn jvp(module: &Module, f: FuncId, active: &[bool], made: &Linearized) -> Built {
    let mut frame = Frame::new(module, f, "jvp");
    let mut tangents = Vec::new();
    let params = module.get(f).params().to_vec();
    for (&param, _) in params.iter().zip(active).filter(|(_, active)| **active) {
        let ty = frame.ty(module, f, param);
        tangents.push(frame.b.param(ty, None));
    }
    let count = module.get(f).body.results.len();
    let mut args = frame.forward(module, made, count)?;
    args.extend(tangents);
    let inst = frame.b.call(module, made.lin, &frame.sizes, &args)?;
    let results = frame.b.results(inst).to_vec();
    Ok(frame.b.finish(results))
}

fn vjp(module: &Module, f: FuncId, made: &Linearized, back: FuncId) -> Built {
    let mut frame = Frame::new(module, f, "vjp");
    let mut cotangents = Vec::new();
    let results = module.get(f).body.results.clone();
    for (&result, _) in results
        .iter()
        .zip(&made.outputs)
        .filter(|(_, active)| **active)
    {
        let ty = frame.ty(module, f, result);
        cotangents.push(frame.b.param(ty, None));
    }
    let mut args = frame.forward(module, made, results.len())?;
    args.extend(cotangents);
    // The residuals are not used where types are concerned: sizes are those of `f`.
    let lin = module.get(made.lin);
    let lin_names: HashMap<Value, Value> = lin
        .size_params()
        .iter()
        .zip(&frame.sizes)
        .map(|(&v, s)| (v, s.as_value().unwrap()))
        .collect();
    for &param in lin.linear_params() {
        let ty = lin.ty(param).rename(|v| lin_names[&v]);
        if ty.rank() > 0 {
            let zeros = frame.b.fill(0.0, &ty)?;
            args.push(frame.b.op(AccNew, &[zeros])?);
        }
    }
    let inst = frame.b.call(module, back, &frame.sizes, &args)?;
    let mut pulled = frame.b.results(inst).to_vec();
    for value in &mut pulled {
        if frame.b.ty(*value).is_accumulator() {
            *value = frame.b.op(AccRead, &[*value])?;
        }
    }
    Ok(frame.b.finish(pulled))
}
