//! Programs lowered from the SSA IR: every engine gives what the interpreter of the SSA IR gives.

use dfn::passes::{Manager, find};
use dfn_ir::interp::Array;
use dfn_ir::op::Example;
use dfn_ir::scalar::{DType, Scalar};
use dfn_ir::{FuncId, Module, Op};
use dfn_tests::engines::Engine;
use dfn_tests::lowered::compare;
use dfn_tests::random_ssa::{Random, function};

fn ordered(module: &Module) -> Module {
    let mut module = module.clone();
    let mut manager = Manager::new(None);
    for pass in ["expand", "order"] {
        manager.run(find(pass).unwrap(), &mut module).unwrap();
    }
    module
}

fn arguments(module: &Module, root: FuncId, sizes: &[i64], example: &Example) -> Vec<Array> {
    let mut random = Random::new(7);
    let func = module.get(root);
    let size = |v| {
        func.size_params()
            .iter()
            .position(|s| *s == v)
            .map_or(0, |k| sizes[k])
    };
    let mut args = Vec::new();
    for &param in func.params() {
        let ty = func.ty(param);
        let dims: Vec<usize> = ty.shape.iter().map(|s| s.evaluate(size) as usize).collect();
        let (low, high) = example.floats;
        let mut element = || {
            let unit = (random.float() + 2.0) / 4.0;
            let span = example.ints.1 - example.ints.0 + 1;
            let int = Scalar::I64(example.ints.0 + random.below(span as usize) as i64);
            let float = Scalar::F64(low + (high - low) * unit);
            let from = if ty.dtype.is_float() { float } else { int };
            let convert = dfn_ir::scalar::ScalarOp::Convert(ty.dtype);
            match ty.dtype {
                DType::Bool => Scalar::Bool(unit < 0.5),
                _ => dfn_ir::scalar::eval(convert, &[from]).unwrap(),
            }
        };
        let elements = (0..dims.iter().product()).map(|_| element()).collect();
        args.push(Array::new(ty.dtype, &dims, elements).unwrap());
    }
    args
}

#[test]
fn examples_of_every_primitive() {
    let host = |op: &Op| {
        matches!(
            op,
            Op::Print(_) | Op::Differences(_) | Op::Jvp(_) | Op::Vjp(_) | Op::Pullback(_)
        )
    };
    for (_, examples, _) in Op::all_examples() {
        for example in examples.iter().filter(|example| example.runs) {
            let module = ordered(&dfn_ir::text::parse(&example.source).unwrap());
            let root = module.named("f").unwrap();
            if module
                .iter()
                .any(|(_, f)| f.insts.values().any(|data| host(&data.op)))
            {
                continue;
            }
            let args = arguments(&module, root, &example.sizes, example);
            compare(&module, root, &example.sizes, &args, Engine::ALL);
        }
    }
}

#[test]
fn random_functions() {
    for seed in 0..60 {
        let text = function(seed);
        let module = dfn_ir::text::parse(&text).unwrap_or_else(|e| panic!("{seed}: {e}\n{text}"));
        let errors = dfn_ir::verify::verify(&module);
        assert!(errors.is_empty(), "{seed}: {}\n{text}", errors[0]);
        let root = module.named("f").unwrap();
        let shapes = [[3, 5], [1, 9], [17, 1], [9, 40]];
        let sizes = shapes[seed as usize % shapes.len()];
        let args = arguments(&module, root, &sizes, &Example::module(""));
        let module = if seed % 3 == 0 {
            module
        } else {
            ordered(&module)
        };
        compare(&module, root, &sizes, &args, Engine::ALL);
    }
}
