//! Functions of the SSA IR, lowered and run on engines: each gives what the interpreter of the SSA IR gives.

use std::collections::HashMap;

use dfn::passes::buffers::buffers;
use dfn::passes::lower::{Lowered, lower};
use dfn_ir::interp::Array;
use dfn_ir::loops::{Function, Linkage, Ty, VarTy};
use dfn_ir::scalar::Scalar;
use dfn_ir::{FuncId, Module};

use crate::engines::{Engine, Ready, Value};

/// The planned loop program of `root`, which is exported as `f`.
fn planned(module: &Module, root: FuncId) -> Lowered {
    let mut lowered = lower(module, &[root]).unwrap_or_else(|e| panic!("{}", e[0]));
    buffers(&mut lowered).unwrap_or_else(|e| panic!("{}", e[0]));
    let id = lowered.functions[&root];
    let function = &mut lowered.program.functions[id];
    function.linkage = Linkage::Export;
    "f".clone_into(&mut function.name);
    lowered
}

/// The bytes of workspace that a function asks for.
fn workspace(lowered: &Lowered, root: FuncId, function: &Function, args: &[Value]) -> usize {
    let id = lowered.workspaces[&root];
    let name = &lowered.program.functions[id].name;
    let scalars = function.params.iter().zip(args);
    let scalars = scalars.filter(|(var, _)| function.value_ty(**var) == Some(Ty::I64));
    let mut args: Vec<Value> = scalars.map(|(_, arg)| arg.clone()).collect();
    args.push(Value::Buffer(vec![Scalar::I64(0)]));
    let (status, buffers) = Ready::new(Engine::Interpreter, &lowered.program).run(name, &args);
    assert_eq!(status, 0);
    usize::try_from(buffers[0][0].as_i64().unwrap()).unwrap()
}

/// Runs `root` on each of `engines` and compares.
pub fn compare(module: &Module, root: FuncId, sizes: &[i64], given: &[Array], engines: &[Engine]) {
    let wanted = dfn_ir::interp::run(module, root, sizes, given, &mut ());
    let lowered = planned(module, root);
    let function = &lowered.program.functions[lowered.functions[&root]];
    let mut args: Vec<Value> = sizes
        .iter()
        .map(|&n| Value::Scalar(Scalar::I64(n)))
        .collect();
    for (k, arg) in given.iter().enumerate() {
        args.push(match function.ty(function.params[sizes.len() + k]) {
            VarTy::Value(_) => Value::Scalar(arg.elements()[0]),
            _ => Value::Buffer(arg.elements().to_vec()),
        });
    }
    let wanted = wanted.unwrap_or_else(|e| panic!("{e}"));
    let mut outs: HashMap<usize, usize> = HashMap::new();
    let arrays = args
        .iter()
        .filter(|arg| matches!(arg, Value::Buffer(_)))
        .count();
    let mut next = arrays;
    for (k, (root, array)) in lowered.accumulators[&root].iter().zip(&wanted).enumerate() {
        match root {
            Some(param) => {
                let before = args[sizes.len()..][..*param].iter();
                outs.insert(
                    k,
                    before.filter(|arg| matches!(arg, Value::Buffer(_))).count(),
                );
            }
            None => {
                let zero = Scalar::zero(array.dtype());
                args.push(Value::Buffer(vec![zero; array.elements().len()]));
                outs.insert(k, next);
                next += 1;
            }
        }
    }
    let bytes = workspace(&lowered, root, function, &args);
    args.push(Value::Workspace(bytes));
    for &engine in engines {
        let (status, buffers) = Ready::new(engine, &lowered.program).run("f", &args);
        assert_eq!(status, 0);
        for (k, array) in wanted.iter().enumerate() {
            let found = &buffers[outs[&k]];
            let program = &lowered.program;
            assert_eq!(found, array.elements(), "result {k}, {engine:?}\n{program}");
        }
    }
}
