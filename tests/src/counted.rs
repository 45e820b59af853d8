//! What the exported functions of a program do, counted by the interpreter of loop programs whose memory is
//! planned, and the bytes of workspace that they need.

use crate::engines::{Value, words_in_memory};
use dfn::driver::{Planned, Session, optimise_for, plan};
use dfn_ir::loops::interp::Counts;
use dfn_ir::loops::{Interpreter, NoHost};
use dfn_ir::{DType, FuncId, Module, Scalar, Type};
use std::collections::BTreeMap;
use std::path::Path;

/// A program with planned memory.
#[derive(Debug)]
pub struct Counter {
    module: Module,
    planned: Planned,
    exports: BTreeMap<String, FuncId>,
}

/// What one run did.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Operations, and elements moved.
    pub counts: Counts,
    /// The bytes of workspace.
    pub workspace: u64,
    /// The elements of inputs and results.
    pub given: u64,
}

impl Counted {
    /// Elements loaded, stored and copied.
    pub fn moved(&self) -> u64 {
        self.counts.loads + self.counts.stores + self.counts.copies
    }
}

/// The `k`th number of an input: none is special, and no two are the same.
pub fn number(k: usize) -> f64 {
    0.1 + (k as f64 * 0.618_033_988_749_895).fract()
}

impl Counter {
    /// The program in a file.
    pub fn new(path: &Path) -> Counter {
        let mut session = Session::default();
        let program = session.program(path);
        let mut program = program.unwrap_or_else(|| panic!("{path:?}: {:?}", session.diagnostics));
        let exports = program.exports.iter();
        let exports: BTreeMap<_, _> = exports.map(|e| (e.name.clone(), e.func)).collect();
        let roots: Vec<FuncId> = exports.values().copied().collect();
        optimise_for(&mut program.module, &roots, &session.sources).unwrap();
        let planned = plan(&program.module, &roots, &session.sources).unwrap();
        Counter {
            module: program.module,
            planned,
            exports,
        }
    }

    /// Runs an exported function; `integers` are the numbers among its inputs, in order.
    pub fn run(&self, name: &str, sizes: &[i64], integers: &[i64]) -> Counted {
        let func = self.exports[name];
        let source = self.module.get(func);
        let place = |v| source.size_params().iter().position(|s| *s == v);
        let elements = |ty: &Type| -> usize {
            let sizes = ty
                .shape
                .iter()
                .map(|s| s.evaluate(|v| sizes[place(v).unwrap()]));
            sizes.product::<i64>() as usize
        };
        let mut scalars: Vec<Value> = sizes.iter().map(|&n| Value::size(n as usize)).collect();
        let mut values = scalars.clone();
        let (mut given, mut integers) = (0, integers.iter());
        for &param in source.params() {
            let ty = source.ty(param);
            let count = elements(ty);
            given += count as u64;
            let value = match (ty.is_scalar(), ty.dtype) {
                (true, DType::I64) => Value::Scalar(Scalar::I64(*integers.next().unwrap())),
                (true, dtype) => Value::Scalar(element(dtype, 3)),
                (false, dtype) => Value::Buffer((0..count).map(|k| element(dtype, k)).collect()),
            };
            if ty.is(DType::I64) {
                scalars.push(value.clone());
            }
            values.push(value);
        }
        for &result in &source.body.results {
            let ty = source.ty(result);
            let count = elements(ty).max(1);
            given += count as u64;
            values.push(Value::Buffer(vec![element(ty.dtype, 0); count]));
        }
        let inner = &self.planned.functions[&func];
        let mut workspace = 0;
        if let Some(measure) = inner.workspace {
            scalars.push(Value::Buffer(vec![Scalar::I64(0)]));
            let (mut memory, words) = words_in_memory(&scalars);
            let interpreter = Interpreter::new(&self.planned.program);
            let status = interpreter.run(measure, &words, &mut memory, &mut NoHost, &mut ());
            assert_eq!(status, Ok(0));
            let found = memory.read(*words.last().unwrap(), DType::I64, 1).unwrap();
            workspace = found[0].as_i64().unwrap() as u64;
            values.push(Value::Workspace(workspace as usize));
        }
        let (mut memory, words) = words_in_memory(&values);
        let interpreter = Interpreter::new(&self.planned.program);
        let mut counts = Counts::default();
        let status = interpreter.run(inner.run, &words, &mut memory, &mut NoHost, &mut counts);
        assert_eq!(status, Ok(0), "{name}");
        Counted {
            counts,
            workspace,
            given,
        }
    }
}

fn element(dtype: DType, k: usize) -> Scalar {
    match dtype {
        DType::F64 => Scalar::F64(number(k)),
        DType::F32 => Scalar::F32(number(k) as f32),
        DType::Bool => Scalar::Bool(k.is_multiple_of(3)),
        DType::I64 => Scalar::I64(0),
        other => dfn_ir::scalar::eval(dfn_ir::scalar::ScalarOp::Convert(other), &[Scalar::I64(0)])
            .unwrap(),
    }
}
