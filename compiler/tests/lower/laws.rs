//! Every example of every primitive, and its derivatives in both modes to second order: lowered equals
//! evaluated.

use super::run::{Random, compare_on, ordered};
use dfn::passes::Manager;
use dfn_ir::interp::Array;
use dfn_ir::op::Example;
use dfn_ir::ops::transform::Target;
use dfn_ir::ops::{Jvp, Vjp};
use dfn_ir::{Builder, FuncId, Module, Op, Scalar, Size, Type, Value};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Forward,
    Reverse,
}

/// A function of `func`'s parameters, then directions, that gives a derivative in all floats.
fn derived(module: &mut Module, func: FuncId, mode: Mode) -> FuncId {
    let source = module.get(func).clone();
    let mut b = Builder::new(format!("{}.{mode:?}", source.name));
    let mut map: HashMap<Value, Value> = HashMap::new();
    for (k, &param) in source.body.params.iter().enumerate() {
        let ty = source.ty(param).rename(|v| map[&v]);
        let new = match k < source.sizes {
            true => b.size_param("s"),
            false => b.param(ty, None),
        };
        map.insert(param, new);
    }
    let sizes: Vec<Size> = source
        .size_params()
        .iter()
        .map(|v| Size::value(map[v]))
        .collect();
    let mut args: Vec<Value> = source.params().iter().map(|v| map[v]).collect();
    let active = args.iter().map(|&v| b.ty(v).is_differentiable()).collect();
    let directions: Vec<Type> = match mode {
        Mode::Reverse => source.types(&source.body.results),
        Mode::Forward => source.types(source.params()),
    };
    for ty in directions.iter().filter(|ty| ty.is_differentiable()) {
        args.push(b.param(ty.rename(|v| map[&v]), None));
    }
    let target = Target { func, active };
    let inst = match mode {
        Mode::Forward => Jvp::emit(target, &mut b, module, &sizes, args),
        Mode::Reverse => Vjp::emit(target, &mut b, module, &sizes, args),
    };
    let results = b.results(inst.unwrap()).to_vec();
    module.add(b.finish(results))
}

/// Random arguments for `func`.
fn arguments(module: &Module, func: FuncId, example: &Example, random: &mut Random) -> Vec<Array> {
    let func = module.get(func);
    let size = |v| {
        func.size_params()
            .iter()
            .position(|s| *s == v)
            .map_or(0, |k| example.sizes[k])
    };
    let mut args = Vec::new();
    for &param in func.params() {
        let ty = func.ty(param);
        let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(size) as usize).collect();
        let mut element = || random.scalar(ty.dtype, example.floats, example.ints);
        let elements: Vec<Scalar> = (0..dims.iter().product()).map(|_| element()).collect();
        args.push(Array::new(ty.dtype, &dims, elements).unwrap());
    }
    args
}

fn has_accumulators(module: &Module, func: FuncId) -> bool {
    let func = module.get(func);
    let mut values = func.params().iter().chain(&func.body.results);
    values.any(|&v| func.ty(v).is_accumulator())
}

/// Runs `func` of an expanded module on both interpreters.
fn holds(module: &Module, func: FuncId, example: &Example, random: &mut Random) {
    let name = module.get(func).name.clone();
    let args = arguments(module, func, example, random);
    compare_on(&ordered(module), &name, &example.sizes, &args, false);
}

#[test]
fn examples() {
    let mut random = Random::new(1);
    let mut seen = 0;
    for (_, examples, _) in Op::all_examples() {
        for example in examples.iter().filter(|example| example.runs) {
            let module = dfn_ir::text::parse(&example.source).unwrap();
            let f = module.named("f").unwrap();
            if module.iter().any(|(_, f)| uses_host(f)) {
                continue;
            }
            holds(&module, f, example, &mut random);
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen}");
}

fn uses_host(func: &dfn_ir::Function) -> bool {
    let derived = |op: &Op| matches!(op, Op::Jvp(_) | Op::Vjp(_));
    let host = |op: &Op| matches!(op, Op::Print(_) | Op::Differences(_)) || derived(op);
    func.insts.values().any(|data| host(&data.op))
}

#[test]
fn derivatives_of_examples() {
    let mut random = Random::new(2);
    let mut seen = 0;
    let orders = [
        (Mode::Forward, None),
        (Mode::Reverse, None),
        (Mode::Reverse, Some(Mode::Forward)),
    ];
    for (_, examples, _) in Op::all_examples() {
        let usable = |e: &&Example| e.runs && e.derivatives > 0;
        for example in examples.iter().filter(usable) {
            for (first, second) in orders {
                seen += usize::from(derivative(example, first, second, &mut random));
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

fn derivative(example: &Example, first: Mode, second: Option<Mode>, random: &mut Random) -> bool {
    let mut module = dfn_ir::text::parse(&example.source).unwrap();
    let f = module.named("f").unwrap();
    let differs = |v: &Value| module.get(f).ty(*v).is_differentiable();
    let float = module.get(f).params().iter().any(differs);
    if has_accumulators(&module, f) || !float || module.iter().any(|(_, f)| uses_host(f)) {
        return false;
    }
    let mut g = derived(&mut module, f, first);
    if let Some(second) = second {
        g = derived(&mut module, g, second);
    }
    let name = module.get(g).name.clone();
    if Manager::new(None).run_all(&mut module).is_err() {
        return false;
    }
    let g = module.named(&name).unwrap();
    holds(&module, g, example, random);
    true
}
